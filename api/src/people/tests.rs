//! People on a real database: who can be created, found and seen.

use async_graphql::{EmptySubscription, MergedObject, Request, Schema, value};
use entity::{
    event,
    ids::{OrganizationId, TeamId},
    team,
    user::{self, Role},
};
use sea_orm::{EntityTrait, PaginatorTrait};
use uuid::Uuid;

use super::{
    commands::{self, NewOrganization, NewTeam, NewUser},
    find_in, find_or_create_requester, find_visible_in, folded_name,
    graphql::{PeopleMutation, PeopleQuery},
    is_member, loaders,
    queries::{self, UserFilter},
};
use crate::{
    actor::{self, Actor, Membership},
    error::{Error, Result},
    page::Args,
    refusal::{Refusal, Why},
    session::graphql::SessionMutation,
    testing::Desk,
    text::NAME_CHARS_MAX,
};

fn new_user(name: &str, email: &str, role: Role) -> NewUser {
    NewUser {
        name: name.to_owned(),
        email: email.to_owned(),
        role,
        password: None,
        organization_id: None,
        team_ids: Vec::new(),
        locale: None,
        time_zone: None,
    }
}

fn actor_of(user: &user::Model, teams: Vec<team::Model>) -> Actor {
    let membership = |id| Membership {
        id,
        shares_tickets: true,
    };
    Actor::User(actor::User {
        id: user.id,
        kind: user.kind,
        role: user.role,
        locale: user.locale,
        organization: user.organization_id.map(membership),
        teams: teams.into_iter().map(|team| (team.id, team.kind)).collect(),
        credential: None,
    })
}

fn refusals<T>(result: Result<T>) -> Vec<Refusal> {
    match result {
        Err(Error::Refused(refusals)) => refusals,
        Err(error) => panic!("{error}"),
        Ok(_) => Vec::new(),
    }
}

async fn names(desk: &Desk, actor: &Actor, filter: &UserFilter) -> Vec<String> {
    let window = Args::default().window(*b"us").unwrap();
    let page = queries::list_users(desk, actor, filter, &window)
        .await
        .unwrap();
    let names: Vec<_> = page.rows.into_iter().map(|user| user.name).collect();
    let count = queries::count_users(desk, actor, filter).await.unwrap();
    assert_eq!(count, u64::try_from(names.len()).unwrap());
    names
}

#[tokio::test]
async fn everything_wrong_with_a_person_is_told_at_once() {
    let desk = Desk::open().await;
    let wrong = NewUser {
        password: Some("short".to_owned()),
        locale: Some("de".to_owned()),
        team_ids: vec![TeamId(Uuid::nil())],
        ..new_user(" ", "ada", Role::Requester)
    };
    let expected = [
        Refusal::Required { field: "name" },
        Refusal::Invalid {
            field: "email",
            why: Why::Email,
        },
        Refusal::Invalid {
            field: "locale",
            why: Why::Locale,
        },
        Refusal::Invalid {
            field: "password",
            why: Why::Password { min: 10 },
        },
        Refusal::Invalid {
            field: "teamIds",
            why: Why::NotForRequesters,
        },
    ];
    assert_eq!(refusals(commands::add_user(&desk, wrong).await), expected);
}

#[tokio::test]
async fn what_a_new_person_names_must_be_there() {
    let desk = Desk::open().await;
    let nil = Uuid::nil();
    let lost = NewUser {
        organization_id: Some(OrganizationId(nil)),
        team_ids: vec![TeamId(nil)],
        ..new_user("Ada", "ada@example.org", Role::Agent)
    };
    let expected = [
        Refusal::NotFound {
            field: "organizationId",
        },
        Refusal::NotFound { field: "teamIds" },
    ];
    assert_eq!(refusals(commands::add_user(&desk, lost).await), expected);
}

#[tokio::test]
async fn an_address_is_one_persons() {
    let desk = Desk::open().await;
    commands::add_user(&desk, new_user("Ada", "ada@example.org", Role::Agent))
        .await
        .unwrap();
    let again = commands::add_user(&desk, new_user("Eve", " ADA@Example.org", Role::Agent)).await;
    assert_eq!(refusals(again), [Refusal::Taken { field: "email" }]);
}

#[tokio::test]
async fn only_admins_make_people() {
    let desk = Desk::open().await;
    for role in [Role::Requester, Role::Agent, Role::Lead] {
        let actor = actor_of(&desk.person(&format!("{role:?}"), role).await, Vec::new());
        let new = new_user("Eve", "eve@example.org", Role::Admin);
        let made = commands::create_user(&desk, &actor, new).await;
        assert!(matches!(made, Err(Error::Forbidden)), "{role:?}");
    }
}

