//! Live streams: what many follow is done once, and each reader pulls at its own pace.
//!
//! A [`Source`] makes frames from a place in the log on. Readers of equal sources share a group: one
//! execution, each frame written once. Nothing here knows what the frames say or how they travel.

mod connections;
mod group;
mod hub;
mod reader;
mod relay;
mod rights;
mod seats;
mod waiting;

use std::pin::Pin;

use futures_util::Stream;

pub use connections::{Connection, Connections, Order, Person, TooMany};
pub use hub::{Counts, Hub};
pub use reader::{Reader, Step};
pub use relay::Relay;
pub use rights::watch;

pub use crate::graphql::Start;

use crate::events::Pos;

/// Equal for what can be done once: of everything that decides what a stream says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub [u8; 32]);

/// What an execution gives, in order.
pub type Answers = Pin<Box<dyn Stream<Item = Answer> + Send>>;

/// Begins an execution from a place on.
pub type Execute = Box<dyn Fn(Start) -> Answers + Send + Sync>;

/// Something to follow.
pub struct Source {
    pub key: Key,
    /// An execution runs in a task of its own, and is never dropped while it may wait for the
    /// database.
    pub execute: Execute,
}

/// One answer of an execution.
#[derive(Debug)]
pub enum Answer {
    /// A response, as JSON.
    Next(String),
    /// Errors, as a JSON list: the stream ends with them.
    Failed(String),
}

/// An answer and its place in the log: who has it has everything up to there.
#[derive(Debug)]
pub struct Frame {
    pub place: Pos,
    pub json: Box<str>,
}

/// How a stream ended by itself.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Complete,
    /// Errors, as a JSON list.
    Failed(String),
}

#[cfg(test)]
mod tests;
