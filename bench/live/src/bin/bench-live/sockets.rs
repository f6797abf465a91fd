//! Opens sockets, and gives them to the swarm.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Result, anyhow, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use live::{
    person::Person,
    socket::Socket,
    stream::{Ask, subscribe},
    wait,
};
use serde_json::json;

use crate::{people::SOCKETS_EACH, swarm::Swarm};

const AT_ONCE: usize = 64;
const TAKEN_WITHIN: Duration = Duration::from_secs(10);
const DOCUMENT: &str = "subscription Queue($filter: TicketFilter, $after: String) {
  queueChanges(filter: $filter, after: $after) {
    cursor kind ticketId count at
    ticket { id reference version subject status priority level { name } team { name } assignee { id name } requester { id name } tags updatedAt }
  }
}";

/// Whether all sockets show the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Documents {
    One,
    /// Each socket's is its own, by a comment.
    Own,
}

pub(crate) async fn open_guichet(
    swarm: &Swarm,
    server: SocketAddr,
    people: &[Arc<Person>],
    count: usize,
    documents: Documents,
) -> Result<()> {
    let opening = stream::iter(0..count).map(|number| async move {
        let person = &people[number / SOCKETS_EACH];
        let document = match documents {
            Documents::One => DOCUMENT.to_owned(),
            Documents::Own => format!("{DOCUMENT}\n# {number}"),
        };
        let ask = Ask {
            server,
            source: person.source,
            token: person.token().await?,
            document,
            variables: json!({ "filter": { "status": { "in": ["NEW", "OPEN"] } } }),
            receive_buffer: None,
        };
        let socket = subscribe(&ask).await;
        hand_over(
            swarm,
            socket.map_err(|said| anyhow!("socket {number}: {said:?}"))?,
        )
    });
    opening
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    wait_for_all(swarm, count).await
}

pub(crate) async fn open_bare(swarm: &Swarm, server: SocketAddr, count: usize) -> Result<()> {
    let opening = stream::iter(0..count).map(|number| async move {
        let address = u8::try_from(number / 1_000 + 1)?;
        let source = std::net::Ipv4Addr::new(127, 0, 3, address);
        hand_over(swarm, Socket::open(server, source.into(), None).await?)
    });
    opening
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    wait_for_all(swarm, count).await
}

fn hand_over(swarm: &Swarm, socket: Socket) -> Result<()> {
    let (stream, rest) = socket.into_parts()?;
    swarm.take((stream, rest.to_vec()))
}

async fn wait_for_all(swarm: &Swarm, count: usize) -> Result<()> {
    let open = || swarm.board.open.load(std::sync::atomic::Ordering::Relaxed);
    let are_open = wait::until(TAKEN_WITHIN, || open() >= count as u64).await;
    ensure!(
        are_open,
        "{} of {count} sockets: {}",
        open(),
        swarm.board.why_closed()
    );
    Ok(())
}
