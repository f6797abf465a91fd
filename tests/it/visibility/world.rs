//! A desk with a secret word in every cell that somebody may not see.

use entity::{
    ids::TeamId,
    json::{ApplicationContext, CustomField},
    team, ticket,
    user::Role,
};
use guichet::{
    actor::Actor,
    people::commands::{self, NewOrganization, NewTeam},
};
use harness::{Client, TestServer, global, newcomer};
use serde_json::{Value, json};

use super::articles::{add_article, add_articles, publish, rewrite};
use crate::ask::{mutate, outcome};

/// In everything of another organization and of another team.
pub(crate) const ELSEWHERE: &str = "zebrafish";
/// In everything internal on Rosa's own ticket.
pub(crate) const INTERNAL: &str = "axolotl";
/// In articles that are drafts, archived or internal.
pub(crate) const KNOWLEDGE: &str = "narwhal";
/// In Agnes's own queue.
pub(crate) const PERSONAL: &str = "quokka";

pub(crate) const HIDDEN_EXTERNAL_ID: &str = "zebrafish-external-id";

/// Where the words stand: each has one of its own, so that none is forgotten.
pub(crate) const CELLS: [&str; 50] = [
    "zebrafish-organization",
    "zebrafish-person",
    "zebrafish@desk.test",
    "zebrafish-team",
    "zebrafish-subject",
    "zebrafish-description",
    "zebrafish-tag",
    "zebrafish-key",
    "zebrafish-value",
    "zebrafish-external-id",
    "zebrafish-url",
    "zebrafish-application",
    "zebrafish-version",
    "zebrafish-locale",
    "zebrafish-browser",
    "zebrafish-screen",
    "zebrafish-data",
    "zebrafish-public-comment",
    "zebrafish-internal-comment",
    "zebrafish-reason",
    "zebrafish-file",
    "zebrafish-merged",
    "zebrafish-merged-comment",
    "zebrafish-queue",
    "zebrafish-macro",
    "zebrafish-step",
    "zebrafish-calendar",
    "zebrafish-holiday",
    "zebrafish-policy",
    "axolotl-comment",
    "axolotl-solution",
    "axolotl-file",
    "axolotl-reason",
    "narwhal-draft",
    "narwhal-body",
    "narwhal-summary",
    "narwhal-category",
    "narwhal-tag",
    "narwhal-slug",
    "narwhal-internal",
    "narwhal-archived",
    "narwhal-page",
    "narwhal-translation",
    "narwhal-earlier",
    "narwhal-branch",
    "narwhal-branche",
    "quokka-queue",
    "quokka-filter",
    "quokka-macro",
    "quokka-step",
];

/// The desk, and the global ids of what is there.
pub(crate) struct World {
    pub(crate) server: TestServer,
    /// Rosa's, in an organization that shares.
    pub(crate) own_ticket: String,
    /// Stella's, routed to Emil's team.
    pub(crate) routed_ticket: String,
    pub(crate) hidden_ticket: String,
    pub(crate) hidden_number: i32,
    pub(crate) hidden_comment: String,
    pub(crate) internal_comment: String,
    /// On a comment of the hidden ticket, and on an internal one of Rosa's own.
    pub(crate) hidden_files: [String; 2],
    /// That nobody has attached; Agnes's.
    pub(crate) hidden_upload: String,
    pub(crate) hidden_link: String,
    pub(crate) hidden_person: String,
    pub(crate) hidden_organization: String,
    pub(crate) hidden_team: String,
    pub(crate) hidden_calendar: String,
    pub(crate) hidden_policy: String,
    pub(crate) hidden_machine: String,
    pub(crate) hidden_token: String,
    pub(crate) hidden_webhook: String,
    pub(crate) team_queue: String,
    pub(crate) personal_queue: String,
    pub(crate) team_macro: String,
    pub(crate) personal_macro: String,
    pub(crate) hidden_articles: Vec<String>,
    /// Only hidden articles stand in it.
    pub(crate) hidden_category: String,
    pub(crate) hidden_revision: String,
    pub(crate) public_article: String,
}

impl World {
    pub(crate) async fn make() -> Self {
        // So many steps make a future that is too large for the stack.
        Box::pin(Self::build()).await
    }

