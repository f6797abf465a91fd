//! Measures: by hand, by the log, and for whom.

mod history;
mod recount;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::user::Role;
use guichet::people::commands::NewUser;
use harness::{Client, TestServer, global, newcomer};
use insta::assert_snapshot;
use serde_json::{Value, json};

use self::recount::Log;
use crate::ask::{Answers, mutate, outcome};

const MEASURES: &str = "query($filter: TicketFilter, $from: DateTime!, $to: DateTime!, $by: MetricsDimension, $interval: MetricsInterval, $timeZone: String) {
  metrics(filter: $filter, from: $from, to: $to, by: $by, interval: $interval, timeZone: $timeZone) {
    timeZone total { ...M } rows { team { id } level { rank } channel tag assignee { id } ...M } } }
  fragment M on MetricsRow { from to created inflow outflow backlog solved breaches
    firstReply { ...D } firstReplyWorkingTime { ...D } resolution { ...D } resolutionWorkingTime { ...D }
    reopenRate { ...R } breachRate { ...R } oneTouchRate { ...R } satisfaction { count mean satisfied { ...R } } }
  fragment D on DurationMeasure { count mean p50 p90 }
  fragment R on RateMeasure { numerator denominator rate }";

/// Cheap enough for everybody to ask.
const OPENED: &str = "query($from: DateTime!, $to: DateTime!) { metrics(from: $from, to: $to) { total { created } } }";

async fn measures(who: &Client, asked: Value) -> Value {
    let answer = who.run(MEASURES, asked).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["metrics"].clone()
}

/// Each row under its start and group, without them.
fn keyed(rows: &Value, by: &str) -> BTreeMap<String, Value> {
    let keys = ["team", "level", "channel", "tag", "assignee"];
    let rows = rows.as_array().unwrap().iter().map(|row| {
        let mut row = row.as_object().unwrap().clone();
        let group: BTreeMap<_, _> = keys
            .iter()
            .map(|key| (*key, row.remove(*key).unwrap()))
            .collect();
        let group = match by {
            "TEAM" => group["team"]["id"].clone(),
            "LEVEL" => group["level"]["rank"].clone(),
            "CHANNEL" => group["channel"].clone(),
            "TAG" => group["tag"].clone(),
            "ASSIGNEE" => group["assignee"]["id"].clone(),
            _ => Value::Null,
        };
        let from: DateTime<Utc> = row["from"].as_str().unwrap().parse().unwrap();
        (format!("{from} {group}"), times(Value::Object(row)))
    });
    rows.collect()
}

/// Moments as serde spells them.
fn times(mut row: Value) -> Value {
    for name in ["from", "to"] {
        let time: DateTime<Utc> = row[name].as_str().unwrap().parse().unwrap();
        row[name] = json!(time);
    }
    row
}

/// Each number of a long and varied history is that of a plain recount of the log.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_the_same() {
    let server = TestServer::start().await;
    let lead = server.lead();
    let start = server.now();
    let done = history::live(&server, 7, 360).await;
    assert!(done > 150, "only {done} moves were legal");
    server.advance(TimeDelta::minutes(1));
    let now = server.now();
    let log = Log::read(&server).await;
    let day = |day: i64| start - TimeDelta::hours(9) + TimeDelta::days(day);
    let last = (now - day(0)).num_days();
    assert!(last > 10, "only {last} days");
    // From the first moment on, and from the middle of it to before its end.
    for (from, to) in [
        (start, now),
        (
            day(3) + TimeDelta::hours(5),
            day(last - 3) + TimeDelta::hours(7),
        ),
    ] {
        let midnights = (0..=last).map(day).filter(|day| *day > from && *day < to);
        let days: Vec<_> = [from].into_iter().chain(midnights).chain([to]).collect();
        let total = log.row((from, to), to, "", "null");
        for (by, interval) in [
            ("", None),
            ("", Some("DAY")),
            ("TEAM", Some("DAY")),
            ("LEVEL", Some("DAY")),
            ("CHANNEL", None),
            ("TAG", Some("DAY")),
            ("ASSIGNEE", None),
        ] {
            let dimension = Some(by).filter(|by| !by.is_empty());
            let asked = json!({ "from": from, "to": to, "by": dimension, "interval": interval, "timeZone": "UTC" });
            let answer = measures(&lead, asked).await;
            assert_eq!(times(answer["total"].clone()), total, "by {by}");
            let cuts = if interval.is_some() {
                days.clone()
            } else {
                vec![from, to]
            };
            let (told, counted) = (keyed(&answer["rows"], by), log.rows(&cuts, by));
            for (key, row) in &counted {
                assert_eq!(told.get(key), Some(row), "by {by}: {key}");
            }
            assert_eq!(told.len(), counted.len(), "by {by}");
        }
        // What it is to show did happen.
        for (rate, part) in [
            ("reopenRate", "numerator"),
            ("breachRate", "numerator"),
            ("oneTouchRate", "numerator"),
            ("breachRate", "denominator"),
        ] {
            assert!(
                total[rate][part].as_i64().unwrap() > 0,
                "no {rate}: {total}"
            );
        }
        for lengths in [
            "firstReply",
            "firstReplyWorkingTime",
            "resolution",
            "satisfaction",
        ] {
            assert!(
                total[lengths]["count"].as_i64().unwrap() > 1,
                "no {lengths}: {total}"
            );
        }
        assert_ne!(total["resolution"], total["resolutionWorkingTime"]);
    }
}

