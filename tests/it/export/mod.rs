//! Taking records out, and bringing them in again.

mod again;

use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use crate::ask::mutate;

pub(crate) const KINDS: [&str; 6] = [
    "organizations",
    "teams",
    "people",
    "articles",
    "tickets",
    "comments",
];

/// A file, or its error.
pub(crate) async fn export(client: &Client, path: &str) -> Result<String, Value> {
    let answer = client.get(&format!("/export/{path}")).await.send().await;
    let answer = answer.unwrap();
    if !answer.status().is_success() {
        return Err(answer.json().await.unwrap());
    }
    assert_eq!(answer.headers()["cache-control"], "no-store");
    Ok(answer.text().await.unwrap())
}

pub(crate) fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn code(refused: &Result<String, Value>) -> &str {
    let error = refused.as_ref().unwrap_err();
    error["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_export_goes_on_after_the_last_line() {
    let server = TestServer::start().await;
    let agent = server.agent();
    for number in 0..7 {
        server
            .ticket()
            .subject(&format!("Number {number}"))
            .create()
            .await;
    }
    let whole = export(&agent, "tickets").await.unwrap();
    let all = lines(&whole);
    assert_eq!(all.len(), 7);
    for (place, line) in all.iter().enumerate() {
        let path = format!("tickets?after={}", line["id"].as_str().unwrap());
        let rest = export(&agent, &path).await.unwrap();
        assert_eq!(lines(&rest), all[place + 1..]);
    }
    crate::live::settle(&server).await;
    let events = lines(&export(&agent, "events").await.unwrap());
    assert_eq!(events.len(), 7);
    assert_eq!(events[0]["event"], "TicketCreated");
    assert_eq!(events[0]["ticketId"], all[0]["id"]);
    let path = format!("events?after={}", events[3]["id"].as_str().unwrap());
    assert_eq!(lines(&export(&agent, &path).await.unwrap()), events[4..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_and_the_rights_say_which() {
    let server = TestServer::start().await;
    let routed = server
        .ticket()
        .subject("Routed")
        .team(server.external_team())
        .create()
        .await;
    let hidden = server.ticket().subject("Zebra").tag("vip").create().await;
    server
        .comment(&hidden)
        .by(&server.agent())
        .body("Zebra too")
        .create()
        .await;
    server
        .comment(&routed)
        .by(&server.agent())
        .body("Hello")
        .create()
        .await;
    let filter = "%7B%22tags%22%3A%7B%22hasAny%22%3A%5B%22vip%22%5D%7D%7D";
    let vip = export(&server.agent(), &format!("tickets?filter={filter}"))
        .await
        .unwrap();
    assert_eq!(lines(&vip).len(), 1);
    assert_eq!(lines(&vip)[0]["id"], global(hidden.id));

    let partner = server.external_agent();
    let mut seen = String::new();
    for kind in KINDS {
        seen.push_str(&export(&partner, kind).await.unwrap());
    }
    crate::live::settle(&server).await;
    seen.push_str(&export(&partner, "events").await.unwrap());
    assert!(seen.contains("Routed") && seen.contains("Hello"), "{seen}");
    assert!(
        !seen.contains("Zebra") && !seen.contains(&global(hidden.id)),
        "{seen}"
    );
    // Of whom they may only know the name, the address is not in it.
    let requester = server.requester();
    let email = requester.user().email.clone().unwrap();
    assert!(!seen.contains(&email), "{seen}");
    assert!(seen.contains(&format!("{}@guichet.invalid", requester.id())));

    let people = crate::token::token_of_machine(&server, &["PEOPLE_READ"]).await;
    assert_eq!(export(&people, "tickets").await.unwrap(), "");
    assert!(export(&people, "people").await.unwrap().contains(&email));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_says_why() {
    let server = TestServer::start().await;
    let agent = server.agent();
    assert_eq!(
        code(&export(&server.visitor(), "tickets").await),
        "UNAUTHENTICATED"
    );
    assert_eq!(
        code(&export(&server.requester(), "tickets").await),
        "FORBIDDEN"
    );
    assert_eq!(code(&export(&agent, "secrets").await), "NOT_FOUND");
    for path in [
        "tickets?format=xml",
        "tickets?after=usr_1",
        "tickets?filter=1",
        "tickets?filter=%7B%22nothing%22%3A1%7D",
        "comments?filter=%7B%7D",
        "tickets?token=x",
    ] {
        let refused = export(&agent, path).await;
        assert!(
            ["BAD_REQUEST", "BAD_USER_INPUT"].contains(&code(&refused)),
            "{path}"
        );
    }
    // That it was taken out is audited.
    export(&agent, "people").await.unwrap();
    let log = "{ auditLog(filter: { actions: [RECORDS_EXPORTED] }) { nodes { actor { ... on User { id } } } } }";
    let log = server.admin().run(log, json!({})).await;
    assert_eq!(
        log["data"]["auditLog"]["nodes"][0]["actor"]["id"],
        agent.id(),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_are_no_formulas() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let input = json!({ "subject": "=HYPERLINK(\"x\")", "description": "+1, \"two\"\n@three" });
    mutate(&server.requester(), "createTicket", "ticket { id }", input).await;
    let text = export(&agent, "tickets?format=csv").await.unwrap();
    let (head, row) = text.split_once("\r\n").unwrap();
    assert!(
        head.starts_with("type,id,externalId,subject,description,requesterEmail"),
        "{head}"
    );
    assert!(
        row.contains(",\"'=HYPERLINK(\"\"x\"\")\",\"'+1, \"\"two\"\"\n@three\","),
        "{row}"
    );
    assert_eq!(
        export(
            &agent,
            "organizations?format=csv&after=org_ffffffffffff7fff8fffffffffffffff"
        )
        .await
        .unwrap(),
        "type,id,name,sharesTickets\r\n"
    );
}

/// The API answers null for it where the token has no scope for internal comments.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_staff_may_know_goes_out_to_them_alone() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server.ticket().create().await;
    let raise = json!({ "ticketId": global(ticket.id), "levelRank": 2, "reason": "quokka" });
    mutate(&agent, "changeTicketLevel", "__typename", raise).await;
    let (_, narrow) = crate::token::token(&agent, None, &["TICKETS_READ"]).await;
    assert!(export(&agent, "tickets").await.unwrap().contains("quokka"));
    let narrowed = export(&narrow, "tickets").await.unwrap();
    assert!(narrowed.contains("levelRank"), "{narrowed}");
    assert!(!narrowed.contains("quokka"), "{narrowed}");
}

/// Who read the file into another desk would make an admin of one.
#[tokio::test(flavor = "multi_thread")]
async fn machines_are_not_among_the_people() {
    let server = TestServer::start().await;
    crate::token::token_of_machine(&server, &["TICKETS_READ"]).await;
    let people = export(&server.admin(), "people").await.unwrap();
    assert!(!people.contains("Script"), "{people}");
}
