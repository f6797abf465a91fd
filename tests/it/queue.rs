//! Queues: saved filters, personal and shared with teams.

mod edited;
mod standard;

use harness::{Client, TestServer};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateQueueInput!) { createQueue(input: $input) {
    queue { id name filter orderBy isPersonal team { name } count }
    userErrors { code field } } }";
const LIST: &str = "{ queues { isStandard name isPersonal count
    tickets(first: 10) { totalCount nodes { subject } } } }";

/// The saved ones of [`LIST`].
async fn saved(who: &Client) -> Value {
    let mut answer = who.run(LIST, json!({})).await;
    let queues = answer["data"]["queues"].as_array_mut().unwrap();
    queues.retain(|queue| queue["isStandard"] == false);
    for queue in queues.iter_mut() {
        queue.as_object_mut().unwrap().remove("isStandard");
    }
    answer["data"].take()
}

async fn create(who: &Client, input: Value) -> Value {
    let mut answer = who.run(CREATE, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None);
    answer["data"]["createQueue"].take()
}

fn refused(errors: &[(&str, Option<&str>)]) -> Value {
    let error = |(code, field): &(&str, Option<&str>)| {
        let field = field.map(|field| vec![field]);
        json!({ "code": code, "field": field })
    };
    let errors: Vec<_> = errors.iter().map(error).collect();
    json!({ "queue": null, "userErrors": errors })
}

async fn open_ticket(server: &TestServer, subject: &str, priority: &str) -> Value {
    let open = "mutation($input: CreateTicketInput!) { createTicket(input: $input) {
        ticket { id } } }";
    let input = json!({ "subject": subject, "description": "Help", "priority": priority });
    let mut answer = server.agent().run(open, json!({ "input": input })).await;
    answer["data"]["createTicket"]["ticket"]["id"].take()
}

