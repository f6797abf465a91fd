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
#[derive(Default)]
struct Told {
    answers: HashMap<String, Value>,
    /// Keys of which the answer was lost, though the change was made.
    replayed: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_once_though_servers_are_killed() {
    let server = TestServer::start().await;
    let is_alone = server.app().store.backend() == DbBackend::Sqlite;
    let script = token_of_machine(&server, &["TICKETS_WRITE", "PEOPLE_READ"]).await;
    let token: Arc<str> = script.token().await.unwrap().into();
    drop(script);
    let desk = server.close().await;

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
    let mut replayed = 0;
    for told in &told {
        replayed += told.replayed;
        for (key, body) in &told.answers {
            let number = body["data"]["createTicket"]["ticket"]["number"].as_i64();
            assert!(numbers.insert(number.expect("a ticket")), "{key}");
        }
        // Some of them, once more: what is answered stays.
        for (key, body) in told.answers.iter().take(5) {
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
    let told: HashSet<_> = told.iter().flat_map(|told| told.answers.keys()).collect();
    let made: HashSet<_> = subjects.iter().collect();
    assert_eq!(subjects.len(), made.len(), "some were made twice");
    assert_eq!(told, made, "all was answered in the end");
    assert!(told.len() > CLIENTS * 4, "only {} were made", told.len());
    // A kill between commit and answer, which is what this is about. One round in eight is enough to show it.
    assert!(replayed > 0, "no answer was lost in {}", told.len());
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
                if let Some((body, is_replayed)) = ask(url, &token, &key).await {
                    told.answers.insert(key, body);
                    told.replayed += usize::from(is_replayed);
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
