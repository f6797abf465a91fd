//! Attaching files: each once, by who uploaded it, with the change that names it or not at all.

use futures_util::future::join_all;
use harness::{TestServer, global};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    Beside, FILES, announced, attached, comment, files_in, lying, path_of, status, uploaded,
};
use crate::ask::{Answers, mutate, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_used_once_by_who_made_it() {
    let server = TestServer::start().await;
    let (rosa, colleague, agent) = (server.requester(), server.colleague(), server.agent());
    let ticket = global(server.ticket().create().await.id);
    let text = |name: &'static str| uploaded(&server, &rosa, name, "text/plain", b"x");
    let (first, second) = (text("1.txt").await, text("2.txt").await);
    let (unsent, _) = announced(&rosa, "3.txt", "text/plain", 1).await;
    let made_up = "upl_ffffffffffff7fff8fffffffffffffff";
    let eleven = vec![first.as_str(); 11];
    let mut answers = Answers::default();
    for (name, who, uploads) in [
        ("a colleague's", &colleague, vec![first.as_str()]),
        ("staff", &agent, vec![first.as_str()]),
        ("made up", &rosa, vec![made_up]),
        ("no id", &rosa, vec!["upl_x"]),
        ("another kind", &rosa, vec![ticket.as_str()]),
        ("one of two", &rosa, vec![first.as_str(), made_up]),
        ("twice", &rosa, vec![first.as_str(), first.as_str()]),
        ("unsent", &rosa, vec![first.as_str(), &unsent]),
        ("eleven", &rosa, eleven),
    ] {
        answers.add(name, &comment(who, &ticket, "PUBLIC", &uploads).await);
    }
    assert_snapshot!(answers, @r#"
    a colleague's: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["uploadIds"],"message":"There is no such thing, or not for you."}]}}}
    staff: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["uploadIds"],"message":"There is no such thing, or not for you."}]}}}
    made up: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["uploadIds"],"message":"There is no such thing, or not for you."}]}}}
    no id: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["uploadIds"],"message":"There is no such thing, or not for you."}]}}}
    another kind: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["uploadIds"],"message":"There is no such thing, or not for you."}]}}}
    one of two: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["uploadIds"],"message":"There is no such thing, or not for you."}]}}}
    twice: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"NOT_FOUND","field":["uploadIds"],"message":"There is no such thing, or not for you."}]}}}
    unsent: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["uploadIds"],"message":"The file was not uploaded yet."}]}}}
    eleven: {"data":{"addComment":{"comment":null,"ticket":null,"userErrors":[{"allowed":null,"code":"INVALID","field":["uploadIds"],"message":"At most 10."}]}}}
    "#);
    // Nothing of all that was half done.
    let files = attached(&rosa, &ticket, "PUBLIC", &[&second, &first]).await;
    let names: Vec<_> = files.iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["2.txt", "1.txt"]);
    let again = comment(&rosa, &ticket, "PUBLIC", &[&first]).await;
    assert_eq!(outcome(&again), "NOT_FOUND");
    let seen = rosa
        .run(
            "query($id: ID!) { ticket(by: { id: $id }) { commentCount } }",
            json!({ "id": ticket }),
        )
        .await;
    assert_eq!(seen["data"]["ticket"]["commentCount"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_attach_one_file_one_has_it() {
    let server = TestServer::start().await;
    let beside = Beside::of(&server).await;
    let beside = beside.server();
    let rosa = server.requester();
    let ticket = global(server.ticket().create().await.id);
    for _ in 0..5 {
        let id = uploaded(&server, &rosa, "a.txt", "text/plain", b"x").await;
        let there = beside.requester();
        let writing = [&rosa, &there].repeat(3).into_iter().map(|who| {
            let (id, ticket) = (&id, &ticket);
            async move { outcome(&comment(who, ticket, "PUBLIC", &[id]).await) }
        });
        let mut outcomes = join_all(writing).await;
        outcomes.sort();
        assert_eq!(
            outcomes,
            [
                "NOT_FOUND",
                "NOT_FOUND",
                "NOT_FOUND",
                "NOT_FOUND",
                "NOT_FOUND",
                "ok"
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_is_refused_leaves_its_files_to_be_used() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let closed = global(server.ticket().closed().create().await.id);
    let open = global(server.ticket().create().await.id);
    let id = uploaded(&server, &agent, "a.txt", "text/plain", b"x").await;
    let refused = comment(&agent, &closed, "PUBLIC", &[&id]).await;
    assert_eq!(outcome(&refused), "ILLEGAL_TRANSITION");
    assert_eq!(attached(&agent, &open, "PUBLIC", &[&id]).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_opened_with_files_and_a_follow_up_has_its_own() {
    let server = TestServer::start().await;
    let (rosa, agent) = (server.requester(), server.agent());
    let id = uploaded(&server, &rosa, "a.txt", "text/plain", b"first").await;
    let new = json!({ "subject": "s", "description": "d", "uploadIds": [id] });
    let shown = format!("ticket {{ id commentCount {FILES} }}");
    let opened = mutate(&rosa, "createTicket", &shown, new.clone()).await;
    let ticket = &opened["data"]["createTicket"]["ticket"];
    assert_eq!(files_in(ticket).len(), 1, "{opened}");
    assert_eq!(ticket["commentCount"], 0);
    assert_eq!(
        outcome(&mutate(&rosa, "createTicket", &shown, new).await),
        "NOT_FOUND"
    );
    let ticket = ticket["id"].as_str().unwrap();
    for mutation in ["solveTicket", "closeTicket"] {
        let moved = mutate(
            &agent,
            mutation,
            "ticket { id }",
            json!({ "ticketId": ticket }),
        )
        .await;
        assert_eq!(outcome(&moved), "ok");
    }
    let id = uploaded(&server, &rosa, "b.txt", "text/plain", b"again").await;
    let answer = comment(&rosa, ticket, "PUBLIC", &[&id]).await;
    assert_ne!(answer["data"]["addComment"]["ticket"]["id"], *ticket);
    assert_eq!(
        files_in(&answer["data"]["addComment"]["comment"])[0]["name"],
        "b.txt"
    );
}

/// What one comment says goes on by itself, with the files that it came with; both read the same bytes.
#[tokio::test(flavor = "multi_thread")]
async fn files_go_along_where_tickets_are_split_and_merged() {
    let server = TestServer::start().await;
    let (rosa, agent) = (server.requester(), server.agent());
    let ticket = global(server.ticket().create().await.id);
    let id = uploaded(&server, &rosa, "a.txt", "text/plain", b"shared").await;
    let answer = comment(&rosa, &ticket, "PUBLIC", &[&id]).await;
    let at = answer["data"]["addComment"]["comment"]["id"].clone();
    let later = uploaded(&server, &agent, "b.txt", "text/plain", b"later").await;
    attached(&agent, &ticket, "INTERNAL", &[&later]).await;
    let split = json!({ "ticketId": ticket, "commentId": at, "movesLater": true });
    let shown = format!(
        "newTicket {{ id {FILES} comments {{ nodes {{ {FILES} }} }} }} ticket {{ comments {{ nodes {{ {FILES} }} }} }}"
    );
    let parts = mutate(&agent, "splitTicket", &shown, split).await;
    let parts = &parts["data"]["splitTicket"];
    let names = |of: &Value| {
        files_in(of)
            .iter()
            .map(|file| file["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&parts["newTicket"]), ["a.txt"]);
    assert_eq!(
        names(&parts["newTicket"]["comments"]["nodes"][0]),
        ["b.txt"]
    );
    assert_eq!(names(&parts["ticket"]["comments"]["nodes"][0]), ["a.txt"]);
    assert_eq!(lying(&server).await.len(), 2);
    let new = parts["newTicket"]["id"].clone();
    let document = format!(
        "query($id: ID!) {{ ticket(by: {{ id: $id }}) {{ {FILES} comments {{ nodes {{ {FILES} }} }} }} }}"
    );
    let seen = rosa.run(&document, json!({ "id": new })).await;
    assert_eq!(names(&seen["data"]["ticket"]), ["a.txt"]);
    assert_eq!(seen["data"]["ticket"]["comments"]["nodes"], json!([]));
    assert_eq!(
        status(
            &rosa,
            &path_of(&files_in(&seen["data"]["ticket"])[0]["url"])
        )
        .await,
        200
    );

    let merge = json!({ "ticketId": new, "intoId": ticket });
    let merged = mutate(&agent, "mergeTicket", "ticket { id }", merge).await;
    assert_eq!(outcome(&merged), "ok", "{merged}");
    let seen = agent.run(&document, json!({ "id": ticket })).await;
    let comments = seen["data"]["ticket"]["comments"]["nodes"]
        .as_array()
        .unwrap();
    let shown: Vec<_> = comments.iter().flat_map(names).collect();
    assert_eq!(shown, ["a.txt", "b.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn articles_have_files() {
    let server = TestServer::start().await;
    let (agent, lead, rosa) = (server.agent(), server.lead(), server.requester());
    let id = uploaded(&server, &agent, "a.pdf", "application/pdf", b"%PDF-1.7").await;
    let shown = format!("article {{ id {FILES} }}");
    let new = json!({ "title": "T", "body": "b", "locale": "en", "uploadIds": [id] });
    let created = mutate(&agent, "createArticle", &shown, new).await;
    let article = created["data"]["createArticle"]["article"].clone();
    assert_eq!(files_in(&article).len(), 1, "{created}");
    let second = uploaded(&server, &agent, "b.pdf", "application/pdf", b"%PDF-1.7").await;
    let more = |upload: &str| json!({ "articleId": article["id"], "uploadIds": [upload] });
    let edited = mutate(&agent, "attachToArticle", &shown, more(&second)).await;
    let files = files_in(&edited["data"]["attachToArticle"]["article"]);
    assert_eq!(files.len(), 2, "{edited}");
    // A requester sees none of it until it is published.
    let by_requester = uploaded(&server, &rosa, "c.pdf", "application/pdf", b"%PDF-1.7").await;
    let hidden = mutate(&rosa, "attachToArticle", &shown, more(&by_requester)).await;
    assert_eq!(outcome(&hidden), "NOT_FOUND");
    let publish = json!({ "articleId": article["id"] });
    let published = mutate(&lead, "publishArticle", &shown, publish).await;
    assert_eq!(outcome(&published), "ok");
    let third = uploaded(&server, &agent, "d.pdf", "application/pdf", b"%PDF-1.7").await;
    assert_eq!(
        outcome(&mutate(&agent, "attachToArticle", &shown, more(&third)).await),
        "FORBIDDEN"
    );
    let detach = json!({ "attachmentId": files[0]["id"] });
    for (who, expected) in [
        (&rosa, "FORBIDDEN"),
        (&agent, "FORBIDDEN"),
        (&lead, "ok"),
        (&lead, "NOT_FOUND"),
    ] {
        let answer = mutate(who, "detachFromArticle", &shown, detach.clone()).await;
        assert_eq!(outcome(&answer), expected, "{answer}");
    }
    assert_eq!(status(&lead, &path_of(&files[0]["url"])).await, 404);
    let document = format!("query($id: ID!) {{ article(by: {{ id: $id }}) {{ {FILES} }} }}");
    let seen = rosa.run(&document, json!({ "id": article["id"] })).await;
    let seen = files_in(&seen["data"]["article"]);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["name"], "b.pdf");
    assert_eq!(status(&rosa, &path_of(&seen[0]["url"])).await, 200);
}

/// One statement for the attachments of all comments, one for their files.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_many_comments_are_read_together() {
    let server = TestServer::start().await;
    let (rosa, agent) = (server.requester(), server.agent());
    let ticket = global(server.ticket().create().await.id);
    let document = "query($id: ID!) { ticket(by: { id: $id }) { comments { nodes { attachments { url } } } } }";
    let mut counts = Vec::new();
    for round in 0..3 {
        for _ in 0..=round {
            let id = uploaded(&server, &rosa, "a.txt", "text/plain", b"x").await;
            attached(&rosa, &ticket, "PUBLIC", &[&id]).await;
        }
        let asking = agent.run(document, json!({ "id": ticket }));
        let (answer, statements) = Box::pin(server.count_statements(asking)).await;
        let comments = answer["data"]["ticket"]["comments"]["nodes"]
            .as_array()
            .unwrap();
        assert!(comments.iter().all(|comment| files_in(comment).len() == 1));
        counts.push(statements.len());
    }
    // The first time the level, the teams and who asks are read as well.
    assert_eq!(counts[1], counts[2]);
    assert!(counts[1] <= 4, "{counts:?}");
}

/// Who approves an article approves its files: other ones are an edit.
#[tokio::test(flavor = "multi_thread")]
async fn what_gets_other_files_does_not_publish_itself() {
    let server = TestServer::start().await;
    let (agent, lead) = (server.agent(), server.lead());
    let shown = "article { id publishAt version }";
    let new = json!({ "title": "T", "body": "b", "locale": "en" });
    let created = mutate(&agent, "createArticle", shown, new).await;
    let id = &created["data"]["createArticle"]["article"]["id"];
    let times = json!({ "articleId": id, "publishAt": "2026-11-24T00:00:00Z" });
    let planned = mutate(&lead, "scheduleArticle", shown, times).await;
    let planned = &planned["data"]["scheduleArticle"]["article"];
    assert!(planned["publishAt"].is_string(), "{planned}");
    let late = uploaded(&server, &agent, "late.pdf", "application/pdf", b"%PDF-1.7").await;
    let more = json!({ "articleId": id, "uploadIds": [late] });
    let changed = mutate(&agent, "attachToArticle", shown, more).await;
    let changed = &changed["data"]["attachToArticle"]["article"];
    assert_eq!(changed["publishAt"], Value::Null, "{changed}");
    let version = |article: &Value| article["version"].as_i64().expect("a version");
    assert_eq!(version(changed), version(planned) + 1);
}
