//! One budget for several servers, and what happens where Redis does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use harness::{Client, TestServer};
use reqwest::{StatusCode, Url};
use sea_orm::DbBackend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::{SMALL, page};

/// Pages of 101 points in a budget of 1,000; it takes more than a minute until there is one more.
const PAGES: usize = 9;
/// Longer than a request may wait for Redis, on a machine that does other things besides.
const SOON: Duration = Duration::from_secs(5);
/// Servers look for Redis twice a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// Another server, where the database may have several.
async fn beside(server: &TestServer) -> Option<TestServer> {
    match server.app().store.backend() {
        DbBackend::Postgres => Some(server.beside_with(&SMALL).await),
        _ => None,
    }
}

/// Waits until a server takes from the shared budgets, where it has Redis.
async fn wait_for_redis(server: &TestServer) {
    let visitor = server.visitor();
    let is_there = async {
        while visitor.gauge("budgets_shared").await == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, is_there).await.expect("Redis answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_share_a_budget_where_there_is_redis() {
    let one = TestServer::start_with(&SMALL).await;
    let Some(two) = beside(&one).await else {
        return;
    };
    wait_for_redis(&one).await;
    wait_for_redis(&two).await;
    let clients = [one.requester(), two.requester()];
    let mut passed = 0;
    while page(&clients[passed % 2]).await.status() == StatusCode::OK {
        passed += 1;
    }
    if one.app().config.redis_url.is_some() {
        assert_eq!(passed, PAGES);
    } else {
        assert_eq!(passed, 2 * PAGES, "each has its own");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_twice_however_many_ask_at_once() {
    let one = TestServer::start_with(&SMALL).await;
    let Some(two) = beside(&one).await else {
        return;
    };
    wait_for_redis(&one).await;
    wait_for_redis(&two).await;
    let clients = [one.requester(), two.requester()];
    for client in &clients {
        client.token().await;
    }
    let asking = (0..60).map(|number| {
        let client = clients[number % 2].clone();
        tokio::spawn(async move { page(&client).await.status() == StatusCode::OK })
    });
    let mut passed = 0;
    for answer in asking.collect::<Vec<_>>() {
        passed += usize::from(answer.await.unwrap());
    }
    let is_shared = one.app().config.redis_url.is_some();
    let most = if is_shared { PAGES } else { 2 * PAGES };
    // What one server took and has not spent is not the other's for a second.
    assert!((most - 1..=most).contains(&passed), "{passed} of {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_never_answers_holds_nobody_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let settings = [SMALL[0], SMALL[1], SMALL[2], ("REDIS_URL", &url)];
    let server = TestServer::start_with(&settings).await;
    let requester = server.requester();
    assert_eq!(count_until_refused(&requester).await, PAGES);
    assert_eq!(server.visitor().gauge("budgets_shared").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stops_answering_is_left_alone_until_it_is_back() {
    let probe = TestServer::start().await;
    let Some(redis) = probe.app().config.redis_url.clone() else {
        return;
    };
    let road = Road::to(&redis).await;
    let settings = [SMALL[0], SMALL[1], SMALL[2], ("REDIS_URL", &road.url)];
    let server = TestServer::start_with(&settings).await;
    wait_for_redis(&server).await;
    let requester = server.requester();
    for _ in 0..3 {
        assert_eq!(page(&requester).await.status(), StatusCode::OK);
    }
    road.is_closed.store(true, Ordering::SeqCst);
    let start = Instant::now();
    let passed = count_until_refused(&requester).await;
    assert_eq!(passed, PAGES - 3, "what was spent stays spent");
    assert!(start.elapsed() < SOON);
    assert_eq!(server.visitor().gauge("budgets_shared").await, 0);

    road.is_closed.store(false, Ordering::SeqCst);
    wait_for_redis(&server).await;
    assert_eq!(page(&server.agent()).await.status(), StatusCode::OK);
}

async fn count_until_refused(client: &Client) -> usize {
    let mut passed = 0;
    while page(client).await.status() == StatusCode::OK {
        passed += 1;
    }
    passed
}

/// A way to Redis that can be closed: then nothing goes through, and nobody hears of it.
struct Road {
    url: String,
    is_closed: Arc<AtomicBool>,
}

impl Road {
    async fn to(redis: &Url) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (host, port) = (redis.host_str().unwrap(), redis.port().unwrap_or(6379));
        // With the same name and password.
        let mut url = redis.clone();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        let url = url.to_string();
        let is_closed = Arc::new(AtomicBool::new(false));
        let (closed, end) = (Arc::clone(&is_closed), format!("{host}:{port}"));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&end).await.unwrap();
                let (near, far) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near.0, far.1, Arc::clone(&closed)));
                tokio::spawn(carry(far.0, near.1, Arc::clone(&closed)));
            }
        });
        Self { url, is_closed }
    }
}

async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    is_closed: Arc<AtomicBool>,
) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        while is_closed.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(5)).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
