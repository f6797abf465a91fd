//! A merge: a ticket that goes on as another, until that is undone.
//!
//! Nothing moves. Comments and articles stay on the ticket that they were written on, and the other shows them
//! to those who may read both. So nobody reads more than before, nothing is there twice, and undoing a merge brings
//! back exactly what was.
//!
//! Only an open ticket receives others, and a merged one is closed: so merges never form a circle. Both tickets are
//! locked in the order of their ids.

mod commands;
pub mod graphql;
mod rules;

pub use commands::{Merged, merge, unmerge};