#[tokio::test]
async fn a_requester_is_found_or_made() {
    let desk = Desk::open().await;
    let mut tx = desk.begin(&Actor::System).await.unwrap();
    let made = find_or_create_requester(&mut tx, "requesterEmail", "New.One@example.org")
        .await
        .unwrap();
    assert_eq!(
        (made.name.as_str(), made.role),
        ("new.one", Role::Requester)
    );
    let found = find_or_create_requester(&mut tx, "requesterEmail", "new.one@EXAMPLE.org")
        .await
        .unwrap();
    assert_eq!(found, made);
    assert_eq!(find_in(&tx, made.id).await.unwrap(), made);
    let wrong = find_or_create_requester(&mut tx, "requesterEmail", "nobody").await;
    assert_eq!(
        refusals(wrong),
        [Refusal::Invalid {
            field: "requesterEmail",
            why: Why::Email
        }]
    );
    tx.commit().await.unwrap();
    let events = event::Entity::find().count(&desk.store.read).await.unwrap();
    assert_eq!(events, 1, "one person was made");
}

#[tokio::test]
async fn names_are_listed_and_found_without_case_and_accents() {
    let desk = Desk::open().await;
    for name in ["Élodie", "eric", "Zoé", "100 %", "Amar_e"] {
        let email = format!("{}@example.org", folded_name(name).replace([' ', '%'], "x"));
        commands::add_user(&desk, new_user(name, &email, Role::Agent))
            .await
            .unwrap();
    }
    let everyone = names(&desk, &Actor::System, &UserFilter::default()).await;
    assert_eq!(everyone, ["100 %", "Amar_e", "Élodie", "eric", "Zoé"]);
    for (text, expected) in [
        ("ELO", vec!["Élodie"]),
        ("zoe", vec!["Zoé"]),
        ("Eric@Example", vec!["eric"]),
        ("%", vec!["100 %"]),
        ("_", vec!["Amar_e"]),
        ("\\", vec![]),
        ("' or 1", vec![]),
    ] {
        let filter = UserFilter {
            text: Some(text.to_owned()),
            ..UserFilter::default()
        };
        assert_eq!(
            names(&desk, &Actor::System, &filter).await,
            expected,
            "{text}"
        );
    }
    let folded = folded_name(&"\u{fdfa}".repeat(NAME_CHARS_MAX));
    assert_eq!(
        folded.chars().count(),
        NAME_CHARS_MAX,
        "a cursor has a bound"
    );
}

#[tokio::test]
async fn people_are_seen_as_far_as_policy_goes() {
    let desk = Desk::open().await;
    let acme = NewOrganization {
        name: "Acme".to_owned(),
        shares_tickets: true,
        external_id: None,
    };
    let acme = commands::create_organization(&desk, &Actor::System, acme)
        .await
        .unwrap();
    let member = |name: &str| NewUser {
        organization_id: Some(acme.id),
        ..new_user(name, &format!("{name}@acme.example"), Role::Requester)
    };
    let rita = commands::add_user(&desk, member("Rita")).await.unwrap();
    commands::add_user(&desk, member("Ravi")).await.unwrap();
    let ada = desk.person("Ada", Role::Agent).await;
    let eve = desk.person("Eve", Role::Agent).await;
    let bob = desk.person("Bob", Role::Agent).await;
    let vendor = NewTeam {
        name: "Vendor".to_owned(),
        kind: team::Kind::External,
        member_ids: vec![eve.id, bob.id],
    };
    let vendor = commands::create_team(&desk, &Actor::System, vendor)
        .await
        .unwrap();
    let desk_team = NewTeam {
        name: "Desk".to_owned(),
        kind: team::Kind::Internal,
        member_ids: vec![bob.id],
    };
    let desk_team = commands::create_team(&desk, &Actor::System, desk_team)
        .await
        .unwrap();

    let all = UserFilter::default();
    let in_desk_team = UserFilter {
        team: Some(desk_team.id),
        ..UserFilter::default()
    };
    let rita_sees = actor_of(&rita, Vec::new());
    let eve_sees = actor_of(&eve, vec![vendor.clone()]);
    let ada_sees = actor_of(&ada, Vec::new());
    assert_eq!(names(&desk, &rita_sees, &all).await, ["Ravi", "Rita"]);
    assert_eq!(names(&desk, &eve_sees, &all).await, ["Bob", "Eve"]);
    assert_eq!(
        names(&desk, &ada_sees, &all).await,
        ["Ada", "Bob", "Eve", "Ravi", "Rita"]
    );
    assert_eq!(names(&desk, &ada_sees, &in_desk_team).await, ["Bob"]);
    assert!(
        names(&desk, &eve_sees, &in_desk_team).await.is_empty(),
        "not even a colleague's"
    );

    for (actor, sees_rita) in [(&rita_sees, true), (&eve_sees, false), (&ada_sees, true)] {
        let tx = desk.begin(actor).await.unwrap();
        assert_eq!(
            find_visible_in(&tx, rita.id).await.unwrap().is_some(),
            sees_rita
        );
    }
    let tx = desk.begin(&Actor::System).await.unwrap();
    assert!(is_member(&tx, vendor.id, eve.id).await.unwrap());
    assert!(!is_member(&tx, vendor.id, ada.id).await.unwrap());
}

