//! The words of `TicketFilter` and `ArticleFilter`.

use harness::TestServer;
use serde_json::json;

use crate::ask::mutate;

const LIST: &str = "query($filter: TicketFilter) { tickets(filter: $filter, orderBy: { field: NUMBER }) { totalCount nodes { subject } } }";

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_filtered_by_words_beside_everything_else() {
    let server = TestServer::start().await;
    for (subject, tag) in [
        ("Imprimante en panne", "rouge"),
        ("Imprimantes lentes", "bleu"),
        ("Écran", "bleu"),
    ] {
        server.ticket().subject(subject).tag(tag).create().await;
    }
    let words = |text: &str| json!({ "text": text });
    let blue = json!({ "tags": { "hasAny": ["bleu"] } });
    let cases = [
        (words("imprimante"), 2),
        (words("IMPRIMANTES pan"), 1),
        (words("imprimnate"), 0),
        (words("\"en panne\""), 1),
        (words("… \u{0}"), 0),
        (json!({ "text": "impr", "tags": { "hasAny": ["bleu"] } }), 1),
        (json!({ "or": [words("panne"), words("ecran")] }), 2),
        (json!({ "not": words("imprimante") }), 1),
        (json!({ "and": [words("lentes"), blue] }), 1),
    ];
    for (filter, count) in cases {
        let answer = server.agent().run(LIST, json!({ "filter": filter })).await;
        let list = &answer["data"]["tickets"];
        assert_eq!(list["totalCount"], json!(count), "{filter}: {answer}");
        assert_eq!(list["nodes"].as_array().unwrap().len(), count, "{filter}");
    }
    let hidden = server
        .stranger()
        .run(LIST, json!({ "filter": words("imprimante") }))
        .await;
    assert_eq!(
        hidden["data"]["tickets"],
        json!({ "totalCount": 0, "nodes": [] })
    );
    let long = server
        .agent()
        .run(LIST, json!({ "filter": words(&"x".repeat(1_001)) }))
        .await;
    assert_eq!(long["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_has_few_texts_at_whatever_depth() {
    let server = TestServer::start().await;
    server
        .ticket()
        .subject("Imprimante en panne")
        .create()
        .await;
    let deep = |count: usize| {
        let texts = (1..count).map(|_| json!({ "not": { "text": "ecran" } }));
        json!({ "text": "panne", "and": texts.collect::<Vec<_>>() })
    };
    let agent = server.agent();
    let answer = agent.run(LIST, json!({ "filter": deep(5) })).await;
    assert_eq!(answer["data"]["tickets"]["totalCount"], 1, "{answer}");
    let refused = agent.run(LIST, json!({ "filter": deep(6) })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_followed_has_no_words() {
    let server = TestServer::start().await;
    let filter = json!({ "or": [{ "not": { "text": "imprimante" } }] });
    let queue = json!({ "name": "Imprimantes", "filter": filter });
    let refused = mutate(&server.agent(), "createQueue", "queue { id }", queue).await;
    let error = &refused["data"]["createQueue"]["userErrors"][0];
    let is_told = error["field"] == json!(["filter"])
        || refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT";
    assert!(is_told, "{refused}");
    let stream = "subscription($filter: TicketFilter) { queueChanges(filter: $filter) { count } }";
    let mut socket = server.agent().open_socket().await;
    socket
        .subscribe("1", stream, json!({ "filter": filter }))
        .await;
    let told = socket.next().await;
    assert_eq!(told["type"], "error", "{told}");
    assert!(told.to_string().contains("BAD_USER_INPUT"), "{told}");
}
