//! Bulk jobs: the same steps on many tickets, one after the other in the background, each in the rights that whoever
//! started it has at that moment.

mod commands;
mod followers;
pub mod graphql;
mod queries;
mod worker;

pub use commands::{Tickets, cancel, start};
pub use followers::Followers;
pub use queries::{find, list_items};
pub use worker::start as start_worker;
