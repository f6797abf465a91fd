//! What is exported and imported into an empty desk is the same there.

use guichet::import::{
    Options, demo, import,
    reader::{Format, Rows},
    report::Report,
};
use harness::{TestServer, global};
use serde_json::{Value, json};

use super::{KINDS, export, lines};
use crate::ask::{mutate, outcome};

async fn done(client: &harness::Client, mutation: &str, input: Value) -> Value {
    let answer = mutate(client, mutation, "__typename", input).await;
    assert_eq!(outcome(&answer), "ok", "{mutation}: {answer}");
    answer
}

/// A desk with everything that a file can carry, and some of what it cannot.
async fn full(server: &TestServer, more: usize) {
    demo::demo(server.app(), None).await.unwrap();
    let mut text = String::new();
    for number in 0..more {
        let at = format!(
            "2026-03-{:02}T{:02}:{:02}:00Z",
            1 + number % 28,
            number % 24,
            number % 60
        );
        let id = format!("X-{number}");
        let status = ["NEW", "OPEN", "SOLVED", "CLOSED"][number % 4];
        let priority = ["LOW", "HIGH"][number % 2];
        let ticket = json!({ "type": "ticket", "externalId": id, "subject": format!("Bulk {number}"),
            "description": format!("Line one\n\n- {number}\n- \"quoted\", with; all"), "requesterEmail": format!("p{}@a.test", number % 50),
            "status": status, "priority": priority, "channel": "EMAIL",
            "tags": [format!("t{}", number % 7), "all"], "customFields": { "floor": number, "vip": number % 2 == 0 },
            "context": { "url": "https://a.test/x", "data": { "k": [1, 2] } }, "createdAt": at });
        let comment = json!({ "type": "comment", "externalId": format!("{id}-1"), "ticketExternalId": id,
            "authorEmail": format!("p{}@a.test", number % 50), "body": "  -5 = nothing", "createdAt": at });
        for line in [ticket, comment] {
            text += &line.to_string();
            text.push('\n');
        }
    }
    take(server, text, Format::JsonLines).await;
    lived(server).await;
}

/// What people did to some of them here.
async fn lived(server: &TestServer) {
    let (agent, lead) = (server.agent(), server.lead());
    let mut ids = Vec::new();
    for number in 0..6 {
        let ticket = server
            .ticket()
            .subject(&format!("Lived {number}"))
            .create()
            .await;
        ids.push(global(ticket.id));
    }
    done(&agent, "claimTicket", json!({ "ticketId": ids[0] })).await;
    done(
        &lead,
        "assignTicket",
        json!({ "ticketId": ids[0], "assigneeId": null, "teamId": global(server.external_team()) }),
    )
    .await;
    done(
        &lead,
        "assignTicket",
        json!({ "ticketId": ids[1], "teamId": null }),
    )
    .await;
    done(
        &agent,
        "changeTicketLevel",
        json!({ "ticketId": ids[1], "levelRank": 2, "reason": "It spreads" }),
    )
    .await;
    done(
        &agent,
        "waitTicket",
        json!({ "ticketId": ids[2], "reason": "SCHEDULED", "until": "2027-01-01T00:00:00Z" }),
    )
    .await;
    done(
        &agent,
        "addComment",
        json!({ "ticketId": ids[3], "body": "Between us.", "visibility": "INTERNAL" }),
    )
    .await;
    done(
        &agent,
        "solveTicket",
        json!({ "ticketId": ids[3], "comment": "Done." }),
    )
    .await;
    // Of one moment the steps have no order in a file.
    server.advance(chrono::TimeDelta::seconds(1));
    done(&agent, "reopenTicket", json!({ "ticketId": ids[3] })).await;
    done(
        &agent,
        "mergeTicket",
        json!({ "ticketId": ids[4], "intoId": ids[5] }),
    )
    .await;
    let rated = json!({ "ticketId": ids[0], "priority": "URGENT" });
    done(&agent, "setTicketPriority", rated).await;
    let machine =
        crate::token::token_of_machine(server, &["TICKETS_WRITE", "COMMENTS_WRITE"]).await;
    done(
        &machine,
        "addComment",
        json!({ "ticketId": ids[5], "body": "From a script." }),
    )
    .await;
}

async fn take(server: &TestServer, text: String, format: Format) -> Report {
    let rows = Rows::new(std::io::Cursor::new(text), format).unwrap();
    let mut report = Report::default();
    import(server.app(), rows, &Options::default(), &mut report, |_| {})
        .await
        .unwrap();
    let bad: Vec<_> = report
        .bad_lines
        .iter()
        .map(|line| format!("{}: {}", line.line, line.reason))
        .collect();
    assert_eq!(bad, [""; 0]);
    report
}

/// Without the ids, which each desk has of its own; in an order that does not depend on them.
fn comparable(text: &str) -> Vec<String> {
    let mut all: Vec<_> = lines(text)
        .into_iter()
        .map(|mut line| {
            line.as_object_mut().unwrap().remove("id");
            line.to_string()
        })
        .collect();
    all.sort();
    all
}

fn assert_same(kind: &str, one: &str, other: &str) {
    let (one, other) = (comparable(one), comparable(other));
    assert_eq!(one.len(), other.len(), "{kind}");
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_lines_come_back_as_they_went() {
    let (from, to) = (TestServer::start().await, TestServer::start().await);
    full(&from, 2_000).await;
    to.advance(chrono::TimeDelta::hours(1));
    let mut files = Vec::new();
    for kind in KINDS {
        let text = export(&from.admin(), kind).await.unwrap();
        take(&to, text.clone(), Format::JsonLines).await;
        files.push((kind, text));
    }
    for (kind, text) in &files {
        let again = export(&to.admin(), kind).await.unwrap();
        if *kind == "people" {
            // The other desk has a machine fewer, and machines have come as people.
            assert!(lines(&again).len() >= lines(text).len());
        } else {
            assert_same(kind, text, &again);
        }
    }
    // And it is known there.
    for (_, text) in files {
        let report = take(&to, text, Format::JsonLines).await;
        assert!(
            report
                .counts
                .values()
                .all(|counts| counts.created + counts.updated == 0),
            "{:?}",
            report.counts
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_comes_back_as_far_as_it_goes() {
    let (from, to) = (TestServer::start().await, TestServer::start().await);
    let field = json!({ "key": "floor", "labelEn": "Floor", "labelFr": "Étage", "type": "NUMBER" });
    for server in [&from, &to] {
        done(&server.admin(), "createCustomField", field.clone()).await;
    }
    for subject in ["=1", "'=1", "'plain'", "-a, \"b\"", "+33", "@all", "è;é"] {
        let input = json!({ "subject": subject, "description": format!("{subject}\n\n\tcode"),
            "customFields": [{ "key": "floor", "value": 3 }] });
        done(&from.agent(), "createTicket", input).await;
    }
    let text = export(&from.admin(), "tickets?format=csv").await.unwrap();
    take(&to, text, Format::Csv { delimiter: b',' }).await;
    let texts = |text: &str| {
        let mut texts: Vec<_> = lines(text)
            .iter()
            .map(|line| {
                (
                    line["subject"].to_string(),
                    line["description"].to_string(),
                    line["externalId"].to_string(),
                )
            })
            .collect();
        texts.sort();
        texts
    };
    let [one, other] =
        [&from, &to].map(|server| async { export(&server.admin(), "tickets").await.unwrap() });
    assert_eq!(texts(&one.await), texts(&other.await));
}
