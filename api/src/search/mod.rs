//! Search: one question over tickets, comments, articles and people, each under the rights of who asks, best first.

mod candidates;
pub mod filling;
pub mod graphql;
mod highlight;
mod queries;
mod rank;
mod shown;

pub use queries::{Hit, Hits, search};
