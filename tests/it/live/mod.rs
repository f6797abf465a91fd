//! What live streams say: what enters, changes and leaves, in which order, how many, and to whom.

mod changes;
mod counts;
mod notifications;
mod places;
mod presence;
mod sync;

use std::time::Duration;

use entity::ticket;
use guichet::app::App;
use harness::{Client, Live, TestServer, global};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

pub(crate) const QUEUE: &str = "subscription ($filter: TicketFilter, $queue: ID, $after: String) {
  queueChanges(filter: $filter, queueId: $queue, after: $after) {
    cursor kind ticketId count at ticket { id number status subject version }
  }
}";

/// A stream that somebody follows.
pub(crate) struct Followed(Live);

/// Follows a subscription from now on, or from where its variables say.
pub(crate) async fn follow(who: &Client, document: &str, variables: Value) -> Followed {
    Followed(who.subscribe(document, variables).await)
}

/// The code with which a subscription is refused.
async fn refused(who: &Client, document: &str, variables: Value) -> Value {
    let mut socket = who.open_socket().await;
    socket.subscribe("1", document, variables).await;
    let mut message = socket.next().await;
    assert_eq!(message["type"], "error", "{message}");
    message["payload"][0]["extensions"]["code"].take()
}

impl Followed {
    /// The next item: its first field.
    pub(crate) async fn next(&mut self) -> Value {
        let mut payload = self.0.next().await;
        let fields = payload["data"].as_object_mut().expect("data");
        let field = fields.values_mut().next().expect("a field");
        field.take()
    }

    /// The next item's kind, ticket number (0 where it has none) and count.
    pub(crate) async fn step(&mut self) -> (String, i64, i64) {
        let item = self.next().await;
        let kind = item["kind"].as_str().unwrap_or_else(|| panic!("{item}"));
        let number = item["ticket"]["number"].as_i64().unwrap_or_default();
        (kind.to_owned(), number, item["count"].as_i64().unwrap())
    }

    /// Whether nothing comes for a while.
    pub(crate) async fn is_silent(&mut self) -> bool {
        let soon = Duration::from_millis(300);
        timeout(soon, self.0.next()).await.is_err()
    }
}

pub(crate) fn step(kind: &str, ticket: &ticket::Model, count: i64) -> (String, i64, i64) {
    (kind.to_owned(), ticket.number.into(), count)
}

pub(crate) fn left(count: i64) -> (String, i64, i64) {
    ("LEFT".to_owned(), 0, count)
}

/// A mutation on one ticket, in somebody's name.
pub(crate) async fn change(who: &Client, name: &str, ticket: &ticket::Model, input: &str) {
    let document = format!(
        "mutation {{ {name}(input: {{ ticketId: \"{}\" {input} }}) {{ userErrors {{ message }} }} }}",
        global(ticket.id)
    );
    let answer = who.run(&document, json!({})).await;
    assert_eq!(answer["data"][name]["userErrors"], json!([]), "{answer}");
}

/// Waits until the server has read all that was committed.
pub(crate) async fn settle(server: &TestServer) {
    let app = server.app();
    for _ in 0..2_000 {
        if app.feed.head().0 == event_count(app).await {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("the feed does not reach the end of the log");
}

/// Places are dense, so this is the place of the last event.
async fn event_count(app: &App) -> u64 {
    let events = entity::event::Entity::find();
    events.count(&app.store.read).await.unwrap()
}
