//! Setting what a level does: by whom, what is refused, and who may read it.

use harness::{TestServer, global};
use insta::assert_snapshot;
use serde_json::json;

use super::set;
use crate::ask::{Answers, mutate, outcome};

const SET: &str = "level { rank escalation {
  onAtRisk { raiseTo { rank } team { name } notifyTeam { name } }
  onBreached { raiseTo { rank } team { name } notifyTeam { name } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_set_changed_and_taken_away() {
    let server = TestServer::start().await;
    let (admin, team) = (server.admin(), global(server.team()));
    let mut answers = Answers::default();
    for (name, input) in [
        (
            "both",
            json!({ "levelRank": 1, "onAtRisk": { "notifyTeamId": team }, "onBreached": { "raiseToRank": 2, "teamId": team } }),
        ),
        (
            "one",
            json!({ "levelRank": 1, "onAtRisk": { "raiseToRank": 3 } }),
        ),
        (
            "none",
            json!({ "levelRank": 1, "onAtRisk": null, "onBreached": {} }),
        ),
        (
            "wrong",
            json!({ "levelRank": 2, "onAtRisk": { "raiseToRank": 2, "teamId": "nobody" },
                "onBreached": { "raiseToRank": 9, "notifyTeamId": admin.id() } }),
        ),
        (
            "lower",
            json!({ "levelRank": 2, "onBreached": { "raiseToRank": 1 } }),
        ),
        (
            "far too high",
            json!({ "levelRank": 2, "onBreached": { "raiseToRank": 70_000 } }),
        ),
        (
            "no level",
            json!({ "levelRank": 9, "onBreached": { "raiseToRank": 2 } }),
        ),
    ] {
        let answer = mutate(&admin, "setLevelEscalation", SET, input).await;
        answers.add(name, &answer);
    }
    assert_snapshot!(answers, @r#"
    both: {"data":{"setLevelEscalation":{"level":{"escalation":{"onAtRisk":{"notifyTeam":{"name":"Support"},"raiseTo":null,"team":null},"onBreached":{"notifyTeam":null,"raiseTo":{"rank":2},"team":{"name":"Support"}}},"rank":1},"userErrors":[]}}}
    one: {"data":{"setLevelEscalation":{"level":{"escalation":{"onAtRisk":{"notifyTeam":null,"raiseTo":{"rank":3},"team":null},"onBreached":{"notifyTeam":null,"raiseTo":{"rank":2},"team":{"name":"Support"}}},"rank":1},"userErrors":[]}}}
    none: {"data":{"setLevelEscalation":{"level":{"escalation":{"onAtRisk":null,"onBreached":null},"rank":1},"userErrors":[]}}}
    wrong: {"data":{"setLevelEscalation":{"level":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["onAtRisk","raiseToRank"],"message":"It must be a higher level."},{"allowed":null,"code":"NOT_FOUND","field":["onAtRisk","teamId"],"message":"There is no such thing, or not for you."},{"allowed":null,"code":"INVALID","field":["onBreached","raiseToRank"],"message":"There is no level of this rank."},{"allowed":null,"code":"NOT_FOUND","field":["onBreached","notifyTeamId"],"message":"There is no such thing, or not for you."}]}}}
    lower: {"data":{"setLevelEscalation":{"level":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["onBreached","raiseToRank"],"message":"It must be a higher level."}]}}}
    far too high: {"data":{"setLevelEscalation":{"level":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["onBreached","raiseToRank"],"message":"There is no level of this rank."}]}}}
    no level: {"data":{"setLevelEscalation":{"level":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["levelRank"],"message":"There is no level of this rank."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_set_it_and_staff_read_it() {
    let server = TestServer::start().await;
    let rule = json!({ "levelRank": 1, "onBreached": { "raiseToRank": 2, "teamId": global(server.team()) } });
    for (who, may) in [
        (server.admin(), "ok"),
        (server.lead(), "FORBIDDEN"),
        (server.agent(), "FORBIDDEN"),
        (server.external_agent(), "FORBIDDEN"),
        (server.requester(), "FORBIDDEN"),
        (server.visitor(), "UNAUTHENTICATED"),
    ] {
        let answer = mutate(&who, "setLevelEscalation", "level { rank }", rule.clone()).await;
        assert_eq!(outcome(&answer), may, "{answer}");
    }
    let levels = "{ levels { escalation { onBreached { raiseTo { rank } team { name } } } } }";
    let mut answers = Answers::default();
    for (name, who) in [
        ("agent", server.agent()),
        ("vendor's", server.external_agent()),
        ("requester", server.requester()),
    ] {
        answers.add(name, &who.run(levels, json!({})).await);
    }
    assert_snapshot!(answers, @r#"
    agent: {"data":{"levels":[{"escalation":{"onBreached":{"raiseTo":{"rank":2},"team":{"name":"Support"}}}},{"escalation":{"onBreached":null}},{"escalation":{"onBreached":null}}]}}
    vendor's: {"data":{"levels":[{"escalation":{"onBreached":{"raiseTo":{"rank":2},"team":null}}},{"escalation":{"onBreached":null}},{"escalation":{"onBreached":null}}]}}
    requester: {"data":{"levels":[{"escalation":null},{"escalation":null},{"escalation":null}]}}
    "#);
}

/// Editing a level keeps what it does, and the other way round.
#[tokio::test(flavor = "multi_thread")]
async fn rules_and_targets_are_set_beside_each_other() {
    let server = TestServer::start().await;
    set(
        &server,
        json!({ "levelRank": 1, "onBreached": { "raiseToRank": 2 } }),
    )
    .await;
    let edit = json!({ "rank": 1, "firstReply": "PT1H" });
    let shown = "level { firstReply escalation { onBreached { raiseTo { rank } } } }";
    let edited = mutate(&server.admin(), "editLevel", shown, edit).await;
    let level = &edited["data"]["editLevel"]["level"];
    assert_eq!(
        *level,
        json!({ "firstReply": "PT1H", "escalation": { "onBreached": { "raiseTo": { "rank": 2 } } } })
    );
}
