//! Putting articles on tickets.

use harness::TestServer;
use serde_json::{Value, json};

use super::{create, draft, mutate, publish, refused};

const LINK: &str = "mutation($input: LinkKnowledgeInput!) { linkKnowledge(input: $input) {
    knowledgeLink { id role article { solvedCount } ticket { version } }
    userErrors { code field } } }";

async fn open_ticket(server: &TestServer) -> Value {
    let open = "mutation($input: CreateTicketInput!) { createTicket(input: $input) {
        ticket { id } userErrors { code } } }";
    let input = json!({ "subject": "Locked out", "description": "Help" });
    mutate(&server.requester(), open, input).await["ticket"]["id"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solution_counts_once_a_ticket() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = open_ticket(&server).await;
    let article = create(&agent, draft("VPN")).await;
    let input = |role: &str| json!({ "ticketId": ticket, "articleId": article, "role": role });

    let first = mutate(&agent, LINK, input("SOLUTION")).await;
    let mut link = first["knowledgeLink"].clone();
    assert!(link["id"].take().is_string());
    let expected = json!({
        "id": null, "role": "SOLUTION", "article": { "solvedCount": 1 }, "ticket": { "version": 1 },
    });
    assert_eq!(link, expected);
    // The same link again is the same link, and no change of the ticket.
    assert_eq!(mutate(&agent, LINK, input("SOLUTION")).await, first);
    let shared = mutate(&agent, LINK, input("SHARED")).await;
    assert_eq!(shared["knowledgeLink"]["article"]["solvedCount"], 1);
    // The article is a draft: the requester cannot even tell from the version that it is there.
    assert_eq!(shared["knowledgeLink"]["ticket"]["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_link_at_once_make_one_link() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let ticket = open_ticket(&server).await;
    let article = create(&agent, draft("VPN")).await;
    let input = json!({ "ticketId": ticket, "articleId": article, "role": "SOLUTION" });
    let (one, other) = tokio::join!(
        mutate(&agent, LINK, input.clone()),
        mutate(&lead, LINK, input.clone()),
    );
    assert_eq!(one, other);
    assert_eq!(one["knowledgeLink"]["article"]["solvedCount"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_refused_with_the_reason() {
    let server = TestServer::start().await;
    let (agent, requester) = (server.agent(), server.requester());
    let ticket = open_ticket(&server).await;
    let article = create(&agent, draft("VPN")).await;
    let input = |ticket: &Value, article: &Value, role: &str| json!({ "ticketId": ticket, "articleId": article, "role": role });
    let cases = [
        (
            &requester,
            input(&ticket, &article, "SHARED"),
            ("FORBIDDEN", None),
        ),
        (
            &agent,
            input(&ticket, &article, "SUGGESTED"),
            ("INVALID", Some("role")),
        ),
        (
            &agent,
            input(&article, &article, "SHARED"),
            ("NOT_FOUND", Some("ticketId")),
        ),
        (
            &agent,
            input(&ticket, &ticket, "SHARED"),
            ("NOT_FOUND", Some("articleId")),
        ),
    ];
    for (who, input, error) in cases {
        let expected = refused("knowledgeLink", &[error]);
        assert_eq!(mutate(who, LINK, input).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_ticket_gets_no_more_articles() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let ticket = harness::global(server.ticket().closed().create().await.id);
    let article = create(&agent, draft("VPN")).await;
    let input = json!({ "ticketId": ticket, "articleId": article, "role": "SOLUTION" });
    let expected = refused("knowledgeLink", &[("ILLEGAL_TRANSITION", None)]);
    assert_eq!(mutate(&agent, LINK, input).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_shows_requesters_only_the_articles_that_they_may_read() {
    let server = TestServer::start().await;
    let (agent, requester) = (server.agent(), server.requester());
    let ticket = open_ticket(&server).await;
    let mut links = Vec::new();
    for title in ["Public", "Draft"] {
        let article = create(&agent, draft(title)).await;
        if title == "Public" {
            publish(&server, &article).await;
        }
        let input = json!({ "ticketId": ticket, "articleId": article, "role": "SHARED" });
        links.push(mutate(&agent, LINK, input).await["knowledgeLink"]["id"].take());
    }
    let look = "query($id: ID!, $links: [ID!]!) {
        ticket(by: { id: $id }) { knowledgeLinks { role article { slug } } }
        nodes(ids: $links) { __typename } }";
    let variables = json!({ "id": ticket, "links": links });
    let link = |slug: &str| json!({ "role": "SHARED", "article": { "slug": slug } });
    let node = json!({ "__typename": "KnowledgeLink" });
    assert_eq!(
        requester.run(look, variables.clone()).await["data"],
        json!({ "ticket": { "knowledgeLinks": [link("public")] }, "nodes": [node, null] })
    );
    assert_eq!(
        agent.run(look, variables).await["data"],
        json!({
            "ticket": { "knowledgeLinks": [link("public"), link("draft")] },
            "nodes": [node, node],
        })
    );
}
