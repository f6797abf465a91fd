//! The clock on tickets by calendars and policies; in `terms` how admins change these, in `follow` how tickets follow.

use chrono::TimeDelta;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use crate::{
    ask::{mutate, outcome},
    deadline::caught_up,
};

mod follow;
mod segments;
mod terms;

/// 9 to 12 and 14 to 18 in Paris, Monday to Friday. Tests begin on a Monday at 10:00 there.
fn office() -> Value {
    let intervals = office_days().flat_map(|day| {
        [("09:00", "12:00"), ("14:00", "18:00")]
            .map(|(from, to)| json!({ "weekday": day, "from": from, "to": to }))
    });
    let intervals: Vec<_> = intervals.collect();
    json!({ "name": "Office", "timeZone": "Europe/Paris", "intervals": intervals, "isDefault": true })
}

fn office_days() -> impl Iterator<Item = &'static str> {
    ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"].into_iter()
}

async fn create_calendar(admin: &Client, input: Value) -> String {
    let answer = mutate(admin, "createCalendar", "calendar { id }", input).await;
    let id = &answer["data"]["createCalendar"]["calendar"]["id"];
    id.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

const CLOCK: &str =
    "query($id: ID!) { ticket(by: { id: $id }) { version serviceLevel { state nextDueAt
  firstReply { ...T } nextReply { ...T } resolution { ...T } } } }
  fragment T on Timer { state target dueAt elapsed remaining segments { startedAt endedAt running reason }
    explain { startedAt endedAt running reason counted } }";

async fn clock(who: &Client, id: &str) -> Value {
    let mut answer = who.run(CLOCK, json!({ "id": id })).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["ticket"].take()
}

fn seconds(duration: &Value) -> i64 {
    let mut total = 0;
    let mut digits = String::new();
    for character in duration.as_str().unwrap().trim_start_matches("PT").chars() {
        let unit = match character {
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            digit => {
                digits.push(digit);
                continue;
            }
        };
        total += digits.parse::<i64>().unwrap() * unit;
        digits.clear();
    }
    total
}

