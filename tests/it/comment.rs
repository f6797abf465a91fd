//! Comments: who may say and read what, and what a comment does to its ticket.

use chrono::TimeDelta;
use entity::user::Role;
use harness::{Client, TestServer, global};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::ask::{Answers, mutate};

const ADDED: &str = "comment { body bodyHtml excerpt visibility isSolution createdAt editedAt attachments { id } author { __typename ... on User { name } } }
  ticket { reference status version commentCount reopenCount firstRepliedAt followUpOf { reference } lastComment { body } }";

async fn comment(client: &Client, ticket: &str, input: Value) -> Value {
    let mut input = input;
    input["ticketId"] = json!(ticket);
    mutate(client, "addComment", ADDED, input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_moves_its_ticket() {
    let server = TestServer::start().await;
    let (requester, agent) = (server.requester(), server.agent());
    let mut answers = Answers::default();
    for (name, ticket, client) in [
        ("a reply opens", server.ticket(), &agent),
        ("a question leaves new", server.ticket(), &requester),
        ("a question wakes", server.ticket().waiting(), &requester),
        (
            "a colleague's wakes",
            server.ticket().waiting(),
            &server.colleague(),
        ),
        ("a reply lets wait", server.ticket().waiting(), &agent),
        ("a question reopens", server.ticket().solved(), &requester),
        ("a reply leaves solved", server.ticket().solved(), &agent),
        (
            "a question follows up",
            server.ticket().closed(),
            &requester,
        ),
        ("no reply to closed", server.ticket().closed(), &agent),
    ] {
        let id = global(ticket.create().await.id);
        answers.add(name, &comment(client, &id, json!({ "body": "So?" })).await);
    }
    assert_snapshot!(answers, @r#"
    a reply opens: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Agnes Agent"},"body":"So?","bodyHtml":"<p>So?</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"So?","isSolution":false,"visibility":"PUBLIC"},"ticket":{"commentCount":1,"firstRepliedAt":"2026-11-23T09:00:00+00:00","followUpOf":null,"lastComment":{"body":"So?"},"reference":"GU-1001","reopenCount":0,"status":"OPEN","version":2},"userErrors":[]}}}
    a question leaves new: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Rosa Requester"},"body":"So?","bodyHtml":"<p>So?</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"So?","isSolution":false,"visibility":"PUBLIC"},"ticket":{"commentCount":1,"firstRepliedAt":null,"followUpOf":null,"lastComment":{"body":"So?"},"reference":"GU-1002","reopenCount":0,"status":"NEW","version":2},"userErrors":[]}}}
    a question wakes: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Rosa Requester"},"body":"So?","bodyHtml":"<p>So?</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"So?","isSolution":false,"visibility":"PUBLIC"},"ticket":{"commentCount":1,"firstRepliedAt":null,"followUpOf":null,"lastComment":{"body":"So?"},"reference":"GU-1003","reopenCount":0,"status":"OPEN","version":3},"userErrors":[]}}}
    a colleague's wakes: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Colin Colleague"},"body":"So?","bodyHtml":"<p>So?</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"So?","isSolution":false,"visibility":"PUBLIC"},"ticket":{"commentCount":1,"firstRepliedAt":null,"followUpOf":null,"lastComment":{"body":"So?"},"reference":"GU-1004","reopenCount":0,"status":"OPEN","version":3},"userErrors":[]}}}
    a reply lets wait: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Agnes Agent"},"body":"So?","bodyHtml":"<p>So?</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"So?","isSolution":false,"visibility":"PUBLIC"},"ticket":{"commentCount":1,"firstRepliedAt":"2026-11-23T09:00:00+00:00","followUpOf":null,"lastComment":{"body":"So?"},"reference":"GU-1005","reopenCount":0,"status":"WAITING","version":3},"userErrors":[]}}}
    a question reopens: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Rosa Requester"},"body":"So?","bodyHtml":"<p>So?</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"So?","isSolution":false,"visibility":"PUBLIC"},"ticket":{"commentCount":1,"firstRepliedAt":null,"followUpOf":null,"lastComment":{"body":"So?"},"reference":"GU-1006","reopenCount":1,"status":"OPEN","version":3},"userErrors":[]}}}
    a reply leaves solved: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Agnes Agent"},"body":"So?","bodyHtml":"<p>So?</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"So?","isSolution":false,"visibility":"PUBLIC"},"ticket":{"commentCount":1,"firstRepliedAt":"2026-11-23T09:00:00+00:00","followUpOf":null,"lastComment":{"body":"So?"},"reference":"GU-1007","reopenCount":0,"status":"SOLVED","version":3},"userErrors":[]}}}
    a question follows up: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Rosa Requester"},"body":"So?","bodyHtml":"<p>So?</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"So?","isSolution":false,"visibility":"PUBLIC"},"ticket":{"commentCount":1,"firstRepliedAt":null,"followUpOf":{"reference":"GU-1008"},"lastComment":{"body":"So?"},"reference":"GU-1009","reopenCount":0,"status":"NEW","version":2},"userErrors":[]}}}
    no reply to closed: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_comment_is_no_reply() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut answers = Answers::default();
    for (name, ticket) in [
        ("new", server.ticket()),
        ("waiting", server.ticket().waiting()),
        ("solved", server.ticket().solved()),
        ("closed", server.ticket().closed()),
    ] {
        let id = global(ticket.create().await.id);
        let input = json!({ "body": "Between us", "visibility": "INTERNAL" });
        answers.add(name, &comment(&agent, &id, input).await);
    }
    assert_snapshot!(answers, @r#"
    new: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Agnes Agent"},"body":"Between us","bodyHtml":"<p>Between us</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"Between us","isSolution":false,"visibility":"INTERNAL"},"ticket":{"commentCount":1,"firstRepliedAt":null,"followUpOf":null,"lastComment":{"body":"Between us"},"reference":"GU-1001","reopenCount":0,"status":"NEW","version":1},"userErrors":[]}}}
    waiting: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Agnes Agent"},"body":"Between us","bodyHtml":"<p>Between us</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"Between us","isSolution":false,"visibility":"INTERNAL"},"ticket":{"commentCount":1,"firstRepliedAt":null,"followUpOf":null,"lastComment":{"body":"Between us"},"reference":"GU-1002","reopenCount":0,"status":"WAITING","version":2},"userErrors":[]}}}
    solved: {"data":{"addComment":{"comment":{"attachments":[],"author":{"__typename":"User","name":"Agnes Agent"},"body":"Between us","bodyHtml":"<p>Between us</p>\n","createdAt":"2026-11-23T09:00:00+00:00","editedAt":null,"excerpt":"Between us","isSolution":false,"visibility":"INTERNAL"},"ticket":{"commentCount":1,"firstRepliedAt":null,"followUpOf":null,"lastComment":{"body":"Between us"},"reference":"GU-1003","reopenCount":0,"status":"SOLVED","version":2},"userErrors":[]}}}
    closed: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":[],"code":"ILLEGAL_TRANSITION","field":null,"message":"A ticket that is closed does not allow this."}]}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_said() {
    let server = TestServer::start().await;
    let requester = server.requester();
    let id = global(server.ticket().create().await.id);
    let mut answers = Answers::default();
    for (name, input) in [
        ("empty", json!({ "body": " \n" })),
        ("long", json!({ "body": "b".repeat(65_537) })),
        ("NUL", json!({ "body": "a\u{0}" })),
        (
            "no upload",
            json!({ "body": "See", "uploadIds": ["upl_x"] }),
        ),
        (
            "not the requester's to say",
            json!({ "body": "Done", "isSolution": true }),
        ),
        (
            "not the requester's to hide",
            json!({ "body": "Psst", "visibility": "INTERNAL" }),
        ),
    ] {
        answers.add(name, &comment(&requester, &id, input).await);
    }
    let francophone = server.add_francophone(Role::Agent).await;
    answers.add(
        "in French",
        &comment(&francophone, &id, json!({ "body": "" })).await,
    );
    answers.add(
        "nowhere",
        &comment(&requester, "tic_x", json!({ "body": "Hello" })).await,
    );
    assert_snapshot!(answers, @r#"
    empty: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["body"],"message":"This is required."}]}}}
    long: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"TOO_LONG","field":["body"],"message":"At most 65536 characters."}]}}}
    NUL: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["body"],"message":"It contains a character that is not allowed."}]}}}
    no upload: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["uploadIds"],"message":"There is no such thing, or not for you."}]}}}
    not the requester's to say: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":["isSolution"],"message":"You may not do this."}]}}}
    not the requester's to hide: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}}}
    in French: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["body"],"message":"Ce champ est obligatoire."}]}}}
    nowhere: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["ticketId"],"message":"There is no such thing, or not for you."}]}}}
    "#);
}

