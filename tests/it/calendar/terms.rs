//! Calendars and service-level policies as admins change them.

use entity::ticket::Priority;
use harness::{TestServer, global};
use serde_json::{Value, json};

use super::{clock, create_calendar, office};
use crate::ask::{mutate, outcome};

const WHOLE: &str = "calendar { name version timeZone isDefault intervals { weekday from to } holidays { date isYearly name } }";

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_change_the_terms_and_internal_staff_read_them() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let calendar = create_calendar(&admin, office()).await;
    let made = mutate(
        &admin,
        "createServiceLevelPolicy",
        "policy { id }",
        json!({ "name": "All" }),
    )
    .await;
    let policy = made["data"]["createServiceLevelPolicy"]["policy"]["id"].clone();
    let changes = [
        ("createCalendar", "calendar { id }", office()),
        (
            "editCalendar",
            "calendar { id }",
            json!({ "calendarId": calendar }),
        ),
        (
            "deleteCalendar",
            "deletedId",
            json!({ "calendarId": calendar }),
        ),
        (
            "importHolidays",
            "addedCount",
            json!({ "calendarId": calendar, "icalendar": "" }),
        ),
        (
            "createServiceLevelPolicy",
            "policy { id }",
            json!({ "name": "Mine" }),
        ),
        (
            "editServiceLevelPolicy",
            "policy { id }",
            json!({ "policyId": policy }),
        ),
        (
            "deleteServiceLevelPolicy",
            "deletedId",
            json!({ "policyId": policy }),
        ),
        (
            "createLevel",
            "level { rank }",
            json!({ "rank": 4, "nameEn": "a", "nameFr": "a", "descriptionEn": "a", "descriptionFr": "a" }),
        ),
        ("editLevel", "level { rank }", json!({ "rank": 1 })),
    ];
    for who in [
        server.requester(),
        server.agent(),
        server.lead(),
        server.external_agent(),
    ] {
        for (mutation, selection, input) in &changes {
            let answer = mutate(&who, mutation, selection, input.clone()).await;
            assert_eq!(outcome(&answer), "FORBIDDEN", "{mutation}");
        }
    }
    let read = "{ calendars { id } serviceLevelPolicies { id } }";
    let nodes =
        "query($c: ID!, $p: ID!) { calendar: node(id: $c) { id } policy: node(id: $p) { id } }";
    let ids = json!({ "c": calendar, "p": policy });
    for (who, may) in [
        (server.agent(), true),
        (server.admin(), true),
        (server.requester(), false),
        (server.external_agent(), false),
    ] {
        let answer = who.run(read, json!({})).await;
        let count = |list: &str| answer["data"][list].as_array().unwrap().len();
        let expected = usize::from(may);
        assert_eq!(count("calendars"), expected, "{answer}");
        assert_eq!(count("serviceLevelPolicies"), expected, "{answer}");
        let expected = if may {
            json!({ "calendar": { "id": calendar }, "policy": { "id": policy } })
        } else {
            json!({ "calendar": null, "policy": null })
        };
        assert_eq!(who.run(nodes, ids.clone()).await["data"], expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_are_made_changed_filled_and_deleted() {
    let server = TestServer::start().await;
    let admin = server.admin();
    let night = json!({ "weekday": "SUNDAY", "from": "22:00", "to": "06:00" });
    let holiday = json!({ "date": "2026-05-01", "isYearly": true, "name": "Labour day" });
    let input = json!({ "name": "Nights", "timeZone": "Europe/Paris", "intervals": [night], "holidays": [holiday] });
    let made = mutate(&admin, "createCalendar", WHOLE, input.clone()).await;
    let expected = json!({ "name": "Nights", "version": 1, "timeZone": "Europe/Paris", "isDefault": false, "intervals": [night], "holidays": [holiday] });
    assert_eq!(
        made["data"]["createCalendar"]["calendar"], expected,
        "{made}"
    );
    let with = |changes: Value| {
        let mut input = input.clone();
        input
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        input
    };
    let every_day: Vec<_> = (1..=31)
        .flat_map(|day| (1..=12).map(move |month| (month, day)))
        .filter(|(month, day)| *day <= 28 || *month != 2)
        .filter(|(month, day)| *day <= 30 || ![4, 6, 9, 11].contains(month))
        .map(
            |(month, day)| json!({ "date": format!("2027-{month:02}-{day:02}"), "isYearly": true }),
        )
        .collect();
    for (changes, expected) in [
        (json!({}), "TAKEN"),
        (
            json!({ "name": " ", "timeZone": "Mars/Olympus" }),
            "REQUIRED+INVALID",
        ),
        (json!({ "name": "Empty", "intervals": [] }), "INVALID"),
        (
            json!({ "name": "Still", "intervals": [{ "weekday": "MONDAY", "from": "09:00", "to": "09:00" }] }),
            "INVALID",
        ),
        (
            json!({ "name": "Closed", "intervals": [{ "weekday": "MONDAY", "from": "09:00", "to": "10:00" }], "holidays": every_day }),
            "INVALID",
        ),
        (
            json!({ "name": "Many", "intervals": vec![night.clone(); 101] }),
            "INVALID",
        ),
    ] {
        let answer = mutate(&admin, "createCalendar", "calendar { id }", with(changes)).await;
        assert_eq!(outcome(&answer), expected, "{answer}");
    }

    let office = create_calendar(&admin, office()).await;
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY\nSUMMARY:Noël\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20261224T100000Z\nEND:VEVENT\nEND:VCALENDAR\n";
    for (text, expected, added) in [
        (text, "ok", json!(1)),
        (text, "ok", json!(0)),
        ("hello", "INVALID", json!(0)),
    ] {
        let import = json!({ "calendarId": office, "icalendar": text });
        let answer = mutate(
            &admin,
            "importHolidays",
            "addedCount skippedCount calendar { version holidays { date isYearly name } }",
            import,
        )
        .await;
        assert_eq!(outcome(&answer), expected);
        assert_eq!(
            answer["data"]["importHolidays"]["addedCount"], added,
            "{answer}"
        );
    }

    // The desk's cannot go, nor one of a policy; then it can.
    let delete = json!({ "calendarId": office });
    let gone = async |expected: &str| {
        let answer = mutate(&admin, "deleteCalendar", "deletedId", delete.clone()).await;
        assert_eq!(outcome(&answer), expected);
    };
    gone("INVALID").await;
    let edit = json!({ "calendarId": office, "isDefault": false, "name": "Was it" });
    assert_eq!(
        outcome(&mutate(&admin, "editCalendar", WHOLE, edit).await),
        "ok"
    );
    let policy = json!({ "name": "By it", "calendarId": office });
    let policy = mutate(
        &admin,
        "createServiceLevelPolicy",
        "policy { id calendar { name } }",
        policy,
    )
    .await;
    let id = policy["data"]["createServiceLevelPolicy"]["policy"]["id"].clone();
    gone("INVALID").await;
    mutate(
        &admin,
        "deleteServiceLevelPolicy",
        "deletedId",
        json!({ "policyId": id }),
    )
    .await;
    gone("ok").await;
    gone("NOT_FOUND").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_particular_policy_wins_value_by_value() {
    let server = TestServer::start().await;
    let (agent, admin, rosa) = (server.agent(), server.admin(), server.requester());
    let organizations = "{ viewer { organization { id } } }";
    let mut viewer = rosa.run(organizations, json!({})).await;
    let organization = viewer["data"]["viewer"]["organization"]["id"].take();
    let high = server.ticket().priority(Priority::High).create().await;
    let other = server.ticket().by(&server.stranger()).create().await;
    for policy in [
        json!({ "name": "All", "firstReply": "PT3H", "nextReply": "PT3H", "resolution": "PT3H" }),
        json!({ "name": "High", "priority": "HIGH", "firstReply": "PT2H", "resolution": "PT2H" }),
        json!({ "name": "Harbour", "organizationId": organization, "firstReply": "PT1H" }),
    ] {
        let made = mutate(&admin, "createServiceLevelPolicy", "policy { id }", policy).await;
        assert_eq!(outcome(&made), "ok", "{made}");
    }
    let targets = async |id: String| {
        let timers = clock(&agent, &id).await["serviceLevel"].take();
        let target = |name: &str| timers[name]["target"].as_str().unwrap().to_owned();
        [target("firstReply"), target("resolution")]
    };
    assert_eq!(targets(global(high.id)).await, ["PT1H", "PT2H"]);
    assert_eq!(targets(global(other.id)).await, ["PT3H", "PT3H"]);
    let lower = json!({ "ticketId": global(high.id), "priority": "LOW" });
    mutate(&agent, "setTicketPriority", "ticket { id }", lower).await;
    assert_eq!(targets(global(high.id)).await, ["PT1H", "PT3H"]);

    let list = "{ serviceLevelPolicies { id name version level { rank } organization { name } priority calendar { name } pausesOn firstReply } }";
    let listed = agent.run(list, json!({})).await;
    assert_eq!(
        listed["data"]["serviceLevelPolicies"][2]["organization"]["name"],
        "Harbour"
    );
    let refused = [
        (json!({ "name": "Twice", "priority": "HIGH" }), "TAKEN"),
        (
            json!({ "name": " ", "levelRank": 1, "firstReply": "PT0S" }),
            "REQUIRED+INVALID",
        ),
        (
            json!({ "name": "Long", "levelRank": 1, "resolution": "PT9999H" }),
            "INVALID",
        ),
        (
            json!({ "name": "Nowhere", "levelRank": 9, "organizationId": "org_x" }),
            "INVALID+NOT_FOUND",
        ),
        (
            json!({ "name": "Timeless", "levelRank": 1, "calendarId": "cal_x" }),
            "NOT_FOUND",
        ),
    ];
    for (input, expected) in refused {
        let answer = mutate(&admin, "createServiceLevelPolicy", "policy { id }", input).await;
        assert_eq!(outcome(&answer), expected, "{answer}");
    }
}
