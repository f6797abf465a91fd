//! What a provider is asked for at most, and that one that is away costs the others nothing.

use std::net::{IpAddr, Ipv4Addr};

use chrono::TimeDelta;
use futures_util::{StreamExt, stream::FuturesUnordered};
use guichet::session::{self, ClientAddress};
use tokio::{net::TcpListener, sync::oneshot};

use super::{LOOPBACK, World, challenge};

/// Sign-ins that a provider is asked for at once.
const AT_ONCE: usize = 32;
/// After so many failures from one address in 15 minutes further ones are refused.
const FAILURES_MAX: usize = 300;

async fn start(world: &World, provider: &str) -> u16 {
    let challenge = challenge();
    let query = [("codeChallenge", challenge.as_str())];
    let path = format!("/auth/oidc/{provider}/start");
    let answer = world.get(&path, &query, None).await;
    answer.status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_be_read_is_left_alone_for_some_seconds() {
    let world = World::start().await;
    world.provider.answer_discovery_with(500);
    for visits in 1..=2 {
        for _again in 0..3 {
            assert_eq!(start(&world, "test").await, 503);
        }
        assert_eq!(world.provider.visits(), visits);
        world.server.advance(TimeDelta::seconds(5));
    }
    world.provider.answer_discovery_with(200);
    assert_eq!(start(&world, "test").await, 302);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_keeps_nobody_from_another() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let lines = format!("[oidc.silent]\nissuer = \"http://{address}\"\nclient_id = \"c\"\n");
    let world = World::start_with(&lines, &[LOOPBACK]).await;
    let (end, ended) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let held = silent.accept().await;
        let _is_over = ended.await;
        drop(held);
    });
    let starts = (0..AT_ONCE + 8).map(|_| start(&world, "silent"));
    let mut starts: FuturesUnordered<_> = starts.collect();
    // Who finds no place is told so; the others wait.
    for _place in 0..8 {
        assert_eq!(starts.next().await, Some(503));
    }
    assert_eq!(start(&world, "test").await, 302);
    end.send(()).unwrap();
    while let Some(status) = starts.next().await {
        assert_eq!(status, 503);
    }
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_failed_too_often_has_no_provider_asked() {
    let world = World::start().await;
    let sent = world.begin().await;
    let token = world.provider.sign("RS256", &world.claims(&sent));
    let address = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));
    for _failure in 0..FAILURES_MAX {
        session::count_failure(world.server.app(), address)
            .await
            .unwrap();
    }
    let visits = world.provider.visits();
    let refused = world.pass(&sent, token).await;
    assert_eq!(refused, Err("RATE_LIMITED".to_owned()));
    assert_eq!(world.provider.visits(), visits);
    world.server.advance(TimeDelta::minutes(15));
    let sent = world.begin().await;
    let token = world.provider.sign("RS256", &world.claims(&sent));
    assert!(world.pass(&sent, token).await.is_ok());
}