    async fn build() -> Self {
        let server = TestServer::start().await;
        let (agent, admin) = (server.agent(), server.admin());
        let (person, organization) = add_person(&server).await;
        let [hidden_calendar, hidden_policy] = add_terms(&admin, &organization).await;
        let team = add_team(&server, &agent).await;
        let rule = json!({ "levelRank": 1, "onBreached": { "teamId": global(team.id), "notifyTeamId": global(team.id) } });
        done(&admin, "setLevelEscalation", "level { id }", rule).await;
        let hidden = hidden_ticket(&server, &person, team.id).await;
        let own = server.ticket().create().await;
        let routed = server
            .ticket()
            .by(&server.stranger())
            .team(server.external_team())
            .create()
            .await;
        let comments = Box::pin(talk(&server, &hidden, &own)).await;
        let (own_id, hidden_id) = (global(own.id), global(hidden.id));
        for (ticket, reason) in [
            (&hidden_id, "zebrafish-reason"),
            (&own_id, "axolotl-reason"),
        ] {
            let input = json!({ "ticketId": ticket, "levelRank": 2, "reason": reason });
            done(&agent, "changeTicketLevel", "ticket { id }", input).await;
        }
        let link = json!({ "ticketId": own_id, "otherId": hidden_id, "kind": "RELATES_TO" });
        done(&agent, "linkTickets", "ticket { id }", link).await;
        for (from, to) in [(&hidden_id, &own_id), (&own_id, &hidden_id)] {
            let link = json!({ "ticketId": from, "otherId": to, "kind": "CAUSED_BY" });
            done(&agent, "linkTickets", "ticket { id }", link).await;
        }
        merge_hidden(&server, &person, &[&own, &routed]).await;
        let hidden_files = [
            attach(&server, &hidden_id, "zebrafish-file").await,
            attach(&server, &own_id, "axolotl-file").await,
        ];
        let hidden_upload = upload(&server, "quokka-file").await;
        let hidden_articles = add_articles(&server).await;
        let (hidden_category, hidden_revision) = rewrite(&server, &hidden_articles).await;
        let public_article =
            add_article(&agent, json!({ "title": "Public", "body": "Body" })).await;
        publish(&server, &public_article).await;
        let mut links = Vec::new();
        for ticket in [&own_id, &hidden_id] {
            for article in [&public_article, &hidden_articles[1]] {
                let input = json!({ "ticketId": ticket, "articleId": article, "role": "SOLUTION" });
                links.push(done(&agent, "linkKnowledge", "knowledgeLink { id }", input).await);
            }
        }
        let filter = |word: &str| json!({ "subject": { "containsIgnoreCase": word } });
        let queue =
            json!({ "name": "zebrafish-queue", "filter": filter(""), "teamId": global(team.id) });
        let team_queue = done(&admin, "createQueue", "queue { id }", queue).await;
        let queue = json!({ "name": "quokka-queue", "filter": filter("quokka-filter") });
        let personal_queue = done(&agent, "createQueue", "queue { id }", queue).await;
        let steps = |body: &str| json!([{ "comment": { "body": body } }]);
        let of_team = json!({ "name": "zebrafish-macro", "steps": steps("zebrafish-step"), "teamId": global(team.id) });
        let team_macro = done(&admin, "createMacro", "macro { id }", of_team).await;
        let own = json!({ "name": "quokka-macro", "steps": steps("quokka-step") });
        let personal_macro = done(&agent, "createMacro", "macro { id }", own).await;
        let machine = json!({ "name": "zebrafish-machine", "role": "ADMIN" });
        let hidden_machine = done(&admin, "createMachine", "machine { id }", machine).await;
        let token = json!({ "name": "zebrafish-token", "scopes": ["TICKETS_READ"], "machineId": hidden_machine });
        let hidden_token = done(&admin, "createApiToken", "apiToken { id }", token).await;
        let hook = json!({ "url": "https://zebrafish.invalid/", "description": "zebrafish-hook", "events": [] });
        let hidden_webhook = done(&admin, "createWebhookEndpoint", "endpoint { id }", hook).await;
        Self {
            hidden_webhook,
            hidden_machine,
            hidden_token,
            own_ticket: own_id,
            routed_ticket: global(routed.id),
            hidden_ticket: hidden_id,
            hidden_number: hidden.number,
            hidden_comment: comments[0].clone(),
            internal_comment: comments[2].clone(),
            hidden_files,
            hidden_upload,
            hidden_link: links[3].clone(),
            hidden_person: person.id(),
            hidden_organization: organization,
            hidden_team: global(team.id),
            hidden_calendar,
            hidden_policy,
            team_queue,
            personal_queue,
            team_macro,
            personal_macro,
            hidden_articles,
            hidden_category,
            hidden_revision,
            public_article,
            server,
        }
    }
}

/// Sends a mutation that must succeed; the id of what it made.
pub(super) async fn done(client: &Client, mutation: &str, selection: &str, input: Value) -> String {
    let answer = mutate(client, mutation, selection, input).await;
    assert_eq!(outcome(&answer), "ok", "{mutation}: {answer}");
    let payload = answer["data"][mutation].as_object().unwrap();
    let made = payload.values().find_map(|value| value["id"].as_str());
    made.expect("an id").to_owned()
}