/// A team of these people.
async fn form_team(server: &TestServer, members: &[&Client]) -> Value {
    let mut ids = Vec::new();
    for member in members {
        let mut answer = member.run("{ viewer { id } }", json!({})).await;
        ids.push(answer["data"]["viewer"]["id"].take());
    }
    let form = "mutation($input: CreateTeamInput!) { createTeam(input: $input) { team { id } } }";
    let input = json!({ "name": "Front desk", "memberIds": ids });
    let mut answer = server.admin().run(form, json!({ "input": input })).await;
    answer["data"]["createTeam"]["team"]["id"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_queue_is_its_owners_alone() {
    let server = TestServer::start().await;
    let agent = server.agent();
    open_ticket(&server, "Slow", "LOW").await;
    let filter = json!({
        "status": { "in": ["NEW", "OPEN"] },
        "not": { "priority": { "eq": "URGENT" } },
        "or": [{ "assignee": { "isNull": true } }, { "assignee": { "isMine": true } }],
    });
    let order = json!({ "field": "PRIORITY", "direction": "DESC" });
    let input = json!({ "name": " Mine ", "filter": filter, "orderBy": order });
    let mut created = create(&agent, input).await;
    let id = created["queue"]["id"].take();
    let expected = json!({
        "id": null, "name": "Mine", "filter": filter, "orderBy": order, "isPersonal": true,
        "team": null, "count": 1,
    });
    assert_eq!(created, json!({ "queue": expected, "userErrors": [] }));

    let look = "query($id: ID!) { queue(id: $id) { name } node(id: $id) { __typename } }";
    assert_eq!(
        agent.run(look, json!({ "id": id })).await["data"],
        json!({ "queue": { "name": "Mine" }, "node": { "__typename": "Queue" } })
    );
    for other in [server.requester(), server.lead(), server.admin()] {
        let nothing = json!({ "queue": null, "node": null });
        assert_eq!(other.run(look, json!({ "id": id })).await["data"], nothing);
        let none = json!({ "queues": [] });
        assert_eq!(saved(&other).await, none);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teams_queue_is_its_members_and_mine_is_each_viewers_own() {
    let server = TestServer::start().await;
    let (agent, lead, admin) = (server.agent(), server.lead(), server.admin());
    let team = form_team(&server, &[&agent, &lead]).await;
    let ticket = open_ticket(&server, "Locked out", "NORMAL").await;
    let claim = "mutation($id: ID!) { claimTicket(input: { ticketId: $id }) { ticket { id } } }";
    lead.run(claim, json!({ "id": ticket })).await;

    let mine = json!({ "assignee": { "isMine": true } });
    let input = json!({ "name": "My work", "filter": mine, "teamId": team });
    let created = create(&lead, input).await;
    assert_eq!(created["queue"]["team"], json!({ "name": "Front desk" }));
    let queue_of = |subjects: &[&str]| {
        let nodes: Vec<_> = subjects
            .iter()
            .map(|subject| json!({ "subject": subject }))
            .collect();
        let count = subjects.len();
        let tickets = json!({ "totalCount": count, "nodes": nodes });
        json!({ "queues": [
            { "name": "My work", "isPersonal": false, "count": count, "tickets": tickets },
        ] })
    };
    let cases = [
        (&lead, queue_of(&["Locked out"])),
        (&agent, queue_of(&[])),
        (&admin, queue_of(&[])),
        (&server.requester(), json!({ "queues": [] })),
    ];
    for (who, expected) in cases {
        assert_eq!(saved(who).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_saves_the_queues_it_may() {
    let server = TestServer::start().await;
    let (requester, agent, lead) = (server.requester(), server.agent(), server.lead());
    let team = form_team(&server, &[&agent]).await;
    let personal = json!({ "name": "All", "filter": {} });
    let shared = json!({ "name": "All", "filter": {}, "teamId": team });
    let unknown = json!({ "name": "All", "filter": {}, "teamId": "tea_unknown" });
    let forbidden = refused(&[("FORBIDDEN", None)]);
    let missing = refused(&[("NOT_FOUND", Some("teamId"))]);

    assert_eq!(create(&requester, personal).await, forbidden);
    // Requesters do not know any team; a member who does not lead it may not, nor may another lead.
    assert_eq!(create(&requester, shared.clone()).await, missing);
    assert_eq!(create(&agent, shared.clone()).await, forbidden);
    assert_eq!(create(&lead, shared.clone()).await, forbidden);
    let created = create(&server.admin(), shared).await;
    assert_eq!(created["userErrors"], json!([]));
    assert_eq!(create(&agent, unknown).await, missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_saved_is_refused_with_the_reason() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let unstorable = json!({ "name": " ", "filter": { "subject": { "eq": "\u{0}" } } });
    let expected = refused(&[("REQUIRED", Some("name")), ("INVALID", Some("filter"))]);
    assert_eq!(create(&agent, unstorable).await, expected);

    let too_large = json!({ "name": "All", "filter": { "and": vec![json!({}); 101] } });
    let expected = refused(&[("INVALID", Some("filter"))]);
    assert_eq!(create(&agent, too_large).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_stand_in_the_queues_order_page_by_page() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for (subject, priority) in [("Later", "LOW"), ("Now", "URGENT"), ("Soon", "HIGH")] {
        open_ticket(&server, subject, priority).await;
    }
    let order = json!({ "field": "PRIORITY", "direction": "DESC" });
    let input = json!({ "name": "By priority", "filter": {}, "orderBy": order });
    let id = create(&agent, input).await["queue"]["id"].take();
    let page = "query($id: ID!, $after: String) { queue(id: $id) {
        tickets(first: 2, after: $after) { nodes { subject } pageInfo { endCursor } } } }";
    let mut after = Value::Null;
    for expected in [
        json!([{ "subject": "Now" }, { "subject": "Soon" }]),
        json!([{ "subject": "Later" }]),
    ] {
        let answer = agent.run(page, json!({ "id": id, "after": after })).await;
        let tickets = &answer["data"]["queue"]["tickets"];
        assert_eq!(tickets["nodes"], expected);
        after = tickets["pageInfo"]["endCursor"].clone();
    }
}
