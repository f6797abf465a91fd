//! A queue: a saved ticket filter with an order, personal or shared with a team.

pub mod commands;
pub mod graphql;
pub mod loaders;
pub mod queries;

pub use commands::{NewQueue, Sharing, create};
pub use queries::{find, list};