async fn add_person(server: &TestServer) -> (Client, String) {
    let new = NewOrganization {
        name: "zebrafish-organization".to_owned(),
        shares_tickets: true,
        external_id: Some("zebrafish-organization-id".to_owned()),
    };
    let organization = commands::create_organization(server.app(), &Actor::System, new)
        .await
        .unwrap();
    let mut new = newcomer("Zebrafish zebrafish-person", Role::Requester);
    new.organization_id = Some(organization.id);
    (server.add_person(new).await, global(organization.id))
}

/// A calendar, and a policy that counts by it.
async fn add_terms(admin: &Client, organization: &str) -> [String; 2] {
    let calendar = json!({
        "name": "zebrafish-calendar", "timeZone": "Europe/Paris",
        "intervals": [{ "weekday": "MONDAY", "from": "00:00", "to": "24:00" }],
        "holidays": [{ "date": "2027-01-01", "name": "zebrafish-holiday" }],
    });
    let calendar = done(admin, "createCalendar", "calendar { id }", calendar).await;
    let policy = json!({
        "name": "zebrafish-policy", "organizationId": organization, "calendarId": calendar,
    });
    let policy = done(admin, "createServiceLevelPolicy", "policy { id }", policy).await;
    [calendar, policy]
}

async fn add_team(server: &TestServer, agent: &Client) -> team::Model {
    let new = NewTeam {
        name: "zebrafish-team".to_owned(),
        kind: team::Kind::Internal,
        member_ids: vec![agent.user_id()],
    };
    commands::create_team(server.app(), &Actor::System, new)
        .await
        .unwrap()
}

async fn hidden_ticket(server: &TestServer, person: &Client, team: TeamId) -> ticket::Model {
    let context = ApplicationContext {
        url: Some("https://zebrafish-url.test".to_owned()),
        application: Some("zebrafish-application".to_owned()),
        version: Some("zebrafish-version".to_owned()),
        locale: Some("zebrafish-locale".to_owned()),
        browser: Some("zebrafish-browser".to_owned()),
        screen: Some("zebrafish-screen".to_owned()),
        data: Some(json!({ "cell": "zebrafish-data" })),
    };
    let field = CustomField {
        key: "zebrafish-key".to_owned(),
        value: json!("zebrafish-value"),
    };
    let ticket = server
        .ticket()
        .by(person)
        .subject("zebrafish-subject")
        .description("zebrafish-description")
        .tag("zebrafish-tag")
        .external_id(HIDDEN_EXTERNAL_ID)
        .team(team)
        .with(|new| {
            new.context = Some(context);
            new.custom_fields = vec![field];
        });
    ticket.create().await
}

/// Merges a hidden ticket into each of these.
async fn merge_hidden(server: &TestServer, person: &Client, into: &[&ticket::Model]) {
    for into in into {
        let ticket = server.ticket().by(person).subject("zebrafish-merged");
        let ticket = ticket.create().await;
        let comment = server.comment(&ticket).body("zebrafish-merged-comment");
        comment.by(person).create().await;
        let input = json!({ "ticketId": global(ticket.id), "intoId": global(into.id) });
        done(&server.agent(), "mergeTicket", "ticket { id }", input).await;
    }
}

/// The comments' global ids.
async fn talk(server: &TestServer, hidden: &ticket::Model, own: &ticket::Model) -> Vec<String> {
    let comments = [
        server.comment(hidden).body("zebrafish-public-comment"),
        server
            .comment(hidden)
            .body("zebrafish-internal-comment")
            .internal(),
        server.comment(own).body("axolotl-comment").internal(),
        server
            .comment(own)
            .body("axolotl-solution")
            .internal()
            .solution(),
    ];
    let mut ids = Vec::new();
    for comment in comments {
        ids.push(global(comment.create().await.id));
    }
    ids
}

/// Agnes's upload of this name.
async fn upload(server: &TestServer, name: &str) -> String {
    let new = json!({ "fileName": name, "contentType": "text/plain", "byteSize": 4 });
    let answer = mutate(&server.agent(), "createUpload", "upload { id url }", new).await;
    let upload = &answer["data"]["createUpload"]["upload"];
    let path = upload["url"]
        .as_str()
        .unwrap()
        .replace("https://desk.test", "");
    let sent = server.visitor().request("PUT", &path).await.body("file");
    assert_eq!(sent.send().await.unwrap().status(), 204);
    upload["id"].as_str().unwrap().to_owned()
}

/// A file on a new internal comment; its id.
async fn attach(server: &TestServer, ticket: &str, name: &str) -> String {
    let upload = upload(server, name).await;
    let new =
        json!({ "ticketId": ticket, "body": "b", "visibility": "INTERNAL", "uploadIds": [upload] });
    let selection = "comment { attachments { id } }";
    let answer = mutate(&server.agent(), "addComment", selection, new).await;
    let attachments = &answer["data"]["addComment"]["comment"]["attachments"];
    attachments[0]["id"].as_str().unwrap().to_owned()
}
