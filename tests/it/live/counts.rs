//! How many tickets a queue has, at each place of its stream.

use std::collections::BTreeSet;

use entity::{ticket, ticket::Priority};
use futures_util::future::join_all;
use harness::{Client, TestServer, global};
use serde_json::{Value, json};

use super::{Followed, QUEUE, change, follow, settle};

const CHANGES: usize = 12;
const LIST: &str = "query ($filter: TicketFilter) {
  tickets(filter: $filter, first: 100) { syncCursor totalCount nodes { id } } }";

/// A list, folded from where it was read.
struct Folded {
    stream: Followed,
    ids: BTreeSet<String>,
}

impl Folded {
    async fn open(agent: &Client) -> Self {
        let list = agent.run(LIST, json!({ "filter": filter() })).await["data"]["tickets"].take();
        let variables = json!({ "filter": filter(), "after": list["syncCursor"] });
        Self {
            stream: follow(agent, QUEUE, variables).await,
            ids: ids_of(&list),
        }
    }

    /// Takes one step; whose it was, and how many the service says there are now.
    async fn step(&mut self) -> (String, usize) {
        let item = self.stream.next().await;
        let id = item["ticketId"]
            .as_str()
            .expect("no heartbeat yet")
            .to_owned();
        match item["kind"].as_str() {
            Some("LEFT") => self.ids.remove(&id),
            _ => self.ids.insert(id.clone()),
        };
        let count = item["count"].as_u64().unwrap();
        (id, usize::try_from(count).unwrap())
    }

    /// Takes steps until this ticket was heard of.
    async fn until(&mut self, last: &ticket::Model) {
        while self.step().await.0 != global(last.id) {}
    }
}

fn filter() -> Value {
    json!({ "priority": { "in": ["HIGH", "URGENT"] } })
}

fn ids_of(list: &Value) -> BTreeSet<String> {
    let nodes = list["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Moves a ticket in and out of the queue, in another rhythm for each.
async fn toss(agent: &Client, ticket: &ticket::Model, start: usize) {
    for turn in 0..CHANGES {
        let priority = ["HIGH", "URGENT", "LOW", "NORMAL", "URGENT"][(start + turn) % 5];
        change(
            agent,
            "setTicketPriority",
            ticket,
            &format!("priority: {priority}"),
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_is_exact_at_every_place() {
    let server = TestServer::start().await;
    let agent = server.agent();
    let mut tickets = Vec::new();
    for _ in 0..8 {
        let ticket = server.ticket().priority(Priority::Low);
        tickets.push(ticket.create().await);
    }
    let last = server.ticket().priority(Priority::Low).create().await;
    settle(&server).await;

    let mut from_the_start = Folded::open(&agent).await;
    let writers = tickets.iter().enumerate();
    let writers = writers.map(|(start, ticket)| toss(&agent, ticket, start));
    let reading = async {
        let mut opened = Vec::new();
        for _ in 0..4 {
            opened.push(Folded::open(&agent).await);
        }
        opened
    };
    let (_, opened) = tokio::join!(join_all(writers), reading);
    change(&agent, "setTicketPriority", &last, "priority: URGENT").await;

    let fresh = agent.run(LIST, json!({ "filter": filter() })).await["data"]["tickets"].take();
    let expected = ids_of(&fresh);
    assert_eq!(fresh["totalCount"], expected.len());
    loop {
        let (id, count) = from_the_start.step().await;
        assert_eq!(count, from_the_start.ids.len());
        if id == global(last.id) {
            break;
        }
    }
    assert_eq!(from_the_start.ids, expected);
    // A list that was read between the writes may be ahead of its cursor; it comes to the same.
    for mut folded in opened {
        folded.until(&last).await;
        assert_eq!(folded.ids, expected);
    }
}
