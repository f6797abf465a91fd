//! Tokens and machines as clients see them.

pub mod mutation;
pub mod query;
pub mod types;

pub use mutation::TokenMutation;
pub use query::TokenQuery;
pub use types::{ApiScope, ApiToken};
