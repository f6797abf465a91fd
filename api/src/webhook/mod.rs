//! Webhooks: addresses elsewhere that are told what happens here, by the Standard Webhooks specification.
//!
//! Each endpoint has a place in the log. Whichever server comes first makes deliveries of the events after it, in the
//! transaction that moves the place (`round.rs`); what is nothing for an endpoint is noted in memory (`looked.rs`).
//! Deliveries are claimed for a while, sent while no transaction is open (`send.rs`), and tried again when nobody says what
//! came of them (ADR 29).

mod cleaning;
mod commands;
mod dispatch;
pub mod graphql;
pub mod loaders;
mod looked;
mod outcome;
mod payload;
mod plan;
mod queries;
mod replay;
mod round;
mod rules;
mod seen;
mod selection;
mod send;
mod signature;
mod tally;

pub use cleaning::{remove_old, start_cleaning};
pub use commands::{
    EditEndpoint, Made, NewEndpoint, create, delete, edit, ping, rotate, set_enabled,
};
pub use dispatch::start;
pub use queries::{
    DeliveryFilter, attempts_of, count, count_deliveries, find, find_delivery, list,
    list_deliveries,
};
pub use replay::{Bound, replay_delivery, replay_events};
pub use tally::{Report, Webhooks};