/// What `explain` lists adds up to what the timer says is used.
fn assert_explained(timer: &Value) {
    let parts = timer["explain"].as_array().unwrap();
    let sum: i64 = parts.iter().map(|part| seconds(&part["counted"])).sum();
    assert_eq!(sum, seconds(&timer["elapsed"]), "{timer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_counts_by_the_desks_calendar_and_is_explained() {
    let server = TestServer::start().await;
    let (agent, admin) = (server.agent(), server.admin());
    let before = global(server.ticket().create().await.id);
    server.advance(TimeDelta::hours(1));
    create_calendar(&admin, office()).await;
    let after = global(server.ticket().create().await.id);

    // Monday, 11:00 in Paris: one hour is left before lunch, so four hours end at 17:00 there.
    let timers = clock(&agent, &after).await["serviceLevel"].take();
    assert_eq!(timers["firstReply"]["dueAt"], "2026-11-23T16:00:00+00:00");
    assert_eq!(timers["resolution"]["dueAt"], "2026-11-24T11:00:00+00:00");
    // What was open keeps the hour that it earned, and counts by the calendar from then on.
    let timers = clock(&agent, &before).await["serviceLevel"].take();
    assert_eq!(timers["firstReply"]["dueAt"], "2026-11-23T15:00:00+00:00");
    assert_eq!(timers["nextDueAt"], "2026-11-23T15:00:00+00:00");

    // The evening and the night count nothing.
    server.advance(TimeDelta::microseconds(20 * 3_600_000_000 + 700_001));
    let timers = clock(&agent, &before).await["serviceLevel"].take();
    assert_eq!(timers["resolution"]["elapsed"], "PT6H");
    assert_eq!(timers["firstReply"]["state"], "BREACHED");
    assert_explained(&timers["resolution"]);
    server.advance(TimeDelta::microseconds(1_800_500_000));
    let timers = clock(&agent, &before).await["serviceLevel"].take();
    assert_explained(&timers["resolution"]);
    assert_eq!(timers["resolution"]["explain"][0]["counted"], "PT1H");

    caught_up(&server).await;
    let overdue = "{ tickets(filter: { serviceLevel: { eq: BREACHED } }, orderBy: { field: NEXT_DUE }) { totalCount } }";
    let answer = agent.run(overdue, json!({})).await;
    assert_eq!(answer["data"]["tickets"]["totalCount"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_time_and_what_was_earned_survive_every_change_of_terms() {
    let server = TestServer::start().await;
    let (agent, admin) = (server.agent(), server.admin());
    let id = global(server.ticket().create().await.id);
    let wait = |reason: &str| json!({ "ticketId": id, "reason": reason });
    server.advance(TimeDelta::minutes(30));
    mutate(&agent, "waitTicket", "ticket { id }", wait("REQUESTER")).await;
    server.advance(TimeDelta::hours(10));

    // The requester's time is paused; a policy says that a third party's is too, and halves the target.
    let policy = json!({ "name": "Slow", "levelRank": 1, "pausesOn": ["REQUESTER", "THIRD_PARTY"], "resolution": "PT4H" });
    let made = mutate(
        &admin,
        "createServiceLevelPolicy",
        "policy { id version }",
        policy,
    )
    .await;
    assert_eq!(outcome(&made), "ok", "{made}");
    let policy_id = made["data"]["createServiceLevelPolicy"]["policy"]["id"].clone();
    let timer = clock(&agent, &id).await["serviceLevel"]["resolution"].take();
    assert_eq!(
        (&timer["state"], &timer["elapsed"], &timer["target"]),
        (&json!("PAUSED"), &json!("PT30M"), &json!("PT4H"))
    );

    mutate(
        &agent,
        "reopenTicket",
        "ticket { id }",
        json!({ "ticketId": id }),
    )
    .await;
    mutate(&agent, "waitTicket", "ticket { id }", wait("THIRD_PARTY")).await;
    server.advance(TimeDelta::hours(5));
    let timer = clock(&agent, &id).await["serviceLevel"]["resolution"].take();
    assert_eq!(
        (&timer["state"], &timer["elapsed"]),
        (&json!("PAUSED"), &json!("PT30M"))
    );

    // From now on it is not: the wait goes on, and counts.
    let edit = json!({ "policyId": policy_id, "expectedVersion": 1, "pausesOn": ["REQUESTER"], "resolution": null });
    let edited = mutate(
        &admin,
        "editServiceLevelPolicy",
        "policy { version pausesOn resolution }",
        edit.clone(),
    )
    .await;
    assert_eq!(outcome(&edited), "ok");
    assert_eq!(
        outcome(&mutate(&admin, "editServiceLevelPolicy", "policy { id }", edit).await),
        "CONFLICT"
    );
    server.advance(TimeDelta::hours(1));
    let timer = clock(&agent, &id).await["serviceLevel"]["resolution"].take();
    assert_eq!(
        (&timer["state"], &timer["elapsed"], &timer["target"]),
        (&json!("RUNNING"), &json!("PT1H30M"), &json!("PT8H"))
    );

    // A calendar, then none: what was earned by each stays.
    let calendar = create_calendar(&admin, office()).await;
    server.advance(TimeDelta::hours(10));
    let off = json!({ "calendarId": calendar, "isDefault": false });
    assert_eq!(
        outcome(&mutate(&admin, "editCalendar", "calendar { id }", off).await),
        "ok"
    );
    server.advance(TimeDelta::hours(1));
    let timer = clock(&agent, &id).await["serviceLevel"]["resolution"].take();
    // Tuesday, 02:30 in Paris, for ten hours: 9 to 12, and half an hour less than that before 12:30.
    assert_eq!(timer["elapsed"], "PT5H30M");
    assert_explained(&timer);
    let delete = json!({ "policyId": policy_id });
    assert_eq!(
        outcome(
            &mutate(
                &admin,
                "deleteServiceLevelPolicy",
                "deletedId",
                delete.clone()
            )
            .await
        ),
        "ok"
    );
    assert_eq!(
        outcome(&mutate(&admin, "deleteServiceLevelPolicy", "deletedId", delete).await),
        "NOT_FOUND"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_are_made_and_changed_and_their_tickets_follow() {
    let server = TestServer::start().await;
    let (admin, agent) = (server.admin(), server.agent());
    let id = global(server.ticket().create().await.id);
    server.advance(TimeDelta::minutes(30));
    let edit = json!({ "rank": 1, "nameEn": "Quick", "firstReply": "PT1H", "nextReply": null });
    let edited = mutate(
        &admin,
        "editLevel",
        "level { name firstReply nextReply resolution }",
        edit,
    )
    .await;
    let expected =
        json!({ "name": "Quick", "firstReply": "PT1H", "nextReply": null, "resolution": "PT8H" });
    assert_eq!(edited["data"]["editLevel"]["level"], expected, "{edited}");
    let ticket = clock(&agent, &id).await;
    assert_eq!(ticket["serviceLevel"]["firstReply"]["remaining"], "PT30M");
    assert_eq!(ticket["version"], 2);
    let timeline = "query($id: ID!) { ticket(by: { id: $id }) { timeline(last: 1) { nodes { __typename actor { __typename } } } } }";
    let entry =
        agent.run(timeline, json!({ "id": id })).await["data"]["ticket"]["timeline"]["nodes"][0]
            .take();
    assert_eq!(
        entry,
        json!({ "__typename": "ServiceLevelChangedEntry", "actor": { "__typename": "System" } })
    );

    let new = json!({ "rank": 4, "nameEn": "Vendor", "nameFr": "Éditeur", "descriptionEn": "Theirs.", "descriptionFr": "À eux.", "defaultPriority": "HIGH" });
    for (changes, expected) in [
        (json!({}), "ok"),
        (json!({}), "TAKEN"),
        (json!({ "rank": 0 }), "INVALID"),
        (
            json!({ "rank": 5, "nameEn": "", "firstReply": "PT0S" }),
            "REQUIRED+INVALID",
        ),
        (json!({ "rank": 5, "defaultTeamId": "tea_x" }), "NOT_FOUND"),
    ] {
        let mut input = new.clone();
        input
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let answer = mutate(&admin, "createLevel", "level { rank name }", input).await;
        assert_eq!(outcome(&answer), expected, "{answer}");
    }
    assert_eq!(
        outcome(&mutate(&admin, "editLevel", "level { rank }", json!({ "rank": 9 })).await),
        "INVALID"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_waits_and_reopening_restart_what_they_should() {
    let server = TestServer::start().await;
    let (agent, rosa) = (server.agent(), server.requester());
    create_calendar(&server.admin(), office()).await;
    let id = global(server.ticket().create().await.id);
    let comment = |body: &str, visibility: &str| json!({ "ticketId": id, "body": body, "visibility": visibility });
    let state = async |kind: &str| clock(&agent, &id).await["serviceLevel"][kind]["state"].clone();

    // A further comment owes no second reply while the first is owed, and an internal one fulfils nothing.
    mutate(
        &rosa,
        "addComment",
        "comment { id }",
        comment("Hello?", "PUBLIC"),
    )
    .await;
    mutate(
        &agent,
        "addComment",
        "comment { id }",
        comment("Who takes it?", "INTERNAL"),
    )
    .await;
    assert_eq!(
        (state("firstReply").await, state("nextReply").await),
        (json!("RUNNING"), Value::Null)
    );
    mutate(
        &agent,
        "addComment",
        "comment { id }",
        comment("Here.", "PUBLIC"),
    )
    .await;
    assert_eq!(state("firstReply").await, "MET");

    // A comment on a waiting ticket ends the wait: the resolution goes on, and a reply is owed.
    mutate(
        &agent,
        "waitTicket",
        "ticket { id }",
        json!({ "ticketId": id, "reason": "REQUESTER" }),
    )
    .await;
    assert_eq!(state("resolution").await, "PAUSED");
    server.advance(TimeDelta::days(1));
    mutate(
        &rosa,
        "addComment",
        "comment { id }",
        comment("It still burns.", "PUBLIC"),
    )
    .await;
    let timers = clock(&agent, &id).await["serviceLevel"].take();
    assert_eq!(
        (
            &timers["resolution"]["state"],
            &timers["resolution"]["elapsed"],
            &timers["nextReply"]["state"]
        ),
        (&json!("RUNNING"), &json!("PT0S"), &json!("RUNNING"))
    );

    // Solving ends what is owed; what is reopened long after has a quarter of its time left.
    server.advance(TimeDelta::days(2));
    mutate(
        &agent,
        "solveTicket",
        "ticket { id }",
        json!({ "ticketId": id }),
    )
    .await;
    assert_eq!(state("nextReply").await, "CANCELLED");
    server.advance(TimeDelta::days(30));
    mutate(
        &rosa,
        "reopenTicket",
        "ticket { id }",
        json!({ "ticketId": id }),
    )
    .await;
    let timer = clock(&agent, &id).await["serviceLevel"]["resolution"].take();
    assert_eq!(
        (&timer["state"], &timer["remaining"]),
        (&json!("AT_RISK"), &json!("PT2H"))
    );
    assert_explained(&timer);
}
