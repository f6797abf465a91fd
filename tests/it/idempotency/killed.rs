//! Servers are killed while clients send, and send again what was not answered: everything that was answered is there once.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use entity::ticket;
use futures_util::future::join_all;
use harness::{Closed, Process, TestServer};
use sea_orm::{DbBackend, EntityTrait};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};

use super::{CREATE, input};
use crate::token::token_of_machine;

const SERVER: &str = env!("CARGO_BIN_EXE_it-server");
const ROUNDS: u64 = 8;
const CLIENTS: usize = 16;
/// How long each server lives, in ms, in the first round; longer by turns.
const LIFE_MS: u64 = 400;
/// How soon a client asks again.
const PAUSE: Duration = Duration::from_millis(5);
/// How long all that was begun may take to be answered at the end.
const END_WITHIN: Duration = Duration::from_mins(1);

/// Where the servers are, none while there is none; and whether new tickets are wanted.
#[derive(Clone, Default)]
struct Desk {
    urls: Vec<String>,
    is_over: bool,
}

/// What one client was answered, by its keys.
type Told = HashMap<String, Value>;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_once_though_servers_are_killed() {
    let (desk, token, is_alone) = closed().await;
    let (places, seen) = watch::channel(Desk::default());
    let clients = (0..CLIENTS).map(|number| {
        let client = work(number, Arc::clone(&token), seen.clone());
        tokio::spawn(client)
    });
    let clients: Vec<_> = clients.collect();
    for round in 0..ROUNDS {
        let servers = start(&desk, is_alone, &places);
        sleep(Duration::from_millis(LIFE_MS + 73 * round)).await;
        for server in servers {
            server.kill();
        }
        places.send_modify(|desk| desk.urls.clear());
    }
    let servers = start(&desk, is_alone, &places);
    places.send_modify(|desk| desk.is_over = true);
    let told = timeout(END_WITHIN, join_all(clients)).await.unwrap();
    let told: Vec<Told> = told.into_iter().map(Result::unwrap).collect();

    let url = servers[0].url().to_owned();
    let mut numbers = HashSet::new();
    for told in &told {
        for (key, body) in told {
            let number = body["data"]["createTicket"]["ticket"]["number"].as_i64();
            assert!(numbers.insert(number.expect("a ticket")), "{key}");
        }
        // Some of them, once more: what is answered stays.
        for (key, body) in told.iter().take(5) {
            let (again, is_replayed) = ask(&url, &token, key).await.unwrap();
            assert!(is_replayed);
            assert_eq!(&again, body, "{key}");
        }
    }
    for server in servers {
        server.kill();
    }
    let server = desk.open().await;
    let rows = ticket::Entity::find().all(&server.app().store.read).await;
    let subjects: Vec<_> = rows.unwrap().into_iter().map(|row| row.subject).collect();
    let told: HashSet<_> = told.iter().flat_map(HashMap::keys).collect();
    let made: HashSet<_> = subjects.iter().collect();
    assert_eq!(subjects.len(), made.len(), "some were made twice");
    assert_eq!(told, made, "all was answered in the end");
    assert!(told.len() > CLIENTS, "only {} were made", told.len());
}

/// The change was made, nobody heard the answer, and the server is gone.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_given_by_the_next_server() {
    let (desk, token, _) = closed().await;
    let first = desk.start(SERVER, &[]);
    send_and_leave(first.url(), &token, "lost").await;
    let is_made = async {
        while count(&first, &token).await != 1 {
            sleep(PAUSE).await;
        }
    };
    timeout(END_WITHIN, is_made).await.unwrap();
    first.kill();
    let second = desk.start(SERVER, &[]);
    let (answer, is_replayed) = ask(second.url(), &token, "lost").await.unwrap();
    assert!(is_replayed, "{answer}");
    let number = &answer["data"]["createTicket"]["ticket"]["number"];
    assert!(number.is_number(), "{answer}");
    assert_eq!(count(&second, &token).await, 1);
    second.kill();
}

/// A desk without a server, the token of a script, and whether one server at most can serve it.
async fn closed() -> (Closed, Arc<str>, bool) {
    let server = TestServer::start().await;
    let is_alone = server.app().store.backend() == DbBackend::Sqlite;
    let script = token_of_machine(&server, &["TICKETS_WRITE", "PEOPLE_READ"]).await;
    let token: Arc<str> = script.token().await.unwrap().into();
    drop(script);
    (server.close().await, token, is_alone)
}

/// Sends a whole request and does not wait for its answer.
async fn send_and_leave(url: &str, token: &str, key: &str) {
    let host = url.strip_prefix("http://").unwrap();
    let body = json!({ "query": CREATE, "variables": input(key) }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(host).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    connection.shutdown().await.unwrap();
}

/// How many tickets there are.
async fn count(server: &Process, token: &str) -> u64 {
    let answer = server
        .ask(token, "{ tickets(first: 1) { totalCount } }")
        .await;
    let count = answer["data"]["tickets"]["totalCount"].as_u64();
    count.unwrap_or_else(|| panic!("{answer}"))
}

fn start(desk: &Closed, is_alone: bool, places: &watch::Sender<Desk>) -> Vec<Process> {
    let count = if is_alone { 1 } else { 2 };
    let servers: Vec<_> = (0..count).map(|_| desk.start(SERVER, &[])).collect();
    let urls = servers
        .iter()
        .map(|server| server.url().to_owned())
        .collect();
    places.send_modify(|desk| desk.urls = urls);
    servers
}

/// Opens one ticket after the other, each until it is answered, wherever there is a server.
async fn work(client: usize, token: Arc<str>, seen: watch::Receiver<Desk>) -> Told {
    let mut told = Told::default();
    for number in 0.. {
        let key = format!("{client}-{number}");
        let mut tries = 0_usize;
        loop {
            let desk = seen.borrow().clone();
            if tries == 0 && desk.is_over {
                return told;
            }
            let place = (client + tries) % desk.urls.len().max(1);
            if let Some(url) = desk.urls.get(place) {
                tries += 1;
                if let Some((body, _)) = ask(url, &token, &key).await {
                    told.insert(key, body);
                    break;
                }
            }
            sleep(PAUSE).await;
        }
    }
    told
}

/// The answer, and whether it was given before; none where there was none, or one that says to try again.
async fn ask(url: &str, token: &str, key: &str) -> Option<(Value, bool)> {
    let request = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = request
        .post(format!("{url}/graphql"))
        .bearer_auth(token)
        .header("idempotency-key", key)
        .json(&json!({ "query": CREATE, "variables": input(key) }))
        .send()
        .await
        .ok()?;
    let is_replayed = answer.headers().contains_key("idempotency-replayed");
    let body: Value = answer.json().await.ok()?;
    let code = body["errors"][0]["extensions"]["code"].as_str();
    assert!(matches!(code, None | Some("UNAVAILABLE")), "{body}");
    code.is_none().then_some((body, is_replayed))
}
