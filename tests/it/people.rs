//! People, teams and organizations.

use entity::user::Role;
use harness::{PASSWORD, TestServer, global, newcomer};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::json;

use crate::ask::{Answers, mutate, outcome};

const USER: &str =
    "user { name email role locale isActive availability organization { name } teams { name } }";

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_creates_people() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let (organization, team) = (global(server.organization()), global(server.team()));
    let mut answers = Answers::default();
    for (name, input) in [
        (
            "a requester",
            json!({ "name": " Nora  New ", "email": "Nora@Desk.Test", "organizationId": organization, "locale": "fr" }),
        ),
        (
            "an agent",
            json!({ "name": "Axel", "email": "axel@desk.test", "role": "AGENT", "teamIds": [team, team], "password": PASSWORD }),
        ),
        (
            "taken",
            json!({ "name": "Rosa", "email": "rosa@DESK.test" }),
        ),
        ("nothing", json!({ "name": "", "email": "" })),
        (
            "long",
            json!({ "name": "n".repeat(256), "email": "new@desk.test" }),
        ),
        ("no address", json!({ "name": "New", "email": "here" })),
        (
            "short password",
            json!({ "name": "New", "email": "new@desk.test", "password": "123456789" }),
        ),
        (
            "long password",
            json!({ "name": "New", "email": "new@desk.test", "password": "p".repeat(257) }),
        ),
        (
            "no such language",
            json!({ "name": "New", "email": "new@desk.test", "locale": "de" }),
        ),
        (
            "nowhere",
            json!({ "name": "New", "email": "new@desk.test", "role": "AGENT", "organizationId": "org_x", "teamIds": ["tea_x"] }),
        ),
        (
            "a requester in a team",
            json!({ "name": "New", "email": "new@desk.test", "teamIds": [team] }),
        ),
    ] {
        answers.add(name, &mutate(&admin, "createUser", USER, input).await);
    }
    assert_snapshot!(answers, @r#"
    a requester: {"data":{"createUser":{"user":{"availability":"OFFLINE","email":"nora@desk.test","isActive":true,"locale":"fr","name":"Nora New","organization":{"name":"Harbour"},"role":"REQUESTER","teams":[]},"userErrors":[]}}}
    an agent: {"data":{"createUser":{"user":{"availability":"OFFLINE","email":"axel@desk.test","isActive":true,"locale":"en","name":"Axel","organization":null,"role":"AGENT","teams":[{"name":"Support"}]},"userErrors":[]}}}
    taken: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"TAKEN","field":["email"],"message":"This is in use already."}]}}}
    nothing: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."},{"allowed":null,"code":"REQUIRED","field":["email"],"message":"This is required."}]}}}
    long: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["name"],"message":"At most 255 characters."}]}}}
    no address: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["email"],"message":"This is not an e-mail address."}]}}}
    short password: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["password"],"message":"At least 10 characters."}]}}}
    long password: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["password"],"message":"At most 256 characters."}]}}}
    no such language: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["locale"],"message":"Only fr and en."}]}}}
    nowhere: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["organizationId"],"message":"There is no such thing, or not for you."},{"allowed":null,"code":"NOT_FOUND","field":["teamIds"],"message":"There is no such thing, or not for you."}]}}}
    a requester in a team: {"data":{"createUser":{"user":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["teamIds"],"message":"Requesters cannot be members of a team."}]}}}
    "#);
    let axel = json!({ "input": { "email": "axel@desk.test", "password": PASSWORD } });
    let signed_in = "mutation($input: SignInInput!) { signIn(input: $input) { session { user { name teams { name } } } userErrors { code } } }";
    assert_json_snapshot!(server.visitor().run(signed_in, axel).await, @r#"
    {
      "data": {
        "signIn": {
          "session": {
            "user": {
              "name": "Axel",
              "teams": [
                {
                  "name": "Support"
                }
              ]
            }
          },
          "userErrors": []
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_creates_organizations_and_teams() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let mut answers = Answers::default();
    for input in [
        json!({ "name": "Airport", "sharesTickets": true, "externalId": "O-1" }),
        json!({ "name": "Airport" }),
        json!({ "name": "Station", "externalId": "O-1" }),
        json!({ "name": " ", "externalId": "" }),
    ] {
        let shown = "organization { name sharesTickets }";
        answers.add(
            "organization",
            &mutate(&admin, "createOrganization", shown, input).await,
        );
    }
    for input in [
        json!({ "name": "Network", "kind": "EXTERNAL", "memberIds": [server.agent().id(), server.agent().id()] }),
        json!({ "name": "Support" }),
        json!({ "name": "" }),
        json!({ "name": "Ghosts", "memberIds": ["usr_x"] }),
        json!({ "name": "Guests", "memberIds": [server.requester().id()] }),
    ] {
        let shown = "team { name kind members(first: 5) { totalCount nodes { name } } }";
        answers.add("team", &mutate(&admin, "createTeam", shown, input).await);
    }
    assert_snapshot!(answers, @r#"
    organization: {"data":{"createOrganization":{"organization":{"name":"Airport","sharesTickets":true},"userErrors":[]}}}
    organization: {"data":{"createOrganization":{"organization":{"name":"Airport","sharesTickets":false},"userErrors":[]}}}
    organization: {"data":{"createOrganization":{"organization":null,"userErrors":[{"allowed":null,"code":"TAKEN","field":["externalId"],"message":"This is in use already."}]}}}
    organization: {"data":{"createOrganization":{"organization":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."},{"allowed":null,"code":"REQUIRED","field":["externalId"],"message":"This is required."}]}}}
    team: {"data":{"createTeam":{"team":{"kind":"EXTERNAL","members":{"nodes":[{"name":"Agnes Agent"}],"totalCount":1},"name":"Network"},"userErrors":[]}}}
    team: {"data":{"createTeam":{"team":null,"userErrors":[{"allowed":null,"code":"TAKEN","field":["name"],"message":"This is in use already."}]}}}
    team: {"data":{"createTeam":{"team":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."}]}}}
    team: {"data":{"createTeam":{"team":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["memberIds"],"message":"There is no such thing, or not for you."}]}}}
    team: {"data":{"createTeam":{"team":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["memberIds"],"message":"Requesters cannot be members of a team."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_create_people() {
    let server = TestServer::start().await;
    let mut rows = Vec::new();
    for (name, client) in [
        ("visitor", server.visitor()),
        ("requester", server.requester()),
        ("agent", server.agent()),
        ("external agent", server.external_agent()),
        ("lead", server.lead()),
    ] {
        for (mutation, selection, input) in [
            (
                "createUser",
                "user { id }",
                json!({ "name": "New", "email": "rosa@desk.test", "role": "ADMIN" }),
            ),
            (
                "createOrganization",
                "organization { id }",
                json!({ "name": "New" }),
            ),
            ("createTeam", "team { id }", json!({ "name": "Support" })),
        ] {
            let answer = mutate(&client, mutation, selection, input).await;
            rows.push(format!("{name} {mutation}: {}", outcome(&answer)));
        }
    }
    assert_snapshot!(rows.join("\n"), @"
    visitor createUser: UNAUTHENTICATED
    visitor createOrganization: UNAUTHENTICATED
    visitor createTeam: UNAUTHENTICATED
    requester createUser: FORBIDDEN
    requester createOrganization: FORBIDDEN
    requester createTeam: FORBIDDEN
    agent createUser: FORBIDDEN
    agent createOrganization: FORBIDDEN
    agent createTeam: FORBIDDEN
    external agent createUser: FORBIDDEN
    external agent createOrganization: FORBIDDEN
    external agent createTeam: FORBIDDEN
    lead createUser: FORBIDDEN
    lead createOrganization: FORBIDDEN
    lead createTeam: FORBIDDEN
    ");
}

const EVERYBODY: &str = "{
  viewer { name }
  users(first: 20) { totalCount nodes { name email organization { name } teams { name } } }
  teams(first: 5) { totalCount nodes { name members(first: 5) { nodes { name } } } }
  organizations(first: 5) { totalCount nodes { name } }
}";

#[tokio::test(flavor = "multi_thread")]
async fn everybody_lists_whom_they_may_know() {
    let server = TestServer::start().await;
    let mut answers = Answers::default();
    for (name, client) in [
        ("visitor", server.visitor()),
        ("requester", server.requester()),
        ("stranger", server.stranger()),
        ("external agent", server.external_agent()),
        ("agent", server.agent()),
        ("admin", server.admin()),
    ] {
        answers.add(name, &client.run(EVERYBODY, json!({})).await);
    }
    assert_snapshot!(answers, @r#"
    visitor: {"data":null,"errors":[{"extensions":{"code":"UNAUTHENTICATED","requestId":"test"},"locations":[{"column":3,"line":3}],"message":"sign in first","path":["users"]}]}
    requester: {"data":{"organizations":{"nodes":[{"name":"Harbour"}],"totalCount":1},"teams":{"nodes":[],"totalCount":0},"users":{"nodes":[{"email":"colin@desk.test","name":"Colin Colleague","organization":{"name":"Harbour"},"teams":[]},{"email":"rosa@desk.test","name":"Rosa Requester","organization":{"name":"Harbour"},"teams":[]}],"totalCount":2},"viewer":{"name":"Rosa Requester"}}}
    stranger: {"data":{"organizations":{"nodes":[{"name":"Summit"}],"totalCount":1},"teams":{"nodes":[],"totalCount":0},"users":{"nodes":[{"email":"stella@desk.test","name":"Stella Stranger","organization":{"name":"Summit"},"teams":[]}],"totalCount":1},"viewer":{"name":"Stella Stranger"}}}
    external agent: {"data":{"organizations":{"nodes":[],"totalCount":0},"teams":{"nodes":[{"members":{"nodes":[{"name":"Emil External"}]},"name":"Vendor"}],"totalCount":1},"users":{"nodes":[{"email":"emil@desk.test","name":"Emil External","organization":null,"teams":[{"name":"Vendor"}]}],"totalCount":1},"viewer":{"name":"Emil External"}}}
    agent: {"data":{"organizations":{"nodes":[{"name":"Harbour"},{"name":"Summit"}],"totalCount":2},"teams":{"nodes":[{"members":{"nodes":[{"name":"Agnes Agent"},{"name":"Leo Lead"}]},"name":"Support"},{"members":{"nodes":[{"name":"Emil External"}]},"name":"Vendor"}],"totalCount":2},"users":{"nodes":[{"email":"ada@desk.test","name":"Ada Admin","organization":null,"teams":[]},{"email":"agnes@desk.test","name":"Agnes Agent","organization":null,"teams":[{"name":"Support"}]},{"email":"colin@desk.test","name":"Colin Colleague","organization":{"name":"Harbour"},"teams":[]},{"email":"emil@desk.test","name":"Emil External","organization":null,"teams":[{"name":"Vendor"}]},{"email":"leo@desk.test","name":"Leo Lead","organization":null,"teams":[{"name":"Support"}]},{"email":"nils@desk.test","name":"Nils Neighbour","organization":{"name":"Summit"},"teams":[]},{"email":"rosa@desk.test","name":"Rosa Requester","organization":{"name":"Harbour"},"teams":[]},{"email":"stella@desk.test","name":"Stella Stranger","organization":{"name":"Summit"},"teams":[]}],"totalCount":8},"viewer":{"name":"Agnes Agent"}}}
    admin: {"data":{"organizations":{"nodes":[{"name":"Harbour"},{"name":"Summit"}],"totalCount":2},"teams":{"nodes":[{"members":{"nodes":[{"name":"Agnes Agent"},{"name":"Leo Lead"}]},"name":"Support"},{"members":{"nodes":[{"name":"Emil External"}]},"name":"Vendor"}],"totalCount":2},"users":{"nodes":[{"email":"ada@desk.test","name":"Ada Admin","organization":null,"teams":[]},{"email":"agnes@desk.test","name":"Agnes Agent","organization":null,"teams":[{"name":"Support"}]},{"email":"colin@desk.test","name":"Colin Colleague","organization":{"name":"Harbour"},"teams":[]},{"email":"emil@desk.test","name":"Emil External","organization":null,"teams":[{"name":"Vendor"}]},{"email":"leo@desk.test","name":"Leo Lead","organization":null,"teams":[{"name":"Support"}]},{"email":"nils@desk.test","name":"Nils Neighbour","organization":{"name":"Summit"},"teams":[]},{"email":"rosa@desk.test","name":"Rosa Requester","organization":{"name":"Harbour"},"teams":[]},{"email":"stella@desk.test","name":"Stella Stranger","organization":{"name":"Summit"},"teams":[]}],"totalCount":8},"viewer":{"name":"Ada Admin"}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_filtered() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let document = "query($filter: UserFilter) { users(filter: $filter, first: 20) { totalCount nodes { name } } }";
    let mut answers = Answers::default();
    for (name, filter) in [
        ("role", json!({ "role": { "in": ["LEAD", "ADMIN"] } })),
        (
            "organization",
            json!({ "organization": global(server.organization()) }),
        ),
        ("no organization", json!({ "organization": "org_x" })),
        ("team", json!({ "team": global(server.team()) })),
        ("text", json!({ "text": "ÉMIL" })),
        ("wildcards are letters", json!({ "text": "%" })),
        ("active", json!({ "isActive": false })),
        (
            "all at once",
            json!({ "role": { "eq": "REQUESTER" }, "text": "desk.test", "isActive": true, "organization": global(server.discreet_organization()) }),
        ),
    ] {
        answers.add(
            name,
            &agent.run(document, json!({ "filter": filter })).await,
        );
    }
    assert_snapshot!(answers, @r#"
    role: {"data":{"users":{"nodes":[{"name":"Ada Admin"},{"name":"Leo Lead"}],"totalCount":2}}}
    organization: {"data":{"users":{"nodes":[{"name":"Colin Colleague"},{"name":"Rosa Requester"}],"totalCount":2}}}
    no organization: {"data":{"users":{"nodes":[],"totalCount":0}}}
    team: {"data":{"users":{"nodes":[{"name":"Agnes Agent"},{"name":"Leo Lead"}],"totalCount":2}}}
    text: {"data":{"users":{"nodes":[{"name":"Emil External"}],"totalCount":1}}}
    wildcards are letters: {"data":{"users":{"nodes":[],"totalCount":0}}}
    active: {"data":{"users":{"nodes":[],"totalCount":0}}}
    all at once: {"data":{"users":{"nodes":[{"name":"Nils Neighbour"},{"name":"Stella Stranger"}],"totalCount":2}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_team_changes_rights_at_once() {
    let server = TestServer::start().await;
    let agent = server.add_person(newcomer("Nora New", Role::Agent)).await;
    server.ticket().create().await;
    let count = "{ tickets { totalCount } }";
    assert_eq!(
        agent.run(count, json!({})).await["data"]["tickets"]["totalCount"],
        1
    );
    let input = json!({ "name": "Contractors", "kind": "EXTERNAL", "memberIds": [agent.id()] });
    let created = mutate(&server.admin(), "createTeam", "team { name }", input).await;
    assert_eq!(outcome(&created), "ok");
    assert_eq!(
        agent.run(count, json!({})).await["data"]["tickets"]["totalCount"],
        0
    );
}
