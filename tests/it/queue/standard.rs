//! The queues that staff have from the start.

use entity::user::Role;
use harness::{TestServer, global};
use serde_json::{Value, json};

use crate::{
    ask::{mutate, outcome},
    live::{QUEUE, change, follow, settle, step},
};

const QUEUES: &str = "{ queues { id name isStandard isPersonal viewerCan { edit delete } count
    tickets { totalCount nodes { subject } } } }";

/// Name and subjects of each queue, a line each.
fn shown(answer: &Value) -> Vec<String> {
    let queues = answer["data"]["queues"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of_one = |queue: &Value| {
        let tickets = queue["tickets"]["nodes"].as_array().unwrap();
        assert_eq!(queue["count"], tickets.len(), "{queue}");
        assert_eq!(queue["tickets"]["totalCount"], tickets.len(), "{queue}");
        let subjects = tickets.iter().map(|ticket| text(&ticket["subject"]));
        let subjects: Vec<_> = subjects.collect();
        format!("{}: {}.", text(&queue["name"]), subjects.join(", "))
    };
    queues.iter().map(of_one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_have_queues_from_the_start() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let make = |subject: &'static str| server.ticket().subject(subject);
    make("mine").assigned_to(&agent).create().await;
    make("mine and waiting")
        .assigned_to(&agent)
        .waiting()
        .create()
        .await;
    make("mine and solved")
        .assigned_to(&agent)
        .solved()
        .create()
        .await;
    make("team's").level(2).team(server.team()).create().await;
    make("vendor's")
        .level(3)
        .team(server.external_team())
        .create()
        .await;
    make("nobody's").create().await;

    let answer = agent.run(QUEUES, json!({})).await;
    for queue in answer["data"]["queues"].as_array().unwrap() {
        let expected = json!([true, false, { "edit": false, "delete": false }]);
        let facts = json!([queue["isStandard"], queue["isPersonal"], queue["viewerCan"]]);
        assert_eq!(facts, expected, "{queue}");
    }
    // What is due first comes first: the levels' targets are 30 min, 2 h and 4 h.
    insta::assert_snapshot!(shown(&answer).join("\n"), @r"
    Mine: mine, mine and waiting.
    Unassigned in my teams: team's.
    Unassigned: vendor's, team's, nobody's.
    At risk: .
    Level 1: One-off: mine, nobody's.
    Level 2: Blocking: team's.
    Level 3: Critical: vendor's.
    Waiting: mine and waiting.
    All open: vendor's, team's, mine, nobody's.
    ");
    let emil = server.external_agent().run(QUEUES, json!({})).await;
    let open = shown(&emil).pop().unwrap();
    assert_eq!(open, "All open: vendor's.");
    let none = json!({ "queues": [] });
    assert_eq!(
        server.requester().run(QUEUES, json!({})).await["data"],
        none
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn their_names_are_in_the_viewers_language_and_their_ids_stay() {
    let server = TestServer::start().await;
    let names = "{ queues { id name } }";
    let french = server.add_francophone(Role::Agent).await;
    let answer = french.run(names, json!({})).await;
    insta::assert_snapshot!(answer["data"]["queues"].to_string(), @r#"[{"id":"que_mine","name":"Les miens"},{"id":"que_team-unassigned","name":"Non attribués dans mes équipes"},{"id":"que_unassigned","name":"Non attribués"},{"id":"que_at-risk","name":"À risque"},{"id":"que_level-1","name":"Niveau 1 : Ponctuel"},{"id":"que_level-2","name":"Niveau 2 : Bloquant"},{"id":"que_level-3","name":"Niveau 3 : Critique"},{"id":"que_waiting","name":"En attente"},{"id":"que_all-open","name":"Tous les ouverts"}]"#);

    let one = "{ queue(id: \"que_level-2\") { name filter orderBy } node(id: \"que_mine\") { id ... on Queue { name } } }";
    let answer = server.agent().run(one, json!({})).await;
    insta::assert_snapshot!(answer["data"].to_string(), @r#"{"node":{"id":"que_mine","name":"Mine"},"queue":{"filter":{"level":{"eq":2},"status":{"in":["NEW","OPEN"]}},"name":"Level 2: Blocking","orderBy":{"direction":"ASC","field":"NEXT_DUE"}}}"#);
    let nothing = json!({ "queue": null, "node": null });
    assert_eq!(
        server.requester().run(one, json!({})).await["data"],
        nothing
    );
    let unknown = "{ queue(id: \"que_level-9\") { name } node(id: \"que_level-02\") { id } }";
    assert_eq!(
        server.agent().run(unknown, json!({})).await["data"],
        nothing
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_them() {
    let server = TestServer::start().await;
    for (who, expected) in [
        (server.requester(), "NOT_FOUND"),
        (server.agent(), "INVALID"),
        (server.admin(), "INVALID"),
    ] {
        let input = json!({ "queueId": "que_mine", "name": "Everybody's" });
        let answer = mutate(&who, "editQueue", "queue { name }", input).await;
        assert_eq!(outcome(&answer), expected);
        assert_eq!(
            answer["data"]["editQueue"]["userErrors"][0]["field"],
            json!(["queueId"])
        );
        let input = json!({ "queueId": "que_mine" });
        let answer = mutate(&who, "deleteQueue", "deletedQueueId", input).await;
        assert_eq!(outcome(&answer), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_followed_live_and_say_what_is_next() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    settle(&server).await;
    let mut agents = follow(&agent, QUEUE, json!({ "queue": "que_mine" })).await;
    let mut leads = follow(&lead, QUEUE, json!({ "queue": "que_mine" })).await;
    let mut team = follow(&agent, QUEUE, json!({ "queue": "que_team-unassigned" })).await;
    let mut level = follow(&lead, QUEUE, json!({ "queue": "que_level-2" })).await;

    let ticket = server.ticket().level(2).create().await;
    assert_eq!(level.step().await, step("ENTERED", &ticket, 1));
    let to_team = format!("teamId: \"{}\"", global(server.team()));
    change(&agent, "assignTicket", &ticket, &to_team).await;
    assert_eq!(team.step().await, step("ENTERED", &ticket, 1));

    let take = |queue: &str| json!({ "queueId": queue });
    let selection = "ticket { subject }";
    let none = mutate(&agent, "nextTicket", selection, take("que_level-1")).await;
    assert_eq!(none["data"]["nextTicket"]["ticket"], Value::Null);
    let taken = mutate(&agent, "nextTicket", selection, take("que_team-unassigned")).await;
    assert_eq!(outcome(&taken), "ok");
    assert_eq!(
        taken["data"]["nextTicket"]["ticket"]["subject"],
        "The printer is on fire"
    );
    assert_eq!(agents.step().await, step("ENTERED", &ticket, 1));
    assert!(leads.is_silent().await);
}
