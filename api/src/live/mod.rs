//! Live streams: what is followed, by whom, and how it reaches them.

pub use crate::graphql::Start;
