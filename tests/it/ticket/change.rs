//! Changing tickets: texts, priority, tags, who has them.

use chrono::TimeDelta;
use entity::{ticket, user::Role};
use harness::{Client, TestServer, global, newcomer};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::ask::{Answers, mutate, outcome};

pub(super) async fn change(
    client: &Client,
    mutation: &str,
    ticket: &ticket::Model,
    selection: &str,
    change: Value,
) -> Value {
    let mut input = change;
    input["ticketId"] = json!(global(ticket.id));
    mutate(client, mutation, selection, input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_and_fields_are_edited() {
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    let shown = "ticket { version updatedAt subject description descriptionHtml customFields { key value } }";
    let agent = server.agent();
    let edit = |input| change(&agent, "editTicket", &ticket, shown, input);
    let mut answers = Answers::default();
    server.advance(TimeDelta::minutes(1));
    for (name, input) in [
        ("nothing", json!({})),
        ("the same", json!({ "subject": "The printer is on fire" })),
        ("subject", json!({ "subject": "It is out" })),
        ("description", json!({ "description": "_Smoke_" })),
        (
            "fields",
            json!({ "customFields": [{ "key": "a", "value": 1 }, { "key": "b", "value": [true] }] }),
        ),
        (
            "one field",
            json!({ "customFields": [{ "key": "a", "value": null }] }),
        ),
        ("empty", json!({ "subject": "", "description": " " })),
        (
            "long",
            json!({ "subject": "s".repeat(256), "description": "d".repeat(65_537) }),
        ),
        (
            "large",
            json!({ "customFields": [{ "key": "k", "value": "x".repeat(20_000) }] }),
        ),
        (
            "old version",
            json!({ "expectedVersion": 1, "subject": "Late" }),
        ),
        (
            "right version",
            json!({ "expectedVersion": 5, "subject": "In time" }),
        ),
    ] {
        answers.add(name, &edit(input).await);
    }
    assert_snapshot!(answers, @r#"
    nothing: {"data":{"editTicket":{"ticket":{"customFields":[],"description":"It **burns**.","descriptionHtml":"<p>It <strong>burns</strong>.</p>\n","subject":"The printer is on fire","updatedAt":"2026-11-23T09:00:00+00:00","version":1},"userErrors":[]}}}
    the same: {"data":{"editTicket":{"ticket":{"customFields":[],"description":"It **burns**.","descriptionHtml":"<p>It <strong>burns</strong>.</p>\n","subject":"The printer is on fire","updatedAt":"2026-11-23T09:00:00+00:00","version":1},"userErrors":[]}}}
    subject: {"data":{"editTicket":{"ticket":{"customFields":[],"description":"It **burns**.","descriptionHtml":"<p>It <strong>burns</strong>.</p>\n","subject":"It is out","updatedAt":"2026-11-23T09:01:00+00:00","version":2},"userErrors":[]}}}
    description: {"data":{"editTicket":{"ticket":{"customFields":[],"description":"_Smoke_","descriptionHtml":"<p><em>Smoke</em></p>\n","subject":"It is out","updatedAt":"2026-11-23T09:01:00+00:00","version":3},"userErrors":[]}}}
    fields: {"data":{"editTicket":{"ticket":{"customFields":[{"key":"a","value":1},{"key":"b","value":[true]}],"description":"_Smoke_","descriptionHtml":"<p><em>Smoke</em></p>\n","subject":"It is out","updatedAt":"2026-11-23T09:01:00+00:00","version":4},"userErrors":[]}}}
    one field: {"data":{"editTicket":{"ticket":{"customFields":[{"key":"b","value":[true]}],"description":"_Smoke_","descriptionHtml":"<p><em>Smoke</em></p>\n","subject":"It is out","updatedAt":"2026-11-23T09:01:00+00:00","version":5},"userErrors":[]}}}
    empty: {"data":{"editTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["subject"],"message":"This is required."},{"allowed":null,"code":"REQUIRED","field":["description"],"message":"This is required."}]}}}
    long: {"data":{"editTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["subject"],"message":"At most 255 characters."},{"allowed":null,"code":"TOO_LONG","field":["description"],"message":"At most 65536 characters."}]}}}
    large: {"data":{"editTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["customFields"],"message":"At most 16384 characters."}]}}}
    old version: {"data":{"editTicket":{"ticket":{"customFields":[{"key":"b","value":[true]}],"description":"_Smoke_","descriptionHtml":"<p><em>Smoke</em></p>\n","subject":"It is out","updatedAt":"2026-11-23T09:01:00+00:00","version":5},"userErrors":[{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 5 now."}]}}}
    right version: {"data":{"editTicket":{"ticket":{"customFields":[{"key":"b","value":[true]}],"description":"_Smoke_","descriptionHtml":"<p><em>Smoke</em></p>\n","subject":"In time","updatedAt":"2026-11-23T09:01:00+00:00","version":6},"userErrors":[]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_gets_the_ticket_as_it_is() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut answers = Answers::default();
    for (mutation, input) in [
        ("editTicket", json!({ "subject": "Mine" })),
        ("assignTicket", json!({ "assigneeId": agent.id() })),
        (
            "changeTicketLevel",
            json!({ "levelRank": 3, "reason": "Fire" }),
        ),
        ("setTicketPriority", json!({ "priority": "URGENT" })),
        ("waitTicket", json!({ "reason": "REQUESTER" })),
        ("solveTicket", json!({})),
    ] {
        let ticket = server.ticket().assigned_to(&agent).create().await;
        let mut input = input;
        input["expectedVersion"] = json!(1);
        let selection = "ticket { version status subject }";
        answers.add(
            mutation,
            &change(&agent, mutation, &ticket, selection, input).await,
        );
    }
    assert_snapshot!(answers, @r#"
    editTicket: {"data":{"editTicket":{"ticket":{"status":"OPEN","subject":"The printer is on fire","version":2},"userErrors":[{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 2 now."}]}}}
    assignTicket: {"data":{"assignTicket":{"ticket":{"status":"OPEN","subject":"The printer is on fire","version":2},"userErrors":[{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 2 now."}]}}}
    changeTicketLevel: {"data":{"changeTicketLevel":{"ticket":{"status":"OPEN","subject":"The printer is on fire","version":2},"userErrors":[{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 2 now."}]}}}
    setTicketPriority: {"data":{"setTicketPriority":{"ticket":{"status":"OPEN","subject":"The printer is on fire","version":2},"userErrors":[{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 2 now."}]}}}
    waitTicket: {"data":{"waitTicket":{"ticket":{"status":"OPEN","subject":"The printer is on fire","version":2},"userErrors":[{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 2 now."}]}}}
    solveTicket: {"data":{"solveTicket":{"ticket":{"status":"OPEN","subject":"The printer is on fire","version":2},"userErrors":[{"allowed":null,"code":"CONFLICT","field":["expectedVersion"],"message":"Somebody changed it first: it is at version 2 now."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_claimed_and_assigned() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let outsider = server
        .add_person(newcomer("Olga Outsider", Role::Agent))
        .await;
    let ticket = server.ticket().create().await;
    let shown = "ticket { version status team { name } assignee { name } }";
    let mut answers = Answers::default();
    let team = global(server.team());
    for (name, client, mutation, input) in [
        ("claim", &agent, "claimTicket", json!({})),
        ("claim again", &agent, "claimTicket", json!({})),
        ("claim another's", &lead, "claimTicket", json!({})),
        (
            "to nobody",
            &agent,
            "assignTicket",
            json!({ "assigneeId": null }),
        ),
        ("nothing", &agent, "assignTicket", json!({})),
        (
            "to a team",
            &agent,
            "assignTicket",
            json!({ "teamId": team }),
        ),
        (
            "to a member",
            &agent,
            "assignTicket",
            json!({ "assigneeId": lead.id(), "teamId": team }),
        ),
        (
            "to an agent alone",
            &agent,
            "assignTicket",
            json!({ "assigneeId": outsider.id() }),
        ),
        (
            "to their team",
            &agent,
            "assignTicket",
            json!({ "teamId": team }),
        ),
        (
            "to no team",
            &agent,
            "assignTicket",
            json!({ "teamId": null }),
        ),
        (
            "to a stranger to the team",
            &agent,
            "assignTicket",
            json!({ "assigneeId": outsider.id(), "teamId": team }),
        ),
        (
            "to a requester",
            &agent,
            "assignTicket",
            json!({ "assigneeId": server.requester().id() }),
        ),
        (
            "to no such agent",
            &agent,
            "assignTicket",
            json!({ "assigneeId": "usr_x" }),
        ),
        (
            "to no such team",
            &agent,
            "assignTicket",
            json!({ "teamId": "tea_x" }),
        ),
    ] {
        answers.add(name, &change(client, mutation, &ticket, shown, input).await);
    }
    assert_snapshot!(answers, @r#"
    claim: {"data":{"claimTicket":{"ticket":{"assignee":{"name":"Agnes Agent"},"status":"OPEN","team":null,"version":2},"userErrors":[]}}}
    claim again: {"data":{"claimTicket":{"ticket":{"assignee":{"name":"Agnes Agent"},"status":"OPEN","team":null,"version":2},"userErrors":[]}}}
    claim another's: {"data":{"claimTicket":{"ticket":{"assignee":{"name":"Agnes Agent"},"status":"OPEN","team":null,"version":2},"userErrors":[{"allowed":null,"code":"ALREADY_CLAIMED","field":null,"message":"Agnes Agent has taken this ticket already."}]}}}
    to nobody: {"data":{"assignTicket":{"ticket":{"assignee":null,"status":"OPEN","team":null,"version":3},"userErrors":[]}}}
    nothing: {"data":{"assignTicket":{"ticket":{"assignee":null,"status":"OPEN","team":null,"version":3},"userErrors":[]}}}
    to a team: {"data":{"assignTicket":{"ticket":{"assignee":null,"status":"OPEN","team":{"name":"Support"},"version":4},"userErrors":[]}}}
    to a member: {"data":{"assignTicket":{"ticket":{"assignee":{"name":"Leo Lead"},"status":"OPEN","team":{"name":"Support"},"version":5},"userErrors":[]}}}
    to an agent alone: {"data":{"assignTicket":{"ticket":{"assignee":{"name":"Olga Outsider"},"status":"OPEN","team":{"name":"Support"},"version":6},"userErrors":[]}}}
    to their team: {"data":{"assignTicket":{"ticket":{"assignee":{"name":"Olga Outsider"},"status":"OPEN","team":{"name":"Support"},"version":6},"userErrors":[]}}}
    to no team: {"data":{"assignTicket":{"ticket":{"assignee":{"name":"Olga Outsider"},"status":"OPEN","team":null,"version":7},"userErrors":[]}}}
    to a stranger to the team: {"data":{"assignTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["assigneeId"],"message":"This agent is not a member of the team."}]}}}
    to a requester: {"data":{"assignTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["assigneeId"],"message":"Tickets can be assigned to agents only."}]}}}
    to no such agent: {"data":{"assignTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["assigneeId"],"message":"There is no such thing, or not for you."}]}}}
    to no such team: {"data":{"assignTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["teamId"],"message":"There is no such thing, or not for you."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn priority_tags_and_followers_change() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().tag("fire").create().await;
    let shown = "ticket { version priority tags isFollowing }";
    let forty: Vec<_> = (0..50).map(|count| format!("tag-{count}")).collect();
    let mut answers = Answers::default();
    for (mutation, input) in [
        ("setTicketPriority", json!({ "priority": "LOW" })),
        ("setTicketPriority", json!({ "priority": "LOW" })),
        (
            "tagTicket",
            json!({ "add": ["Paper Jam", "fire", "été"], "remove": ["no-such"] }),
        ),
        (
            "tagTicket",
            json!({ "add": ["both"], "remove": ["both", "FIRE"] }),
        ),
        ("tagTicket", json!({})),
        ("tagTicket", json!({ "add": [" "] })),
        ("tagTicket", json!({ "add": ["t".repeat(65)] })),
        ("tagTicket", json!({ "add": forty })),
        ("followTicket", json!({})),
        ("followTicket", json!({})),
        ("followTicket", json!({ "follow": false })),
    ] {
        answers.add(
            mutation,
            &change(&agent, mutation, &ticket, shown, input).await,
        );
    }
    assert_snapshot!(answers, @r#"
    setTicketPriority: {"data":{"setTicketPriority":{"ticket":{"isFollowing":false,"priority":"LOW","tags":["fire"],"version":2},"userErrors":[]}}}
    setTicketPriority: {"data":{"setTicketPriority":{"ticket":{"isFollowing":false,"priority":"LOW","tags":["fire"],"version":2},"userErrors":[]}}}
    tagTicket: {"data":{"tagTicket":{"ticket":{"isFollowing":false,"priority":"LOW","tags":["fire","paper-jam","été"],"version":3},"userErrors":[]}}}
    tagTicket: {"data":{"tagTicket":{"ticket":{"isFollowing":false,"priority":"LOW","tags":["paper-jam","été"],"version":4},"userErrors":[]}}}
    tagTicket: {"data":{"tagTicket":{"ticket":{"isFollowing":false,"priority":"LOW","tags":["paper-jam","été"],"version":4},"userErrors":[]}}}
    tagTicket: {"data":{"tagTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["add"],"message":"This is required."}]}}}
    tagTicket: {"data":{"tagTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["add"],"message":"At most 64 characters."}]}}}
    tagTicket: {"data":{"tagTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["add"],"message":"At most 50."}]}}}
    followTicket: {"data":{"followTicket":{"ticket":{"isFollowing":true,"priority":"LOW","tags":["paper-jam","été"],"version":4},"userErrors":[]}}}
    followTicket: {"data":{"followTicket":{"ticket":{"isFollowing":true,"priority":"LOW","tags":["paper-jam","été"],"version":4},"userErrors":[]}}}
    followTicket: {"data":{"followTicket":{"ticket":{"isFollowing":false,"priority":"LOW","tags":["paper-jam","été"],"version":4},"userErrors":[]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_tickets_are_not_found() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut answers = Answers::default();
    for id in ["tic_00000000000070008000000000000000", "usr_x", ""] {
        let input = json!({ "ticketId": id });
        let answer = mutate(&agent, "claimTicket", "ticket { number }", input).await;
        answers.add(id, &answer);
    }
    assert_snapshot!(answers, @r#"
    tic_00000000000070008000000000000000: {"data":{"claimTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["ticketId"],"message":"There is no such thing, or not for you."}]}}}
    usr_x: {"data":{"claimTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["ticketId"],"message":"There is no such thing, or not for you."}]}}}
    : {"data":{"claimTicket":{"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["ticketId"],"message":"There is no such thing, or not for you."}]}}}
    "#);
    let missing = agent.run("{ ticket(by: { number: 7 }) { number } node(id: \"tic_x\") { id } nodes(ids: [\"tic_x\", \"\"]) { id } }", json!({}));
    assert_json_snapshot!(missing.await, @r#"
    {
      "data": {
        "node": null,
        "nodes": [
          null,
          null
        ],
        "ticket": null
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_closed_stays_as_it_is() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().closed().create().await;
    let open = server.ticket().create().await;
    let mut answers = Answers::default();
    for (mutation, input) in [
        ("editTicket", json!({ "subject": "Late" })),
        ("assignTicket", json!({ "assigneeId": agent.id() })),
        ("claimTicket", json!({})),
        (
            "changeTicketLevel",
            json!({ "levelRank": 2, "reason": "Late" }),
        ),
        ("setTicketPriority", json!({ "priority": "LOW" })),
        ("tagTicket", json!({ "add": ["late"] })),
        (
            "linkTickets",
            json!({ "otherId": global(open.id), "kind": "RELATES_TO" }),
        ),
    ] {
        let shown = "ticket { version subject tags }";
        answers.add(
            mutation,
            &change(&agent, mutation, &ticket, shown, input).await,
        );
    }
    assert_snapshot!(answers, @r#"
    editTicket: {"data":{"editTicket":{"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    assignTicket: {"data":{"assignTicket":{"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    claimTicket: {"data":{"claimTicket":{"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    changeTicketLevel: {"data":{"changeTicketLevel":{"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    setTicketPriority: {"data":{"setTicketPriority":{"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    tagTicket: {"data":{"tagTicket":{"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    linkTickets: {"data":{"linkTickets":{"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    "#);
    let reads =
        "query($id: ID!) { ticket(by: { id: $id }) { version subject tags links { kind } } }";
    let after = agent.run(reads, json!({ "id": global(ticket.id) })).await;
    assert_eq!(
        after["data"]["ticket"],
        json!({ "version": 3, "subject": "The printer is on fire", "tags": [], "links": [] })
    );
    let follows = "ticket { isFollowing }";
    let followed = change(&agent, "followTicket", &ticket, follows, json!({})).await;
    assert_eq!(outcome(&followed), "ok");
}
