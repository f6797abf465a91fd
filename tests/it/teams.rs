//! Administering teams, who is in them, and organizations.

use harness::{Client, TestServer, global};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ask::{Answers, mutate};

const TEAM: &str = "team { name kind members { nodes { name } } }";
const ORGANIZATION: &str = "organization { name sharesTickets }";

async fn payload(who: &Client, mutation: &str, fields: &str, input: Value) -> Value {
    let answer = mutate(who, mutation, fields, input).await;
    answer["data"][mutation].clone()
}

/// The mutation's outcome in one word: the code of its error, or that it was done.
async fn code(who: &Client, mutation: &str, input: Value) -> String {
    let answer = payload(who, mutation, "userErrors { code }", input).await;
    let error = answer.pointer("/userErrors/0/code").and_then(Value::as_str);
    error.unwrap_or("done").to_owned()
}

async fn sees(who: &Client, ticket: &str) -> bool {
    let query = "query($id: ID!) { ticket(by: { id: $id }) { id } }";
    let answer = who.run(query, json!({ "id": ticket })).await;
    !answer["data"]["ticket"].is_null()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_edits_teams_and_organizations() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let (team, organization) = (global(server.team()), global(server.organization()));
    let mut answers = Answers::default();
    for (name, mutation, fields, input) in [
        (
            "name",
            "editTeam",
            TEAM,
            json!({ "teamId": team, "name": " First  line " }),
        ),
        (
            "kind",
            "editTeam",
            TEAM,
            json!({ "teamId": team, "kind": "EXTERNAL" }),
        ),
        ("nothing", "editTeam", TEAM, json!({ "teamId": team })),
        (
            "empty",
            "editTeam",
            TEAM,
            json!({ "teamId": team, "name": " " }),
        ),
        (
            "taken",
            "editTeam",
            TEAM,
            json!({ "teamId": team, "name": "Vendor" }),
        ),
        (
            "no team",
            "editTeam",
            TEAM,
            json!({ "teamId": "tea_x", "name": "A" }),
        ),
        (
            "organization",
            "editOrganization",
            ORGANIZATION,
            json!({
                "organizationId": organization, "name": "Port", "sharesTickets": false, "externalId": "p",
            }),
        ),
        (
            "no key",
            "editOrganization",
            ORGANIZATION,
            json!({
                "organizationId": organization, "externalId": null,
            }),
        ),
        (
            "no organization",
            "editOrganization",
            ORGANIZATION,
            json!({
                "organizationId": "org_x", "name": "",
            }),
        ),
        (
            "nowhere",
            "editOrganization",
            ORGANIZATION,
            json!({ "organizationId": "org_x" }),
        ),
    ] {
        answers.add(name, &payload(&admin, mutation, fields, input).await);
    }
    assert_snapshot!(answers, @r#"
    name: {"team":{"kind":"INTERNAL","members":{"nodes":[{"name":"Agnes Agent"},{"name":"Leo Lead"}]},"name":"First line"},"userErrors":[]}
    kind: {"team":{"kind":"EXTERNAL","members":{"nodes":[{"name":"Agnes Agent"},{"name":"Leo Lead"}]},"name":"First line"},"userErrors":[]}
    nothing: {"team":{"kind":"EXTERNAL","members":{"nodes":[{"name":"Agnes Agent"},{"name":"Leo Lead"}]},"name":"First line"},"userErrors":[]}
    empty: {"team":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."}]}
    taken: {"team":null,"userErrors":[{"allowed":null,"code":"TAKEN","field":["name"],"message":"This is in use already."}]}
    no team: {"team":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["teamId"],"message":"There is no such thing, or not for you."}]}
    organization: {"organization":{"name":"Port","sharesTickets":false},"userErrors":[]}
    no key: {"organization":{"name":"Port","sharesTickets":false},"userErrors":[]}
    no organization: {"organization":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["name"],"message":"This is required."}]}
    nowhere: {"organization":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["organizationId"],"message":"There is no such thing, or not for you."}]}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_edit_teams_and_organizations() {
    let server = TestServer::start().await;
    let edits = [
        (
            "editTeam",
            json!({ "teamId": global(server.team()), "name": "Ours" }),
        ),
        (
            "editOrganization",
            json!({
                "organizationId": global(server.organization()), "sharesTickets": true,
            }),
        ),
    ];
    for who in [
        server.requester(),
        server.agent(),
        server.lead(),
        server.external_agent(),
    ] {
        for (mutation, input) in &edits {
            assert_eq!(
                code(&who, mutation, input.clone()).await,
                "FORBIDDEN",
                "{mutation}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_says_who_is_in_the_own_team() {
    let server = TestServer::start().await;
    let (lead, agent, admin) = (server.lead(), server.agent(), server.admin());
    let (own, other) = (global(server.team()), global(server.external_team()));
    let mut answers = Answers::default();
    for (name, who, mutation, team, user) in [
        ("out", &lead, "removeTeamMember", &own, &agent),
        ("out again", &lead, "removeTeamMember", &own, &agent),
        ("in", &lead, "addTeamMember", &own, &agent),
        ("in again", &lead, "addTeamMember", &own, &agent),
        (
            "a requester",
            &lead,
            "addTeamMember",
            &own,
            &server.requester(),
        ),
        ("another's team", &lead, "addTeamMember", &other, &agent),
        ("by an agent", &agent, "addTeamMember", &own, &agent),
        ("by an admin", &admin, "addTeamMember", &other, &agent),
    ] {
        let input = json!({ "teamId": team, "userId": user.id() });
        answers.add(name, &payload(who, mutation, TEAM, input).await);
    }
    let nobody = json!({ "teamId": own, "userId": "usr_x" });
    answers.add(
        "nobody",
        &payload(&lead, "addTeamMember", TEAM, nobody).await,
    );
    assert_snapshot!(answers, @r#"
    out: {"team":{"kind":"INTERNAL","members":{"nodes":[{"name":"Leo Lead"}]},"name":"Support"},"userErrors":[]}
    out again: {"team":{"kind":"INTERNAL","members":{"nodes":[{"name":"Leo Lead"}]},"name":"Support"},"userErrors":[]}
    in: {"team":{"kind":"INTERNAL","members":{"nodes":[{"name":"Agnes Agent"},{"name":"Leo Lead"}]},"name":"Support"},"userErrors":[]}
    in again: {"team":{"kind":"INTERNAL","members":{"nodes":[{"name":"Agnes Agent"},{"name":"Leo Lead"}]},"name":"Support"},"userErrors":[]}
    a requester: {"team":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["userId"],"message":"Requesters cannot be members of a team."}]}
    another's team: {"team":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}
    by an agent: {"team":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}
    by an admin: {"team":{"kind":"EXTERNAL","members":{"nodes":[{"name":"Agnes Agent"},{"name":"Emil External"}]},"name":"Vendor"},"userErrors":[]}
    nobody: {"team":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["userId"],"message":"There is no such thing, or not for you."}]}
    "#);
}

