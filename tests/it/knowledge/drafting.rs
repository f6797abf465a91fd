//! Drafts out of solved tickets.

use harness::{TestServer, global};
use serde_json::{Value, json};

use super::{mutate, publish, refused};

const DRAFT: &str = "mutation($input: DraftArticleFromTicketInput!) { draftArticleFromTicket(input: $input) {
    article { id title summary body locale status visibility tags solvedCount } userErrors { code field } } }";
const LINKS: &str = "query($id: ID!) { ticket(by: { id: $id }) { version
    knowledgeLinks { role article { title } addedBy { ... on User { name } } } } }";

async fn solved(server: &TestServer) -> entity::ticket::Model {
    let ticket = server
        .ticket()
        .subject("L'imprimante ne répond plus")
        .description("Depuis ce matin, l'imprimante du **deuxième** étage n'imprime plus.")
        .tag("printer")
        .solved()
        .create()
        .await;
    let agent = server.agent();
    for (body, is_internal, is_solution) in [
        ("Nous regardons.", false, false),
        ("Redémarrez le *spouleur*.", false, true),
        ("axolotl: the admin password is on the wall", true, true),
        ("Puis relancez l'impression.", false, true),
    ] {
        let mut comment = server.comment(&ticket).by(&agent).body(body);
        if is_internal {
            comment = comment.internal();
        }
        if is_solution {
            comment = comment.solution();
        }
        comment.create().await;
    }
    ticket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solved_ticket_becomes_a_draft_without_what_is_internal() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let id = global(solved(&server).await.id);
    let mut drafted = mutate(&agent, DRAFT, json!({ "ticketId": id })).await;
    let article = drafted["article"]["id"].take();
    assert!(article.is_string(), "{drafted}");
    let body = "## Question\n\nDepuis ce matin, l'imprimante du **deuxième** étage n'imprime plus.\n\n\
        ## Réponse\n\nRedémarrez le *spouleur*.\n\nPuis relancez l'impression.";
    let expected = json!({
        "id": null, "title": "L'imprimante ne répond plus", "body": body, "locale": "fr", "status": "DRAFT",
        "summary": "Depuis ce matin, l'imprimante du deuxième étage n'imprime plus.",
        "visibility": "PUBLIC", "tags": ["printer"], "solvedCount": 1,
    });
    assert_eq!(drafted, json!({ "article": expected, "userErrors": [] }));
    let link = json!({ "role": "SOLUTION", "article": { "title": "L'imprimante ne répond plus" },
        "addedBy": { "name": "Agnes Agent" } });
    let ticket = agent.run(LINKS, json!({ "id": id })).await;
    assert_eq!(ticket["data"]["ticket"]["knowledgeLinks"], json!([link]));
    // The requester hears nothing of it until it is published.
    let seen = server.requester().run(LINKS, json!({ "id": id })).await;
    assert_eq!(seen["data"]["ticket"]["knowledgeLinks"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_article_may_say_what_is_internal() {
    let server = TestServer::start().await;
    let id = global(solved(&server).await.id);
    let input = json!({ "ticketId": id, "visibility": "INTERNAL", "locale": "en" });
    let drafted = mutate(&server.agent(), DRAFT, input).await;
    let body = drafted["article"]["body"].as_str().unwrap_or_default();
    let answer = "## Answer\n\nRedémarrez le *spouleur*.\n\naxolotl: the admin password is on the wall\n\nPuis";
    assert!(body.contains(answer), "{drafted}");
    assert_eq!(drafted["article"]["locale"], "en");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_draft_at_a_time() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let id = global(solved(&server).await.id);
    let input = json!({ "ticketId": id });
    let (one, other) = tokio::join!(
        mutate(&agent, DRAFT, input.clone()),
        mutate(&lead, DRAFT, input.clone()),
    );
    let again = refused("article", &[("INVALID", Some("ticketId"))]);
    let (made, not) = if one["article"].is_null() {
        (other, one)
    } else {
        (one, other)
    };
    assert_eq!(not, again);
    assert_eq!(mutate(&agent, DRAFT, input.clone()).await, again);
    publish(&server, &made["article"]["id"]).await;
    // What was published may have left something out.
    let second = mutate(&agent, DRAFT, input).await;
    assert_eq!(second["article"]["status"], "DRAFT", "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_refused_with_the_reason() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let open = global(server.ticket().create().await.id);
    let closed = global(server.ticket().closed().create().await.id);
    let merged = global(server.ticket().create().await.id);
    let merge = "mutation($input: MergeTicketInput!) { mergeTicket(input: $input) { userErrors { code } } }";
    let input = json!({ "ticketId": merged, "intoId": open });
    assert_eq!(mutate(&agent, merge, input).await["userErrors"], json!([]));
    let input = |id: &str| json!({ "ticketId": id });
    let cases: [(_, Value, _); 6] = [
        (&server.requester(), input(&closed), ("FORBIDDEN", None)),
        (
            &server.external_agent(),
            input(&closed),
            ("NOT_FOUND", Some("ticketId")),
        ),
        (
            &agent,
            input("tkt_nothing"),
            ("NOT_FOUND", Some("ticketId")),
        ),
        (&agent, input(&open), ("ILLEGAL_TRANSITION", None)),
        (&agent, input(&merged), ("INVALID", Some("ticketId"))),
        (
            &agent,
            json!({ "ticketId": closed, "locale": "de" }),
            ("INVALID", Some("locale")),
        ),
    ];
    for (who, input, error) in cases {
        let expected = refused("article", &[error]);
        assert_eq!(mutate(who, DRAFT, input.clone()).await, expected, "{input}");
    }
    // Nobody said what solved it: that is for a person to write.
    let drafted = mutate(&agent, DRAFT, input(&closed)).await;
    let body = drafted["article"]["body"].as_str().unwrap_or_default();
    assert!(body.ends_with("## Answer"), "{drafted}");
}

/// Texts as long as they may be still make an article.
#[tokio::test(flavor = "multi_thread")]
async fn long_tickets_make_drafts_too() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = server
        .ticket()
        .subject(&"s".repeat(255))
        .description(&"\u{7}é ".repeat(21_000))
        .solved()
        .create()
        .await;
    let long = "ß".repeat(65_536);
    let comment = server.comment(&ticket).by(&agent).body(&long);
    comment.solution().create().await;
    let drafted = mutate(&agent, DRAFT, json!({ "ticketId": global(ticket.id) })).await;
    assert_eq!(drafted["userErrors"], json!([]));
    let body = drafted["article"]["body"].as_str().unwrap_or_default();
    assert_eq!(body.chars().count(), 65_536);
    assert!(body.contains("\n\n## Réponse\n\nß") || body.contains("\n\n## Answer\n\nß"));
}
