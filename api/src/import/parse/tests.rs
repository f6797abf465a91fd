use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::import::mapping::Mapping;

use super::*;

fn read(row: Value, defaults: &Defaults) -> Result<Record, String> {
    let Value::Object(fields) = row else {
        panic!("a row is an object")
    };
    parse(
        Values {
            fields,
            digest: "0a1b".to_owned(),
        },
        &Mapping::default(),
        defaults,
    )
}

fn ticket(row: Value) -> Ticket {
    let defaults = Defaults {
        kind: Some(Kind::Ticket),
        requester: Some("desk@a.test".to_owned()),
    };
    match read(row, &defaults) {
        Ok(Record::Ticket(ticket)) => *ticket,
        other => panic!("not a ticket: {other:?}"),
    }
}

fn fault(row: Value) -> String {
    read(row, &Defaults::default()).unwrap_err()
}

#[test]
fn a_ticket_is_read_with_its_parts() {
    let ticket = ticket(json!({
        "externalId": 17, "subject": " Imprimante\tmuette\u{202e} ", "description": "Plus rien.\n",
        "requesterEmail": "Ines@A.test", "status": "WAITING", "waitingReason": "SCHEDULED", "waitingUntil": "+2d",
        "levelRank": "2", "tags": "paper; printer;paper;", "customFields": {"floor": 3}, "customFields.site": "Lyon",
        "context.url": "https://app.test/", "satisfaction": {"score": 4},
        "history": [{"at": "-3d", "by": "a@a.test", "fromLevelRank": 1, "levelRank": 2, "reason": "r"}, {"at": "-2d", "status": "WAITING", "waitingReason": "SCHEDULED", "waitingUntil": "+2d"}],
        "knowledge": [{"article": "reset", "role": "SHARED"}],
    }));
    assert_eq!(ticket.external_id, "17");
    assert_eq!(ticket.subject, "Imprimante muette");
    assert_eq!(ticket.description, "Plus rien.");
    assert_eq!(
        ticket.requester,
        Person {
            email: "ines@a.test".to_owned(),
            name: None
        }
    );
    assert_eq!(ticket.level_rank, Some(2));
    assert_eq!(
        ticket.tags,
        Some(vec!["paper".to_owned(), "printer".to_owned()])
    );
    let fields = ticket.custom_fields.unwrap().0;
    let fields: Vec<_> = fields
        .into_iter()
        .map(|field| (field.key, field.value))
        .collect();
    assert_eq!(
        fields,
        [
            ("floor".to_owned(), json!(3)),
            ("site".to_owned(), json!("Lyon"))
        ]
    );
    assert_eq!(
        ticket.context.unwrap().url.as_deref(),
        Some("https://app.test/")
    );
    assert_eq!(ticket.history.unwrap().len(), 2);
    assert_eq!(ticket.knowledge[0].article, "reset");
    assert_eq!(ticket.priority, None);
}

#[test]
fn what_is_missing_follows_from_what_is_there() {
    let description = format!("\n {} behind the cut", "word ".repeat(17));
    let derived = ticket(json!({"description": description}));
    assert_eq!(derived.external_id, "sha256:0a1b");
    assert_eq!(derived.requester.email, "desk@a.test");
    assert_eq!(derived.subject, format!("{}…", "word ".repeat(16).trim()));
    assert_eq!(ticket(json!({"subject": "only"})).description, "only");
}

#[test]
fn every_fault_is_told_by_the_name_of_its_field() {
    let cases = [
        (json!({}), "type: is required"),
        (
            json!({"type": "desk"}),
            "type: unknown variant `desk`, expected one of `organization`, `team`, `user`, `article`, `ticket`, `comment`",
        ),
        (json!({"type": "team"}), "name: is required"),
        (
            json!({"type": "team", "name": "a", "nmae": "b"}),
            "nmae: there is no such field",
        ),
        (
            json!({"type": "user", "email": "nobody"}),
            "email: this is not an e-mail address",
        ),
        (
            json!({"type": "user", "email": "a@b.test", "teams": [1]}),
            "teams: is not a list of texts",
        ),
        (
            json!({"type": "organization", "name": "a".repeat(256)}),
            "name: the text is longer than 255",
        ),
        (
            json!({"type": "organization", "name": "a\u{0}"}),
            "name: the text contains a control character",
        ),
        (
            json!({"type": "article", "slug": "a", "title": "b"}),
            "body: an article has either a body or a url",
        ),
        (
            json!({"type": "article", "slug": "a", "title": "b", "url": "javascript:1"}),
            "url: this is not the address of a page; body: an article has either a body or a url",
        ),
        (
            json!({"type": "ticket", "status": "DONE"}),
            "subject: is required; requesterEmail: is required; status: unknown variant `DONE`, expected one of `NEW`, `OPEN`, `WAITING`, `SOLVED`, `CLOSED`",
        ),
        (
            json!({"type": "ticket", "subject": "a", "requesterEmail": "a@b.test", "status": "WAITING"}),
            "waitingReason: goes with the status WAITING, and only with it",
        ),
        (
            json!({"type": "ticket", "subject": "a", "requesterEmail": "a@b.test", "createdAt": "yesterday", "levelRank": 0}),
            "levelRank: is not a number from 1 to 32767; createdAt: is not a time such as 2026-03-02T09:14:00Z or -3d4h",
        ),
        (
            json!({"type": "ticket", "subject": "a", "requesterEmail": "a@b.test", "history": [{"at": "-1d", "status": "OPEN"}]}),
            "history: does not end in the ticket's status",
        ),
        (
            json!({"type": "ticket", "subject": "a", "requesterEmail": "a@b.test", "history": [{"status": "OPEN", "levelRank": 2}]}),
            "history[0]: at: is required; fromLevelRank: is required; reason: is required",
        ),
        (
            json!({"type": "ticket", "subject": "a", "requesterEmail": "a@b.test", "customFields": {"a": "\u{0}"}}),
            "customFields: contains a NUL character",
        ),
        (
            json!({"type": "comment", "ticketExternalId": "1", "body": "b"}),
            "authorEmail: is required",
        ),
    ];
    for (row, expected) in cases {
        assert_eq!(fault(row.clone()), expected, "{row}");
    }
}

#[test]
fn every_field_that_is_named_is_read() {
    for kind in Kind::ALL {
        for field in kind.fields() {
            let fault = fault(json!({"type": kind.to_string(), *field: [[]]}));
            assert!(!fault.contains("no such field"), "{kind} {field}: {fault}");
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,9}".prop_map(Value::from),
        "(NEW|WAITING|SCHEDULED|-3d|2026-01-01|a@b.test|fr)".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("(at|status|locale|title|score|[a-z]{1,3})", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn no_row_panics(kind in 0..6_usize, values in prop::collection::vec((0..24_usize, any_value()), 0..12)) {
        let kind = Kind::ALL[kind];
        let mut row = json!({"type": kind.to_string()});
        for (field, value) in values {
            row[kind.fields()[field % kind.fields().len()]] = value;
        }
        let _ = read(row, &Defaults::default());
    }
}

#[test]
fn the_demo_is_read_without_a_fault() {
    for file in [
        include_str!("../../../demo/people.jsonl"),
        include_str!("../../../demo/articles.jsonl"),
        include_str!("../../../demo/tickets.jsonl"),
    ] {
        for (index, line) in file.lines().enumerate() {
            let row = serde_json::from_str(line).unwrap();
            if let Err(fault) = read(row, &Defaults::default()) {
                panic!("line {}: {fault}", index + 1);
            }
        }
    }
}
