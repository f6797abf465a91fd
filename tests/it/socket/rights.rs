//! What happens to open streams when rights change, tokens run out and servers stop.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use entity::{team_member, user};
use harness::{Socket, TestServer};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};
use serde_json::json;

const LIVE: &str = "subscription { queueChanges(filter: {}) { kind } }";
/// What `safety.md` promises.
const SOON: Duration = Duration::from_secs(2);

async fn code_of(socket: &mut Socket) -> u16 {
    let start = Instant::now();
    let code = socket.closed().await;
    assert!(start.elapsed() < SOON + Duration::from_millis(500));
    code
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_closes_the_sockets_of_that_session() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let elsewhere = agent.on_another_device();
    let mut socket = agent.subscribe(LIVE, json!({})).await;
    let mut other = elsewhere.subscribe(LIVE, json!({})).await;
    agent
        .run(
            "mutation { signOut(input: {}) { userErrors { code } } }",
            json!({}),
        )
        .await;
    assert_eq!(code_of(socket.socket()).await, 4401);
    other.socket().send(json!({ "type": "ping" })).await;
    assert_eq!(other.socket().next().await, json!({ "type": "pong" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_is_out() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut live = agent.subscribe(LIVE, json!({})).await;
    let app = server.app();
    let disabled = user::ActiveModel {
        id: Set(agent.user_id()),
        disabled_at: Set(Some(server.now())),
        ..Default::default()
    };
    let tx = app.begin(&guichet::actor::Actor::System).await.unwrap();
    disabled.update(&*tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code_of(live.socket()).await, 4401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_rights_ends_the_streams_and_not_the_socket() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut live = agent.subscribe(LIVE, json!({})).await;
    let app = server.app();
    let tx = app.begin(&guichet::actor::Actor::System).await.unwrap();
    team_member::Entity::delete_many()
        .filter(team_member::Column::UserId.eq(agent.user_id()))
        .exec(&*tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let start = Instant::now();
    assert_eq!(live.failed().await[0]["extensions"]["code"], "RESYNC");
    assert!(start.elapsed() < SOON);
    live.socket().subscribe("1", LIVE, json!({})).await;
    live.socket().send(json!({ "type": "ping" })).await;
    assert_eq!(live.socket().next().await, json!({ "type": "pong" }));
    assert_eq!(agent.gauge("live_resyncs").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_over_closes_with_a_code_that_clients_retry() {
    let server = TestServer::start().await;
    let mut live = server.agent().subscribe(LIVE, json!({})).await;
    server.advance(TimeDelta::minutes(10));
    live.socket().send(json!({ "type": "ping" })).await;
    assert_eq!(live.socket().next().await, json!({ "type": "pong" }));
    server.advance(TimeDelta::seconds(31));
    assert_eq!(code_of(live.socket()).await, 4403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_sends_its_sockets_away() {
    let server = TestServer::start().await;
    let mut sockets = Vec::new();
    for _ in 0..9 {
        sockets.push(server.agent().subscribe(LIVE, json!({})).await);
    }
    let start = Instant::now();
    let stopping = tokio::task::spawn_blocking(move || drop(server));
    for live in &mut sockets {
        assert_eq!(live.socket().closed().await, 1001);
    }
    stopping.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(6));
}
