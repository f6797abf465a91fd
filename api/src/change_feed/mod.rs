//! The change feed: what happened, page by page in the order of the log, for mirrors and warehouses. Each entry is about
//! one thing, as it is now and as far as the reader sees it; what they see no longer is a tombstone.

pub mod graphql;
mod queries;
mod rows;
mod thing;

pub use queries::{Entry, Found, Page, page};
pub use thing::Thing;
