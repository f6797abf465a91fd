//! What requesters think of the help: said by a signed link, without signing in.
//!
//! The link is worked out from the ticket and kept nowhere. It is for one solving of one ticket and for nothing else, is shown to
//! the ticket's requester only, and ends by itself.

mod commands;
pub mod graphql;
mod link;

pub use commands::rate;
pub use link::{RATED_WITHIN, RatingLink, link_of};
