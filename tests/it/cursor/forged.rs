//! Cursors that were never given, and pages of impossible sizes.

use chrono::DateTime;
use guichet::page::{Cursor, Sort};
use harness::{TestServer, global};
use serde_json::json;
use uuid::Uuid;

use super::pages::{ARTICLES, COMMENTS, List, TICKETS, TIMELINE, USERS, ask};

#[tokio::test(flavor = "multi_thread")]
async fn cursors_that_were_never_given_are_refused() {
    let server = TestServer::start().await;
    let id = server.ticket().create().await.id;
    let order = |field: &str, direction: &str| json!({ "orderBy": { "field": field, "direction": direction } });
    let lists = [
        (TICKETS, order("CREATED", "ASC"), "/data/list", "ct"),
        (TICKETS, order("CREATED", "DESC"), "/data/list", "Ct"),
        (TICKETS, order("PRIORITY", "ASC"), "/data/list", "pn"),
        (TICKETS, order("NUMBER", "DESC"), "/data/list", "Nn"),
        (TICKETS, order("NEXT_DUE", "ASC"), "/data/list", "dt"),
        (
            COMMENTS,
            json!({ "id": global(id) }),
            "/data/ticket/list",
            "ct",
        ),
        (
            TIMELINE,
            json!({ "id": global(id) }),
            "/data/ticket/list",
            "en",
        ),
        (USERS, json!({}), "/data/list", "us"),
        (ARTICLES, json!({}), "/data/list", "At"),
    ];
    for (document, variables, at, tag) in lists {
        let list = List {
            document,
            variables,
            at,
        };
        for (forged, may_be_taken) in forgeries(tag) {
            let answer = ask(
                &server.agent(),
                &list,
                json!({ "first": 2, "after": forged }),
            )
            .await;
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            let is_taken = may_be_taken && code.is_none();
            assert!(
                is_taken || code == Some("BAD_USER_INPUT"),
                "{tag} {forged}: {answer}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_bounds() {
    let server = TestServer::start().await;
    let list = List {
        document: TICKETS,
        variables: json!({}),
        at: "/data/list",
    };
    for (arguments, is_fine) in [
        (json!({}), true),
        (json!({ "first": 0 }), true),
        (json!({ "first": 100 }), true),
        (json!({ "last": 100 }), true),
        (json!({ "first": 101 }), false),
        (json!({ "last": 101 }), false),
        (json!({ "first": -1 }), false),
        (json!({ "last": -1 }), false),
        (json!({ "first": i32::MIN }), false),
        (json!({ "first": 1, "last": 1 }), false),
    ] {
        let answer = ask(&server.requester(), &list, arguments.clone()).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        assert_eq!(
            code,
            (!is_fine).then_some("BAD_USER_INPUT"),
            "{arguments}: {answer}"
        );
    }
}

/// What a client could send as a cursor, and whether it may pass for one.
fn forgeries(tag: &str) -> Vec<(String, bool)> {
    let own: [u8; 2] = tag.as_bytes().try_into().unwrap();
    let cursor = |sort: Sort, tag: [u8; 2]| {
        Cursor {
            sort,
            id: Uuid::max(),
        }
        .write(tag)
    };
    let time = |s| Sort::Time(DateTime::from_timestamp(s, 0).unwrap());
    let years_s = 31_557_600;
    let mut forged = vec![
        (String::new(), false),
        ("nonsense".to_owned(), false),
        ("é \u{0}".to_owned(), false),
        ("A".repeat(100_000), false),
        (cursor(time(0), *b"zt"), false),
        (cursor(time(0), *b"Zt"), false),
        // An empty name is a text like others.
        (cursor(Sort::None, own), own[1] == b's'),
        (cursor(Sort::Text("\u{0}".to_owned()), own), false),
    ];
    // Another order's, whatever its kind.
    for other in ["ct", "Ct", "ut", "dt", "pn", "Nn", "en", "us", "At"] {
        let sort = match other.as_bytes()[1] {
            b'n' => Sort::Number(1),
            b't' => time(0),
            _ => Sort::Text("a".to_owned()),
        };
        forged.push((
            cursor(sort, other.as_bytes().try_into().unwrap()),
            other == tag,
        ));
    }
    // Well-formed, and at the end of the world.
    forged.extend(match own[1] {
        b't' => [-200_000, -4_800, -1, 10_000, 250_000]
            .map(|year| (cursor(time(year * years_s), own), true))
            .to_vec(),
        b'n' => [i64::MIN, -1, 40_000, i64::MAX]
            .map(|n| (cursor(Sort::Number(n), own), true))
            .to_vec(),
        _ => ["", "\u{10ffff}", "'; --"]
            .map(|text| (cursor(Sort::Text(text.to_owned()), own), true))
            .to_vec(),
    });
    forged
}
