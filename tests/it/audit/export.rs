//! The log as a file.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use harness::TestServer;
use serde_json::{Value, json};

use crate::ask::mutate;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_log_comes_as_lines() {
    let server = TestServer::start().await;
    let admin = server.admin();
    // More than one batch, in steps of time that some share.
    for number in 0..30 {
        if number % 3 == 0 {
            server.advance(TimeDelta::milliseconds(1));
        }
        let input = json!({ "name": format!("Team {number}") });
        mutate(&admin, "createTeam", "team { id }", input).await;
    }
    let mut sign_ins = 0;
    while sign_ins < 600 {
        server.agent().on_another_device().token().await;
        sign_ins += 1;
    }
    let response = admin.get("/audit.jsonl").await.send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "application/jsonl; charset=utf-8"
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    let text = response.text().await.unwrap();
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |action: &str| rows.iter().filter(|row| row["action"] == action).count();
    // The people of the template were made by the system, and its two teams.
    assert_eq!((of("TEAM_CREATED"), of("AUDIT_LOG_EXPORTED")), (32, 1));
    assert_eq!(of("SIGN_IN"), 601);
    let lines: BTreeSet<&str> = text
        .lines()
        .filter(|line| line.contains("TEAM_CREATED"))
        .collect();
    assert_eq!(lines.len(), 32);
    let times: Vec<_> = rows.iter().map(|row| row["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted());
    let mut last = rows.last().unwrap().clone();
    assert_eq!(last["actorId"].take(), server.admin().id());
    // The clock of the tests is a little further with each thing that it is asked for.
    assert!(last["at"].take().is_string());
    insta::assert_json_snapshot!(last, @r#"
    {
      "action": "AUDIT_LOG_EXPORTED",
      "actorId": null,
      "actorKind": "PERSON",
      "address": "127.0.0.1",
      "at": null,
      "count": 1,
      "memberId": null,
      "outcome": "DONE",
      "subjectId": null,
      "subjectKind": null,
      "tokenId": null
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_of_it_comes_as_csv() {
    let server = TestServer::start().await;
    let script = crate::token::token_of_machine(&server, &["AUDIT_READ"]).await;
    server.advance(TimeDelta::hours(1));
    let input = json!({ "key": "floor", "labelEn": "Floor", "labelFr": "Étage", "type": "TEXT" });
    mutate(
        &server.admin(),
        "createCustomField",
        "customField { id }",
        input,
    )
    .await;
    let path = "/audit.csv?from=2026-11-23T10:00:00Z&to=2026-11-23T11:00:00Z";
    let text = script
        .get(path)
        .await
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "at,actorKind,actorId,tokenId,action,outcome,count,subjectKind,subjectId,memberId,address"
    );
    let created = lines
        .iter()
        .find(|line| line.contains("CUSTOM_FIELD_CREATED"))
        .unwrap();
    let admin = server.admin().id();
    assert_eq!(
        *created,
        format!(
            "2026-11-23T10:00:00Z,PERSON,{admin},,CUSTOM_FIELD_CREATED,DONE,1,CUSTOM_FIELD,fld_floor,,127.0.0.1"
        )
    );
    assert!(!text.contains("TEAM_CREATED"), "{text}");
    let empty = "/audit.csv?to=2020-01-01T00:00:00Z";
    let text = script
        .get(empty)
        .await
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_takes_it_out() {
    let server = TestServer::start().await;
    let narrow = crate::token::token_of_machine(&server, &["ADMINISTRATION_WRITE"]).await;
    for (who, status) in [
        (server.visitor(), 401),
        (server.requester(), 403),
        (server.lead(), 403),
        (narrow, 403),
        (server.visitor().with_token("gut_nonsense"), 401),
    ] {
        let response = who.get("/audit.jsonl").await.send().await.unwrap();
        assert_eq!(response.status(), status);
        let text = response.text().await.unwrap();
        assert!(!text.contains("SIGN_IN"), "{text}");
    }
    let wrong = server.admin().get("/audit.jsonl?from=yesterday").await;
    assert_eq!(wrong.send().await.unwrap().status(), 400);
}
