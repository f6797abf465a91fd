//! Help before a ticket: articles for what is being typed, what came of them, and the index that learns from both.

mod alike;
mod commands;
mod embedding;
pub mod graphql;
mod highlight;
mod index;
pub mod loaders;
mod metrics;
mod queries;
pub mod rank;
mod session;
mod source;

pub use commands::{attach, record_outcome};
pub use embedding::start as start_embeddings;
pub use index::{Index, start};
pub use queries::{Asked, Found, suggest};
pub use session::{HelpSession, find_session};