const COMMENTS: &str = "query($id: ID!) { ticket(by: { id: $id }) { version updatedAt commentCount lastComment { body } comments(first: 10) { totalCount nodes { body visibility } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn requesters_never_meet_internal_comments() {
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    for body in ["One", "Two"] {
        server.advance(TimeDelta::seconds(1));
        server.comment(&ticket).body(body).create().await;
        server.advance(TimeDelta::seconds(1));
        server
            .comment(&ticket)
            .body("Secret")
            .internal()
            .create()
            .await;
    }
    let id = json!({ "id": global(ticket.id) });
    assert_json_snapshot!(server.requester().run(COMMENTS, id.clone()).await, @r#"
    {
      "data": {
        "ticket": {
          "commentCount": 2,
          "comments": {
            "nodes": [
              {
                "body": "One",
                "visibility": "PUBLIC"
              },
              {
                "body": "Two",
                "visibility": "PUBLIC"
              }
            ],
            "totalCount": 2
          },
          "lastComment": {
            "body": "Two"
          },
          "updatedAt": "2026-11-23T09:00:03+00:00",
          "version": 3
        }
      }
    }
    "#);
    assert_json_snapshot!(server.lead().run(COMMENTS, id).await, @r#"
    {
      "data": {
        "ticket": {
          "commentCount": 4,
          "comments": {
            "nodes": [
              {
                "body": "One",
                "visibility": "PUBLIC"
              },
              {
                "body": "Secret",
                "visibility": "INTERNAL"
              },
              {
                "body": "Two",
                "visibility": "PUBLIC"
              },
              {
                "body": "Secret",
                "visibility": "INTERNAL"
              }
            ],
            "totalCount": 4
          },
          "lastComment": {
            "body": "Secret"
          },
          "updatedAt": "2026-11-23T09:00:03+00:00",
          "version": 3
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_comment_can_be_edited() {
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    let public = server.comment(&ticket).create().await;
    let internal = server.comment(&ticket).internal().create().await;
    server.advance(TimeDelta::minutes(1));
    let mut answers = Answers::default();
    let shown =
        "comment { body bodyHtml excerpt editedAt ticket { version lastComment { body } } }";
    for (name, client, comment, body) in [
        ("own", server.agent(), &public, "Use **sand**."),
        (
            "own, internal",
            server.agent(),
            &internal,
            "Use sand, I mean.",
        ),
        ("the same", server.agent(), &public, "Use **sand**."),
        ("empty", server.agent(), &public, ""),
        ("another's", server.lead(), &public, "Mine"),
        ("an agent's", server.requester(), &public, "Mine"),
        ("hidden", server.requester(), &internal, "Mine"),
        ("of a hidden ticket", server.stranger(), &public, "Mine"),
    ] {
        let input = json!({ "commentId": global(comment.id), "body": body });
        answers.add(name, &mutate(&client, "editComment", shown, input).await);
    }
    let missing = json!({ "commentId": "com_x", "body": "Mine" });
    answers.add(
        "missing",
        &mutate(&server.requester(), "editComment", shown, missing).await,
    );
    assert_snapshot!(answers, @r#"
    own: {"data":{"editComment":{"comment":{"body":"Use **sand**.","bodyHtml":"<p>Use <strong>sand</strong>.</p>\n","editedAt":"2026-11-23T09:01:00+00:00","excerpt":"Use sand.","ticket":{"lastComment":{"body":"Have you tried *water*?"},"version":3}},"userErrors":[]}}}
    own, internal: {"data":{"editComment":{"comment":{"body":"Use sand, I mean.","bodyHtml":"<p>Use sand, I mean.</p>\n","editedAt":"2026-11-23T09:01:00+00:00","excerpt":"Use sand, I mean.","ticket":{"lastComment":{"body":"Use sand, I mean."},"version":3}},"userErrors":[]}}}
    the same: {"data":{"editComment":{"comment":{"body":"Use **sand**.","bodyHtml":"<p>Use <strong>sand</strong>.</p>\n","editedAt":"2026-11-23T09:01:00+00:00","excerpt":"Use sand.","ticket":{"lastComment":{"body":"Use sand, I mean."},"version":3}},"userErrors":[]}}}
    empty: {"data":{"editComment":{"comment":null,"userErrors":[{"allowed":null,"code":"REQUIRED","field":["body"],"message":"This is required."}]}}}
    another's: {"data":{"editComment":{"comment":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}}}
    an agent's: {"data":{"editComment":{"comment":null,"userErrors":[{"allowed":null,"code":"FORBIDDEN","field":null,"message":"You may not do this."}]}}}
    hidden: {"data":{"editComment":{"comment":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["commentId"],"message":"There is no such thing, or not for you."}]}}}
    of a hidden ticket: {"data":{"editComment":{"comment":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["commentId"],"message":"There is no such thing, or not for you."}]}}}
    missing: {"data":{"editComment":{"comment":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["commentId"],"message":"There is no such thing, or not for you."}]}}}
    "#);
}