/// Without its last external team a vendor's lead would see everybody's tickets.
#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_lead_cannot_leave_for_the_whole_desk() {
    let server = TestServer::start().await;
    let (admin, vendor) = (server.admin(), server.external_agent());
    let team = global(server.external_team());
    let ticket = global(server.ticket().create().await.id);
    let promotion = json!({ "userId": vendor.id(), "role": "LEAD" });
    assert_eq!(code(&admin, "editUser", promotion).await, "done");

    let leaving = json!({ "teamId": team, "userId": vendor.id() });
    assert_eq!(
        code(&vendor, "removeTeamMember", leaving.clone()).await,
        "INVALID"
    );
    assert!(!sees(&vendor, &ticket).await);
    assert_eq!(code(&admin, "removeTeamMember", leaving).await, "done");
    assert!(sees(&vendor, &ticket).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_becomes_external_sees_only_its_own() {
    let server = TestServer::start().await;
    let (admin, agent) = (server.admin(), server.agent());
    let ticket = global(server.ticket().create().await.id);
    assert!(sees(&agent, &ticket).await);
    let input = json!({ "teamId": global(server.team()), "kind": "EXTERNAL" });
    assert_eq!(code(&admin, "editTeam", input).await, "done");
    assert!(!sees(&agent, &ticket).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_tickets_go_when_the_organization_no_longer_shares() {
    let server = TestServer::start().await;
    let (admin, colleague) = (server.admin(), server.colleague());
    let ticket = global(server.ticket().create().await.id);
    assert!(sees(&colleague, &ticket).await);
    let input = json!({
        "organizationId": global(server.organization()), "sharesTickets": false,
    });
    assert_eq!(code(&admin, "editOrganization", input).await, "done");
    assert!(!sees(&colleague, &ticket).await);
}
