//! Queues that are changed and deleted, and those who follow them meanwhile.

use harness::{Client, Live, TestServer, global};
use serde_json::{Value, json};

use super::create;
use crate::{
    ask::{mutate, outcome},
    live::{QUEUE, settle},
};

const SHOWN: &str = "queue { name filter orderBy isPersonal team { name } }";

async fn edit(who: &Client, input: Value) -> Value {
    mutate(who, "editQueue", SHOWN, input).await
}

async fn delete(who: &Client, id: &Value) -> Value {
    mutate(
        who,
        "deleteQueue",
        "deletedQueueId",
        json!({ "queueId": id }),
    )
    .await
}

async fn created(who: &Client, input: Value) -> Value {
    create(who, input).await["queue"]["id"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent_stays_and_null_empties() {
    let server = TestServer::start().await;
    let lead = server.lead();
    let order = json!({ "field": "PRIORITY", "direction": "DESC" });
    let filter = json!({ "status": { "eq": "OPEN" } });
    let id = created(
        &lead,
        json!({ "name": "Open", "filter": filter, "orderBy": order }),
    )
    .await;

    let same = json!({ "name": "Open", "filter": filter, "orderBy": order, "isPersonal": true, "team": null });
    let answer = edit(&lead, json!({ "queueId": id })).await;
    assert_eq!(answer["data"]["editQueue"]["queue"], same);
    let waiting = json!({ "status": { "eq": "WAITING" } });
    let input = json!({ "queueId": id, "name": " Waiting ", "filter": waiting, "orderBy": null,
        "teamId": global(server.team()) });
    let answer = edit(&lead, input).await;
    let shared = json!({ "name": "Waiting", "filter": waiting, "orderBy": null, "isPersonal": false,
        "team": { "name": "Support" } });
    assert_eq!(answer["data"]["editQueue"]["queue"], shared);
    let look = "query($id: ID!) { queue(id: $id) { name viewerCan { edit delete } } }";
    let seen = server.agent().run(look, json!({ "id": id })).await;
    let expected = json!({ "name": "Waiting", "viewerCan": { "edit": false, "delete": false } });
    assert_eq!(seen["data"]["queue"], expected);

    let answer = edit(&lead, json!({ "queueId": id, "teamId": null })).await;
    assert_eq!(answer["data"]["editQueue"]["queue"]["isPersonal"], true);
    let seen = server.agent().run(look, json!({ "id": id })).await;
    assert_eq!(seen["data"]["queue"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_edits_what_they_have_not_seen_gets_what_is_there() {
    let server = TestServer::start().await;
    let (lead, admin) = (server.lead(), server.admin());
    let team = json!({ "name": "Ours", "filter": {}, "teamId": global(server.team()) });
    let id = created(&lead, team).await;
    let shown = "queue { name version }";
    let edit = async |who: &Client, name: &str, version: i32| {
        let input = json!({ "queueId": id, "name": name, "expectedVersion": version });
        let mut answer = mutate(who, "editQueue", shown, input).await;
        (
            outcome(&answer),
            answer["data"]["editQueue"]["queue"].take(),
        )
    };
    let at = |name: &str, version: i32| json!({ "name": name, "version": version });
    assert_eq!(edit(&lead, "One", 1).await, ("ok".to_owned(), at("One", 2)));
    let lost = ("CONFLICT".to_owned(), at("One", 2));
    assert_eq!(edit(&admin, "Other", 1).await, lost);
    assert_eq!(edit(&admin, "Other", 3).await, lost);
    // What changes nothing leaves the version.
    assert_eq!(edit(&lead, "One", 2).await, ("ok".to_owned(), at("One", 2)));
    assert_eq!(
        edit(&admin, "Two", 2).await,
        ("ok".to_owned(), at("Two", 3))
    );
    // Who may not see it learns nothing of it.
    let stranger = server.external_agent();
    assert_eq!(
        edit(&stranger, "Mine", 1).await,
        ("NOT_FOUND".to_owned(), Value::Null)
    );
    let standard = lead
        .run("{ queues { isStandard version } }", json!({}))
        .await;
    let first = &standard["data"]["queues"][0];
    assert_eq!(*first, json!({ "isStandard": true, "version": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_changes_the_queues_it_may() {
    let server = TestServer::start().await;
    let (agent, lead, admin) = (server.agent(), server.lead(), server.admin());
    let personal = created(&agent, json!({ "name": "Own", "filter": {} })).await;
    let team = json!({ "name": "Ours", "filter": {}, "teamId": global(server.team()) });
    let team = created(&lead, team).await;
    for (who, queue, expected) in [
        (&agent, &personal, "ok"),
        (&lead, &personal, "NOT_FOUND"),
        (&admin, &personal, "NOT_FOUND"),
        (&agent, &team, "FORBIDDEN"),
        (&server.external_agent(), &team, "NOT_FOUND"),
        (&server.requester(), &team, "NOT_FOUND"),
        (&lead, &team, "ok"),
        (&admin, &team, "ok"),
    ] {
        let answer = edit(who, json!({ "queueId": queue, "name": "Another name" })).await;
        assert_eq!(outcome(&answer), expected, "{answer}");
        if expected != "ok" {
            assert_eq!(outcome(&delete(who, queue).await), expected);
        }
    }
    // An agent shares nothing with a team, and a lead nothing with another's.
    let shared = json!({ "queueId": personal, "teamId": global(server.team()) });
    assert_eq!(outcome(&edit(&agent, shared).await), "FORBIDDEN");
    let vendors = json!({ "queueId": team, "teamId": global(server.external_team()) });
    assert_eq!(outcome(&edit(&lead, vendors).await), "FORBIDDEN");
    let nowhere = json!({ "queueId": team, "teamId": "tea_unknown" });
    assert_eq!(outcome(&edit(&lead, nowhere).await), "NOT_FOUND");

    for queue in [&personal, &team] {
        let who = if queue == &team { &admin } else { &agent };
        let answer = delete(who, queue).await;
        assert_eq!(&answer["data"]["deleteQueue"]["deletedQueueId"], queue);
        assert_eq!(outcome(&delete(who, queue).await), "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_saved_changes_nothing() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let id = created(&agent, json!({ "name": "Own", "filter": {} })).await;
    for (input, expected) in [
        (json!({ "queueId": id, "name": " " }), "REQUIRED"),
        (
            json!({ "queueId": id, "name": "x".repeat(256) }),
            "TOO_LONG",
        ),
        (
            json!({ "queueId": id, "filter": { "and": vec![json!({}); 101] } }),
            "INVALID",
        ),
        (
            json!({ "queueId": id, "filter": { "subject": { "eq": "\u{0}" } } }),
            "INVALID",
        ),
        (
            json!({ "queueId": global(server.team()), "name": "x" }),
            "NOT_FOUND",
        ),
    ] {
        assert_eq!(outcome(&edit(&agent, input).await), expected);
    }
    let look = "query($id: ID!) { queue(id: $id) { name filter } }";
    let queue = agent.run(look, json!({ "id": id })).await;
    assert_eq!(
        queue["data"]["queue"],
        json!({ "name": "Own", "filter": {} })
    );
}

/// The next message that is none of a ticket.
async fn ended(live: &mut Live) -> (String, Value) {
    loop {
        let message = live.socket().next().await;
        let kind = message["type"].as_str().unwrap().to_owned();
        if kind != "next" {
            return (kind, message["payload"][0]["extensions"]["code"].clone());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_queue() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let new = |name: &str| {
        json!({ "name": name, "filter": { "status": { "eq": "NEW" } },
        "teamId": global(server.team()) })
    };
    let (queue, other) = (
        created(&lead, new("One")).await,
        created(&lead, new("Other")).await,
    );
    settle(&server).await;
    let before = server.app().feed.cursor(server.app().feed.head());
    let variables = json!({ "queue": queue });
    let mut streams = Vec::new();
    for who in [&agent, &lead] {
        streams.push(who.subscribe(QUEUE, variables.clone()).await);
    }
    let mut others = agent.subscribe(QUEUE, json!({ "queue": other })).await;

    // A new name or order changes nothing for who follows.
    let input = json!({ "queueId": queue, "name": "Renamed", "orderBy": { "field": "NUMBER" } });
    assert_eq!(outcome(&edit(&lead, input).await), "ok");
    let ticket = server.ticket().create().await;
    for stream in &mut streams {
        let item = stream.next().await;
        assert_eq!(
            item["data"]["queueChanges"]["ticket"]["number"],
            ticket.number
        );
    }
    let filter = json!({ "status": { "eq": "OPEN" } });
    assert_eq!(
        outcome(&edit(&lead, json!({ "queueId": queue, "filter": filter })).await),
        "ok"
    );
    for stream in &mut streams {
        assert_eq!(ended(stream).await, ("error".to_owned(), json!("RESYNC")));
    }
    // Who comes back to before the edit has read another list.
    let late = json!({ "queue": queue, "after": before });
    let mut late = agent.subscribe(QUEUE, late).await;
    assert_eq!(
        ended(&mut late).await,
        ("error".to_owned(), json!("RESYNC"))
    );
    drop(late);

    settle(&server).await;
    let mut again = agent.subscribe(QUEUE, variables).await;
    let opened = server.ticket().open().create().await;
    let item = again.next().await;
    assert_eq!(
        item["data"]["queueChanges"]["ticket"]["number"],
        opened.number
    );
    assert_eq!(outcome(&delete(&lead, &queue).await), "ok");
    assert_eq!(
        ended(&mut again).await,
        ("complete".to_owned(), Value::Null)
    );

    // Another's end is not theirs.
    let item = others.next().await;
    assert_eq!(
        item["data"]["queueChanges"]["ticket"]["number"],
        ticket.number
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_right_to_its_queue() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let new = json!({ "name": "Ours", "filter": {}, "teamId": global(server.team()) });
    let queue = created(&lead, new).await;
    settle(&server).await;
    let mut stream = agent.subscribe(QUEUE, json!({ "queue": queue })).await;
    let input = json!({ "queueId": queue, "teamId": null });
    assert_eq!(outcome(&edit(&lead, input).await), "ok");
    assert_eq!(
        ended(&mut stream).await,
        ("error".to_owned(), json!("RESYNC"))
    );
}
