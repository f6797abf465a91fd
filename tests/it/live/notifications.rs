//! What concerns whom.

use harness::{Client, Socket, TestServer, global};
use serde_json::json;

use super::{Followed, change, follow, settle};

const NOTIFICATIONS: &str = "subscription ($after: String) { notifications(after: $after) {
  cursor kind ticket { number } entry { __typename actor { ... on User { name } } } } }";

async fn listen(who: &Client) -> Followed {
    follow(who, NOTIFICATIONS, json!({})).await
}

async fn kind(stream: &mut Followed) -> String {
    let item = stream.next().await;
    assert!(item["entry"]["actor"]["name"].is_string(), "{item}");
    item["kind"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_told_what_concerns_them() {
    let server = TestServer::start().await;
    let (rosa, agnes, lea) = (server.requester(), server.agent(), server.lead());
    let ticket = server.ticket().create().await;
    settle(&server).await;
    let mut requester = listen(&rosa).await;
    let mut agent = listen(&agnes).await;
    let mut lead = listen(&lea).await;
    let mut stranger = listen(&server.stranger()).await;

    // One's own doing is no news.
    change(&agnes, "claimTicket", &ticket, "").await;
    change(&agnes, "addComment", &ticket, "body: \"One moment\"").await;
    assert_eq!(kind(&mut requester).await, "COMMENTED");
    change(&rosa, "addComment", &ticket, "body: \"Well?\"").await;
    assert_eq!(kind(&mut agent).await, "COMMENTED");

    // Internal comments reach who is mentioned, and never the requester, mentioned or not.
    let body = format!(
        "body: \"[@Lea](user:{}) [@Rosa](user:{}) look\", visibility: INTERNAL",
        global(lea.user_id()),
        global(rosa.user_id())
    );
    change(&agnes, "addComment", &ticket, &body).await;
    assert_eq!(kind(&mut lead).await, "MENTIONED");
    let lead_id = format!("assigneeId: \"{}\"", global(lea.user_id()));
    change(&agnes, "assignTicket", &ticket, &lead_id).await;
    assert_eq!(kind(&mut lead).await, "ASSIGNED");
    change(&agnes, "followTicket", &ticket, "").await;
    change(&lea, "solveTicket", &ticket, "").await;
    assert_eq!(kind(&mut agent).await, "SOLVED");
    assert_eq!(kind(&mut requester).await, "SOLVED");
    change(&rosa, "addComment", &ticket, "body: \"It burns again\"").await;
    for stream in [&mut agent, &mut lead] {
        let kinds = [kind(stream).await, kind(stream).await];
        assert_eq!(kinds, ["COMMENTED", "REOPENED"]);
    }
    for stream in [&mut requester, &mut agent, &mut lead, &mut stranger] {
        assert!(stream.is_silent().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_goes_on_where_one_was() {
    let server = TestServer::start().await;
    let (rosa, agnes) = (server.requester(), server.agent());
    let ticket = server.ticket().create().await;
    settle(&server).await;
    let start = server.app().feed.cursor(server.app().feed.head());
    for turn in 0..300 {
        change(&agnes, "addComment", &ticket, &format!("body: \"{turn}\"")).await;
    }
    let mut stream = follow(&rosa, NOTIFICATIONS, json!({ "after": start })).await;
    let mut cursors = Vec::new();
    for _ in 0..150 {
        let item = stream.next().await;
        assert_eq!(item["kind"], "COMMENTED");
        cursors.push(item["cursor"].as_str().unwrap().to_owned());
    }
    let mut stream = follow(&rosa, NOTIFICATIONS, json!({ "after": cursors.last() })).await;
    for _ in 0..150 {
        let cursor = stream.next().await["cursor"].as_str().unwrap().to_owned();
        assert!(!cursors.contains(&cursor));
        cursors.push(cursor);
    }
    assert!(stream.is_silent().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_tells_whom_it_adds() {
    let server = TestServer::start().await;
    let (rosa, agnes, leo) = (server.requester(), server.agent(), server.lead());
    let ticket = server.ticket().create().await;
    settle(&server).await;
    let mut lead = listen(&leo).await;
    let mut admin = listen(&server.admin()).await;
    let mut requester = listen(&rosa).await;

    let link = |who: &Client| format!("[@x](user:{})", global(who.user_id()));
    let add = "mutation ($id: ID!, $body: String!) { addComment(input: {
      ticketId: $id, body: $body, visibility: INTERNAL }) { comment { id } } }";
    let first = json!({ "id": global(ticket.id), "body": link(&leo) });
    let answer = agnes.run(add, first).await;
    let id = answer["data"]["addComment"]["comment"]["id"].clone();
    assert_eq!(kind(&mut lead).await, "MENTIONED");
    let edit = "mutation ($id: ID!, $body: String!) { editComment(input: {
      commentId: $id, body: $body }) { userErrors { code } } }";
    let all = [&leo, &server.admin(), &rosa, &agnes].map(link).join(" ");
    for body in [all.clone(), format!("{all} once more")] {
        let answer = agnes.run(edit, json!({ "id": id, "body": body })).await;
        assert_eq!(answer["data"]["editComment"]["userErrors"], json!([]));
    }
    assert_eq!(kind(&mut admin).await, "MENTIONED");
    for stream in [&mut lead, &mut admin, &mut requester] {
        assert!(stream.is_silent().await);
    }
}

/// Streams of one person, each an execution of its own.
async fn listen_often(who: &Client, streams: usize) -> Vec<Socket> {
    const OF_SOCKET: usize = 50;
    let mut sockets = Vec::new();
    for first in (0..streams).step_by(OF_SOCKET) {
        let mut socket = who.open_socket().await;
        for number in first..first + OF_SOCKET {
            let document = format!("subscription S{number} {{ notifications {{ kind }} }}");
            let id = number.to_string();
            socket.subscribe(&id, &document, json!({})).await;
        }
        sockets.push(socket);
    }
    sockets
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_listen_cost_an_event_few_statements() {
    const STREAMS: usize = 200;
    let server = TestServer::start().await;
    let (rosa, agnes) = (server.requester(), server.agent());
    let ticket = server.ticket().create().await;
    let comment = async |requester: &mut Followed| {
        change(&agnes, "addComment", &ticket, "body: \"One moment\"").await;
        assert_eq!(kind(requester).await, "COMMENTED");
    };
    let mut requester = listen(&rosa).await;
    comment(&mut requester).await;
    let ((), alone) = server
        .count_statements(Box::pin(comment(&mut requester)))
        .await;

    let mut crowd = listen_often(&server.stranger(), STREAMS / 2).await;
    crowd.extend(listen_often(&server.neighbour(), STREAMS / 2).await);
    let readers = async || usize::try_from(rosa.gauge("live_readers").await).unwrap();
    while readers().await <= STREAMS {}
    let ((), crowded) = server
        .count_statements(Box::pin(comment(&mut requester)))
        .await;
    let more = crowded.len().saturating_sub(alone.len());
    assert!(
        more <= 12,
        "{STREAMS} more who listen cost {more} statements: {crowded:#?}"
    );
}
