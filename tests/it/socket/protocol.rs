//! graphql-transport-ws, message by message: what opens a socket, and what closes it.

use harness::{Socket, TestServer};
use serde_json::json;
use tokio_tungstenite::tungstenite::{Bytes, Message};

const INIT: &str = r#"{"type":"connection_init"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_begins_well_is_let_in() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let token = agent.token().await.unwrap();
    for payload in [
        json!({ "Authorization": format!("Bearer {token}") }),
        json!({ "authorization": format!("bearer {token}") }),
        json!({ "token": token }),
    ] {
        let mut socket = server.visitor().socket().await;
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.next().await, json!({ "type": "connection_ack" }));
        assert_eq!(name_of_viewer(&mut socket).await, "Agnes Agent");
    }

    let bearer = format!("Bearer {token}");
    let headers = [
        ("sec-websocket-protocol", "graphql-transport-ws"),
        ("authorization", &*bearer),
    ];
    let mut socket = server.visitor().socket_with(&headers).await.unwrap();
    socket.send_text(INIT).await;
    socket.next().await;
    assert_eq!(name_of_viewer(&mut socket).await, "Agnes Agent");

    let mut visitor = server.visitor().open_socket().await;
    assert_eq!(name_of_viewer(&mut visitor).await, json!(null));
}

async fn name_of_viewer(socket: &mut Socket) -> serde_json::Value {
    socket
        .subscribe("me", "{ viewer { name } }", json!({}))
        .await;
    let mut answer = socket.next().await;
    assert_eq!(
        socket.next().await,
        json!({ "id": "me", "type": "complete" })
    );
    let mut viewer = answer["payload"]["data"]["viewer"].take();
    viewer["name"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_has_its_code() {
    let server = TestServer::start().await;
    let subscribe = r#"{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}"#;
    for (code, messages) in [
        (4400, &["what?"][..]),
        (4400, &["{}"]),
        (4400, &[r#"{"type":"start","id":"1"}"#]),
        (4400, &[r#"{"type":"connection_init","payload":1}"#]),
        (4400, &[INIT, r#"{"type":"subscribe","id":"1"}"#]),
        (4401, &[subscribe]),
        (
            4401,
            &[r#"{"type":"connection_init","payload":{"token":"x"}}"#],
        ),
        (
            4401,
            &[r#"{"type":"connection_init","payload":{"token":1}}"#],
        ),
        (
            4401,
            &[r#"{"type":"connection_init","payload":{"Authorization":"Basic YTpi"}}"#],
        ),
        (4429, &[INIT, INIT]),
    ] {
        let mut socket = server.visitor().socket().await;
        for message in messages {
            socket.send_text(message).await;
        }
        let closed = loop {
            match socket.receive().await {
                Ok(message) => assert_eq!(message, json!({ "type": "connection_ack" })),
                Err(closed) => break closed,
            }
        };
        assert_eq!(closed, code, "{messages:?}");
    }

    let mut binary = server.visitor().open_socket().await;
    binary.send_raw(Message::binary(&b"{}"[..])).await;
    assert_eq!(binary.closed().await, 4400);

    let mut silent = server.visitor().socket().await;
    assert_eq!(silent.closed().await, 4408);

    let mut strange = server.visitor().socket_with(&[]).await.unwrap();
    assert_eq!(strange.closed().await, 4406);

    let mut long = server.visitor().open_socket().await;
    let text = "x".repeat(64 * 1024);
    long.send_text(&format!(r#"{{"type":"ping","payload":{{"a":"{text}"}}}}"#))
        .await;
    assert_eq!(long.closed().await, 1009);

    let mut loud = server.visitor().open_socket().await;
    for _ in 0..100 {
        loud.send_text(r#"{"type":"pong"}"#).await;
    }
    assert_eq!(loud.closed().await, 4429);
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_are_answered_and_messages_may_come_in_parts() {
    let server = TestServer::start().await;
    let mut socket = server.visitor().socket().await;
    // Before and after the socket is open.
    socket.send_text(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
    socket.send_text(INIT).await;
    socket.next().await;
    socket
        .send_text(r#"{"type":"ping","payload":{"a":1}}"#)
        .await;
    assert_eq!(
        socket.next().await,
        json!({ "type": "pong", "payload": { "a": 1 } })
    );
    socket
        .send_raw(Message::Ping(Bytes::from_static(b"there?")))
        .await;

    // One message in two frames, with masks of nothing.
    let mut parts = Vec::new();
    for (head, part) in [(0x01_u8, br#"{"type":"#.as_slice()), (0x80, br#""ping"}"#)] {
        parts.extend([head, 0x80 | u8::try_from(part.len()).unwrap(), 0, 0, 0, 0]);
        parts.extend(part);
    }
    socket.write_bytes(&parts).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_open_no_sockets() {
    let server = TestServer::start_with(&[("GUICHET_CORS_ORIGINS", "https://desk.example.org")]);
    let server = server.await;
    for (origin, expected) in [
        ("https://desk.example.org", None),
        ("https://desk.test", None),
        ("https://evil.test", Some(403)),
        ("null", Some(403)),
    ] {
        let headers = [
            ("sec-websocket-protocol", "graphql-transport-ws"),
            ("origin", origin),
        ];
        let refused = server.visitor().socket_with(&headers).await.err();
        assert_eq!(refused, expected, "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_sockets_and_no_more() {
    let server = TestServer::start_with(&[("GUICHET_SOCKETS_MAX", "12")]).await;
    let agent = server.agent();
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(agent.open_socket().await);
    }
    let token = agent.token().await.unwrap();
    let mut one_more = agent.socket().await;
    let init = json!({ "type": "connection_init", "payload": { "token": token } });
    one_more.send(init).await;
    assert_eq!(one_more.closed().await, 1013);

    sockets.push(server.visitor().open_socket().await);
    sockets.push(server.lead().open_socket().await);
    let refused = server.visitor().socket_with(&[]).await.err();
    assert_eq!(refused, Some(503));
    assert_eq!(server.visitor().gauge("live_connections").await, 12);

    drop(sockets);
    while server.visitor().gauge("live_connections").await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    agent.open_socket().await;
}