/// Sunday, 31 October 2027 has 25 hours in Paris. What happens to two tickets around it is added up by hand.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_day_is_added_up_by_hand() {
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let until = |text: &str| server.advance(at(text) - server.now());
    let solve = async |ticket: &entity::ticket::Model, comment: Option<&str>| {
        let input = json!({ "ticketId": global(ticket.id), "comment": comment });
        let answer = mutate(&agent, "solveTicket", "ticket { id }", input).await;
        assert_eq!(outcome(&answer), "ok", "{answer}");
    };
    until("2027-10-30T21:50:00Z");
    let early = server.ticket().create().await; // Saturday, 23:50 in Paris.
    until("2027-10-30T22:10:00Z");
    let late = server.ticket().create().await; // Sunday, 00:10.
    until("2027-10-31T00:10:00Z");
    solve(&early, Some("Done.")).await; // Sunday, 02:10, the first time: after 2 h 20 min.
    until("2027-10-31T22:10:00Z");
    let wait = json!({ "ticketId": global(late.id), "reason": "REQUESTER" });
    mutate(&agent, "waitTicket", "ticket { id }", wait).await;
    until("2027-10-31T22:40:00Z"); // Sunday, 23:40: after 24 h 30 min, of which 30 min waiting.
    solve(&late, None).await;
    until("2027-10-31T23:30:00Z"); // Monday, 00:30.
    let again = json!({ "ticketId": global(late.id), "body": "It is back." });
    mutate(&rosa, "addComment", "comment { id }", again).await;
    until("2027-11-01T12:00:00Z");
    let asked = json!({ "from": at("2027-10-29T22:00:00Z"), "to": at("2027-11-01T23:00:00Z"), "interval": "DAY", "timeZone": "Europe/Paris" });
    let told = measures(&agent, asked).await;
    let rows = told["rows"].as_array().unwrap().iter().map(|row| {
        let rate = |name: &str| format!("{}/{}", row[name]["numerator"], row[name]["denominator"]);
        let mean = |name: &str| row[name]["mean"].as_str().unwrap_or("-").to_owned();
        let day = row["from"].as_str().unwrap().get(..16).unwrap();
        format!(
            "{day}: created {}, in {}, out {}, backlog {}; reply {}; resolution p50 {}, p90 {}, mean {}, working {}; reopened {}, one touch {}",
            row["created"], row["inflow"], row["outflow"], row["backlog"], mean("firstReply"),
            row["resolution"]["p50"], row["resolution"]["p90"], mean("resolution"), mean("resolutionWorkingTime"),
            rate("reopenRate"), rate("oneTouchRate"),
        )
    });
    assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @r#"
    2027-10-29T22:00: created 1, in 1, out 0, backlog 1; reply -; resolution p50 null, p90 null, mean -, working -; reopened 0/0, one touch 0/0
    2027-10-30T22:00: created 1, in 1, out 2, backlog 0; reply PT2H20M; resolution p50 "PT2H20M", p90 "PT24H30M", mean PT13H25M, working PT13H10M; reopened 0/2, one touch 2/2
    2027-10-31T23:00: created 0, in 1, out 0, backlog 1; reply -; resolution p50 null, p90 null, mean -, working -; reopened 1/0, one touch 0/0
    "#);
    assert_eq!(told["total"]["from"], "2027-10-29T22:00:00+00:00");
    assert_eq!(told["total"]["backlog"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_measure_what_they_see() {
    let server = TestServer::start().await;
    let (agent, emil) = (server.agent(), server.external_agent());
    server
        .ticket()
        .tag("zebra")
        .assigned_to(&agent)
        .solved()
        .create()
        .await;
    server
        .ticket()
        .tag("routed")
        .team(server.external_team())
        .create()
        .await;
    server.advance(TimeDelta::hours(1));
    let range = json!({ "from": server.now() - TimeDelta::days(1), "to": server.now() });
    let mut answers = Answers::default();
    for (name, who) in [
        ("visitor", server.visitor()),
        ("requester", server.requester()),
    ] {
        answers.add(
            name,
            &who.run(OPENED, range.clone()).await["errors"][0]["extensions"]["code"],
        );
    }
    for (name, who) in [
        ("agent", &agent),
        ("lead", &server.lead()),
        ("external", &emil),
    ] {
        let mut asked = range.clone();
        asked["by"] = json!("TAG");
        let told = measures(who, asked).await;
        let rows = told["rows"].as_array().unwrap().iter();
        let tags: Vec<_> = rows
            .map(|row| format!("{}: {}", row["tag"], row["created"]))
            .collect();
        answers.add(
            name,
            &json!([told["total"]["created"], told["total"]["solved"], tags]),
        );
    }
    assert_snapshot!(answers, @r#"
    visitor: "UNAUTHENTICATED"
    requester: "FORBIDDEN"
    agent: [2,1,["\"routed\": 1","\"zebra\": 1"]]
    lead: [2,1,["\"routed\": 1","\"zebra\": 1"]]
    external: [1,0,["\"routed\": 1"]]
    "#);
    let mut filtered = range.clone();
    filtered["filter"] = json!({ "tags": { "hasAll": ["zebra"] } });
    assert_eq!(
        measures(&agent, filtered.clone()).await["total"]["created"],
        1
    );
    assert_eq!(measures(&emil, filtered).await["total"]["created"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_measured_is_said() {
    let server = TestServer::start().await;
    let agent = server.agent();
    server
        .ticket()
        .tag("a")
        .tag("b")
        .tag("c")
        .tag("d")
        .tag("e")
        .tag("f")
        .create()
        .await;
    server.advance(TimeDelta::hours(1));
    let (now, day) = (server.now(), TimeDelta::days(1));
    let mut answers = Answers::default();
    for (name, asked) in [
        ("backwards", json!({ "from": now, "to": now - day })),
        ("empty", json!({ "from": now, "to": now })),
        ("too wide", json!({ "from": now - day * 401, "to": now })),
        (
            "too old",
            json!({ "from": "1960-01-01T00:00:00Z", "to": "1960-01-02T00:00:00Z" }),
        ),
        (
            "no zone",
            json!({ "from": now - day, "to": now, "timeZone": "Paris" }),
        ),
        (
            "too many",
            json!({ "from": now - day * 390, "to": now, "by": "TAG", "interval": "DAY" }),
        ),
    ] {
        let answer = agent.run(MEASURES, asked).await;
        let error = &answer["errors"][0];
        answers.add(
            name,
            &json!([error["extensions"]["code"], error["message"]]),
        );
    }
    assert_snapshot!(answers, @r#"
    backwards: ["BAD_USER_INPUT","`from` must be before `to`"]
    empty: ["BAD_USER_INPUT","`from` must be before `to`"]
    too wide: ["BAD_USER_INPUT","at most 400 days at once"]
    too old: ["BAD_USER_INPUT","times lie between 1970 and 9999"]
    no zone: ["BAD_USER_INPUT","there is no such time zone: use a name such as Europe/Paris"]
    too many: ["BAD_USER_INPUT","more than 2,000 groups and intervals: ask for a shorter time, weeks, or fewer tickets"]
    "#);
}

/// The viewer's own zone cuts where none is named, and more tickets cost no more statements.
#[tokio::test(flavor = "multi_thread")]
async fn days_are_the_viewers_and_statements_few() {
    let server = TestServer::start().await;
    let new = NewUser {
        time_zone: Some("Asia/Tokyo".to_owned()),
        ..newcomer("Toshi Tokyo", Role::Agent)
    };
    let toshi = server.add_person(new).await;
    let asked = |server: &TestServer| {
        let from = server.now() - TimeDelta::days(1);
        json!({ "from": from, "to": server.now(), "interval": "DAY", "by": "LEVEL" })
    };
    let mut sent = Vec::new();
    for _ in 0..2 {
        for _ in 0..6 {
            server.ticket().solved().create().await;
        }
        server.advance(TimeDelta::seconds(1));
        let asked = asked(&server);
        let (told, statements) = Box::pin(server.count_statements(measures(&toshi, asked))).await;
        assert_eq!(told["timeZone"], "Asia/Tokyo");
        let starts: Vec<_> = told["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["from"].clone())
            .collect();
        assert_eq!(starts[1], "2026-11-22T15:00:00+00:00");
        let is_of_log =
            |statement: &&String| statement.contains("events") && statement.contains("is_asking");
        sent.push(statements.iter().filter(is_of_log).count());
    }
    assert_eq!(sent, [1, 1]);
}
