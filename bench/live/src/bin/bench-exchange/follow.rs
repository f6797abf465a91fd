//! Somebody who follows a queue over a socket, and what it shows them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use live::{
    api::text_at,
    person::Person,
    queue::fresh,
    server::Server,
    stream::{Ask, Said, Stream, Transport},
};
use serde_json::{Value, json};

const CHANGES: &str = "subscription($filter: TicketFilter, $after: String) {
  queueChanges(filter: $filter, after: $after) { cursor kind ticketId count ticket { version } } }";
const JOB: &str = "subscription($id: ID!) { bulkJobChanges(id: $id) { status doneCount refusedCount totalCount } }";

pub(crate) struct Queue {
    filter: Value,
    stream: Stream,
    /// Each ticket's version.
    tickets: BTreeMap<String, i64>,
    count: i64,
    /// Tickets that something was said of.
    pub(crate) told: BTreeSet<String>,
    pub(crate) items: usize,
}

impl Queue {
    /// Lists, and follows from there on.
    pub(crate) async fn open(server: &Server, person: &Person, filter: Value) -> Result<Self> {
        let (tickets, count, after) = fresh(person, &filter).await?;
        let variables = json!({ "filter": filter, "after": after });
        Ok(Self {
            stream: open(server, person, CHANGES, variables).await?,
            filter,
            tickets,
            count,
            told: BTreeSet::new(),
            items: 0,
        })
    }

    /// Takes in the next item. Nothing is lost where the future is dropped.
    pub(crate) async fn next(&mut self) -> Result<()> {
        let item = item(&mut self.stream).await?;
        let change = item.context("the queue ended")?["queueChanges"].take();
        if change["kind"] == "HEARTBEAT" {
            return Ok(());
        }
        self.items += 1;
        self.count = change["count"].as_i64().context("no count")?;
        let id = text_at(&change, "/ticketId")?;
        match change["ticket"]["version"].as_i64() {
            Some(version) => self.tickets.insert(id.clone(), version),
            None => self.tickets.remove(&id),
        };
        self.told.insert(id);
        Ok(())
    }

    /// Whether it shows what a fresh query does.
    pub(crate) async fn is_fresh(&self, person: &Person) -> Result<bool> {
        let (tickets, count, _) = fresh(person, &self.filter).await?;
        Ok(tickets == self.tickets && count == self.count)
    }

    pub(crate) async fn close(self) {
        self.stream.close().await;
    }
}

/// Follows a bulk job to its end: how it ended, and how often it was heard of.
pub(crate) async fn job(server: &Server, person: &Person, id: &str) -> Result<(Value, usize)> {
    let mut stream = open(server, person, JOB, json!({ "id": id })).await?;
    let (mut last, mut count) = (Value::Null, 0);
    while let Some(mut item) = item(&mut stream).await? {
        last = item["bulkJobChanges"].take();
        count += 1;
    }
    stream.close().await;
    Ok((last, count))
}

async fn open(
    server: &Server,
    person: &Person,
    document: &str,
    variables: Value,
) -> Result<Stream> {
    let ask = Ask {
        server: server.socket_address()?,
        source: person.source,
        token: person.token().await?,
        document: document.to_owned(),
        variables,
        receive_buffer: None,
    };
    let opened = Stream::open(Transport::Socket, &ask).await;
    opened.map_err(|said| anyhow::anyhow!("no stream: {said:?}"))
}

/// None at the end of the stream.
async fn item(stream: &mut Stream) -> Result<Option<Value>> {
    match stream.next().await {
        Said::Item(item) => Ok(Some(item)),
        Said::Complete => Ok(None),
        said => anyhow::bail!("the stream ended: {said:?}"),
    }
}