#[derive(Default, MergedObject)]
struct Mutation(SessionMutation, PeopleMutation);

async fn run(desk: &Desk, actor: Option<Actor>, document: &str) -> async_graphql::Value {
    let schema = Schema::build(PeopleQuery, Mutation::default(), EmptySubscription).finish();
    let request = Request::new(document)
        .data(desk.share())
        .data(actor.clone());
    let request = loaders::install_all(request, &desk.share(), actor.as_ref(), false);
    let answer = schema.execute(request).await;
    assert_eq!(answer.errors, []);
    answer.data
}

#[tokio::test]
async fn one_who_signs_in_sees_themselves_in_the_answer() {
    let desk = Desk::open().await;
    desk.person("ada", Role::Agent).await;
    let document = r#"mutation {
        signIn(input: { email: "ada@example.org", password: "correct horse" }) {
            session { user { name email role teams { name } } }
            userErrors { code }
        }
        wrong: signIn(input: { email: "ada@example.org", password: "wrong horse" }) {
            session { user { name } }
            userErrors { code field }
        }
    }"#;
    let user = value!({ "name": "ada", "email": "ada@example.org", "role": "AGENT", "teams": [] });
    let expected = value!({
        "signIn": { "session": { "user": user }, "userErrors": [] },
        "wrong": { "session": null, "userErrors": [{ "code": "BAD_CREDENTIALS", "field": null }] },
    });
    assert_eq!(run(&desk, None, document).await, expected);
}

#[tokio::test]
async fn admins_make_teams_and_people_through_the_api() {
    let desk = Desk::open().await;
    let admin = desk.person("admin", Role::Admin).await;
    let admin = Some(actor_of(&admin, Vec::new()));
    let document = r#"mutation {
        createTeam(input: { name: "Network", kind: EXTERNAL }) { team { kind members { totalCount } } userErrors { code } }
        createOrganization(input: { name: "Acme", externalId: "a1" }) { organization { sharesTickets } userErrors { code } }
        again: createOrganization(input: { name: "Acme", externalId: "a1" }) { organization { name } userErrors { code field } }
        createUser(input: { name: "Ada", email: "ada@example.org", teamIds: ["usr_1"], role: AGENT }) { user { id } userErrors { code field } }
    }"#;
    let expected = value!({
        "createTeam": { "team": { "kind": "EXTERNAL", "members": { "totalCount": 0 } }, "userErrors": [] },
        "createOrganization": { "organization": { "sharesTickets": false }, "userErrors": [] },
        "again": { "organization": null, "userErrors": [{ "code": "TAKEN", "field": ["externalId"] }] },
        "createUser": { "user": null, "userErrors": [{ "code": "NOT_FOUND", "field": ["teamIds"] }] },
    });
    assert_eq!(run(&desk, admin.clone(), document).await, expected);

    let document = r#"{
        viewer { name }
        users(filter: { role: { in: [ADMIN, ADMIN] }, text: "" }) { nodes { name isActive } totalCount }
        none: users(filter: { team: "org_7" }) { nodes { name } totalCount }
        teams { nodes { name } }
    }"#;
    let expected = value!({
        "viewer": { "name": "admin" },
        "users": { "nodes": [{ "name": "admin", "isActive": true }], "totalCount": 1 },
        "none": { "nodes": [], "totalCount": 0 },
        "teams": { "nodes": [{ "name": "Network" }] },
    });
    assert_eq!(run(&desk, admin, document).await, expected);
}
