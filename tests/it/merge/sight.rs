//! Nobody reads more because of a merge than they read before.

use chrono::TimeDelta;
use entity::comment;
use harness::{Client, TestServer, global};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::{merged, see, with_comments};
use crate::ask::{mutate, outcome};

/// Everything by which a ticket could tell of another.
const ALL: &str = "status version updatedAt commentCount lastComment { body } mergedInto { reference } mergedTickets { reference subject }
  comments { totalCount nodes { body author { ... on User { name } } ticket { reference } } } knowledgeLinks { article { title } }
  timeline { totalCount nodes { __typename actor { ... on User { name } } ... on MergeEntry { ticket { subject } } } } tags isFollowing";

const SECRET: &str = "zebrafish";

async fn with_secrets(server: &TestServer, by: &Client) -> entity::ticket::Model {
    let subject = format!("{SECRET}-subject");
    let ticket = server
        .ticket()
        .by(by)
        .subject(&subject)
        .tag("zebrafish-tag");
    let ticket = ticket.create().await;
    let comment = |body: &str| server.comment(&ticket).body(body);
    comment("zebrafish-public").by(by).create().await;
    comment("zebrafish-internal").internal().create().await;
    ticket
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_requester_sees_nothing_of_it() {
    let server = TestServer::start().await;
    let (rosa, stella, agent) = (server.requester(), server.stranger(), server.agent());
    let into = with_comments(&server, &rosa, &["Mine"]).await;
    let ticket = with_secrets(&server, &stella).await;
    let articles = json!({ "title": "zebrafish-article", "body": "How", "locale": "en" });
    let article = mutate(&agent, "createArticle", "article { id }", articles).await;
    let article = article["data"]["createArticle"]["article"]["id"].clone();
    mutate(
        &server.lead(),
        "publishArticle",
        "article { id }",
        json!({ "articleId": article }),
    )
    .await;
    let link = json!({ "ticketId": global(ticket.id), "articleId": article, "role": "SHARED" });
    assert_eq!(
        outcome(&mutate(&agent, "linkKnowledge", "knowledgeLink { id }", link).await),
        "ok"
    );

    let stream = "subscription($id: ID!) { ticketChanges(ticketId: $id) { entry { __typename } ticket { version commentCount } } }";
    let mut live = rosa
        .subscribe(stream, json!({ "id": global(into.id) }))
        .await;
    let [rosas, stellas] = [
        see(&rosa, &into, ALL).await,
        see(&stella, &ticket, ALL).await,
    ];
    server.advance(TimeDelta::minutes(1));
    merged(&agent, &ticket, &into).await;
    assert_eq!(see(&rosa, &into, ALL).await, rosas);
    assert_eq!(
        see(&server.colleague(), &into, ALL).await["commentCount"],
        1
    );
    // Stella sees that hers is closed, not what it went on as.
    let closed = see(&stella, &ticket, ALL).await;
    assert_eq!(closed["comments"], stellas["comments"]);
    assert_eq!(closed["mergedInto"], Value::Null);
    assert_eq!(closed["status"], "CLOSED");
    let newest = closed["timeline"]["nodes"].as_array().unwrap().last();
    assert_json_snapshot!(newest, @r#"
    {
      "__typename": "MergeEntry",
      "actor": {
        "name": "Agnes Agent"
      },
      "ticket": null
    }
    "#);
    // Staff see all of it, so there was something to see.
    let all = see(&agent, &into, ALL).await.to_string();
    for word in ["subject", "public", "internal", "article"] {
        assert!(all.contains(&format!("{SECRET}-{word}")), "{word}: {all}");
    }
    // What reaches Rosa live is the next thing that she may know.
    server.comment(&into).body("Better?").create().await;
    let change = live.next().await;
    assert_json_snapshot!(change["data"]["ticketChanges"], @r#"
    {
      "entry": {
        "__typename": "CommentEntry"
      },
      "ticket": {
        "commentCount": 2,
        "version": 3
      }
    }
    "#);
    // Neither by asking each in other ways.
    for document in [
        "{ tickets { totalCount nodes { commentCount lastComment { body } mergedTickets { subject } comments { nodes { body } } knowledgeLinks { article { title } } } } }",
        "{ tickets { nodes { links { ticket { subject } } timeline { nodes { ... on MergeEntry { ticket { subject comments { nodes { body } } } } } } } } }",
    ] {
        let answer = rosa.run(document, json!({})).await.to_string();
        assert!(!answer.contains(SECRET), "{answer}");
    }
}

/// Rosa and Colin read each other's tickets; a vendor's agent only what is routed to their team.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_both_sees_both() {
    let server = TestServer::start().await;
    let (rosa, colin, agent) = (server.requester(), server.colleague(), server.agent());
    let external = server.external_agent();
    let into = with_comments(&server, &rosa, &["Mine"]).await;
    let ticket = with_secrets(&server, &colin).await;
    let route = json!({ "ticketId": global(into.id), "teamId": global(server.external_team()) });
    assert_eq!(
        outcome(&mutate(&agent, "assignTicket", "ticket { id }", route).await),
        "ok"
    );
    let before = see(&external, &into, ALL).await;
    merged(&agent, &ticket, &into).await;
    for who in [&rosa, &colin] {
        let shown = see(who, &into, ALL).await;
        assert_eq!(shown["commentCount"], 2);
        assert_eq!(shown["lastComment"]["body"], "zebrafish-public");
        assert_eq!(shown["mergedTickets"][0]["reference"], "GU-1002");
        assert!(!shown.to_string().contains("internal"), "{shown}");
    }
    let mut shown = see(&external, &into, ALL).await;
    assert!(!shown.to_string().contains(SECRET), "{shown}");
    // They learn that there was one: an entry without a ticket, and a version.
    for field in ["version", "updatedAt", "timeline"] {
        shown[field] = before[field].clone();
    }
    assert_eq!(shown, before);
}

/// The same comments by their own ids: each is where it was written.
#[tokio::test(flavor = "multi_thread")]
async fn a_comment_stays_where_it_was_written() {
    let server = TestServer::start().await;
    let (rosa, stella, agent) = (server.requester(), server.stranger(), server.agent());
    let into = server.ticket().by(&rosa).create().await;
    let ticket = server.ticket().by(&stella).create().await;
    let comment: comment::Model = server.comment(&ticket).by(&stella).create().await;
    merged(&agent, &ticket, &into).await;
    let node = "query($id: ID!) { node(id: $id) { ... on Comment { ticket { reference } } } }";
    let id = json!({ "id": global(comment.id) });
    assert_eq!(
        rosa.run(node, id.clone()).await["data"]["node"],
        Value::Null
    );
    for who in [&stella, &agent] {
        let answer = who.run(node, id.clone()).await;
        assert_eq!(answer["data"]["node"]["ticket"]["reference"], "GU-1002");
    }
    // And cannot be changed as long as it is closed.
    let input = json!({ "commentId": global(comment.id), "body": "Other" });
    let answer = mutate(&stella, "editComment", "comment { id }", input).await;
    assert_eq!(outcome(&answer), "ILLEGAL_TRANSITION");
}
