//! Timers told so that a person can add them up.

use chrono::TimeDelta;
use harness::{TestServer, global};
use serde_json::{Value, json};

use super::{assert_explained, clock, create_calendar, office};
use crate::ask::{mutate, outcome};

/// When each segment began in UTC, and what it is; those that run with a star.
fn told(timer: &Value) -> Vec<String> {
    let segments = timer["segments"].as_array().unwrap();
    let told = segments.iter().map(|segment| {
        let started_at = &segment["startedAt"].as_str().unwrap()[8..16];
        let star = if segment["running"] == true { "*" } else { "" };
        format!("{started_at} {}{star}", segment["reason"].as_str().unwrap())
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_tell_closed_hours_and_holidays() {
    let server = TestServer::start().await;
    let (agent, admin) = (server.agent(), server.admin());
    let mut calendar = office();
    calendar["holidays"] = json!([{ "date": "2026-11-24", "name": "Fair" }]);
    let calendar = create_calendar(&admin, calendar).await;
    let id = global(server.ticket().create().await.id);
    // From Monday, 10:00 in Paris, to Wednesday, 10:00.
    server.advance(TimeDelta::days(2));
    let timer = clock(&agent, &id).await["serviceLevel"]["resolution"].take();
    assert_eq!(
        told(&timer),
        [
            "23T09:00 OPEN*",
            "23T11:00 CLOSED_HOURS",
            "23T13:00 OPEN*",
            "23T17:00 CLOSED_HOURS",
            "23T23:00 HOLIDAY",
            "24T23:00 CLOSED_HOURS",
            "25T08:00 OPEN*",
        ]
    );
    assert_eq!(timer["segments"][6]["endedAt"], Value::Null);
    assert_eq!(timer["elapsed"], "PT7H");
    assert_explained(&timer);

    // What was counted by the earlier hours is told by them for good.
    let wait = json!({ "ticketId": id, "reason": "REQUESTER" });
    mutate(&agent, "waitTicket", "ticket { id }", wait).await;
    let all_day = json!([{ "weekday": "WEDNESDAY", "from": "00:00", "to": "24:00" }]);
    let edit = json!({ "calendarId": calendar, "intervals": all_day, "holidays": [] });
    let edited = mutate(&admin, "editCalendar", "calendar { version }", edit).await;
    assert_eq!(outcome(&edited), "ok", "{edited}");
    let before = told(&timer);
    server.advance(TimeDelta::hours(1));
    let reopen = json!({ "ticketId": id });
    mutate(&agent, "reopenTicket", "ticket { id }", reopen).await;
    server.advance(TimeDelta::hours(15));
    let timer = clock(&agent, &id).await["serviceLevel"]["resolution"].take();
    let after = told(&timer);
    assert_eq!(after[..7], before);
    assert_eq!(
        after[7..],
        [
            "25T09:00 WAITING_REQUESTER",
            "25T10:00 OPEN*",
            "25T23:00 CLOSED_HOURS"
        ]
    );
    assert_eq!(timer["elapsed"], "PT20H");
    assert_explained(&timer);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_life_the_oldest_segments_are_added_up() {
    let server = TestServer::start().await;
    create_calendar(&server.admin(), office()).await;
    let id = global(server.ticket().create().await.id);
    server.advance(TimeDelta::days(364));
    let timer = clock(&server.agent(), &id).await["serviceLevel"]["resolution"].take();
    let told = told(&timer);
    assert_eq!(told.len(), 100);
    assert_eq!(
        told[..2],
        ["23T09:00 SUMMED*".to_owned(), told[1].clone()],
        "{told:?}"
    );
    assert!(told[1].ends_with("SUMMED"), "{told:?}");
    // 52 weeks of 35 hours.
    assert_eq!(timer["elapsed"], "PT1820H");
    let lengths = timer["segments"].as_array().unwrap().iter().map(|segment| {
        let at = |name: &str| segment[name].as_str().unwrap_or("2027-11-22T09:00:00Z");
        let at = |name: &str| at(name).parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let length = at("endedAt") - at("startedAt");
        if segment["running"] == true {
            length
        } else {
            TimeDelta::zero()
        }
    });
    assert_eq!(lengths.sum::<TimeDelta>(), TimeDelta::hours(1_820));
}
