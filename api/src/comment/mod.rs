//! A comment: what somebody says on a ticket, publicly or among staff.

pub mod commands;
pub mod graphql;
pub mod loaders;
pub mod queries;

pub use commands::{NewComment, add, digest, edit, note_reply, show_on_ticket, write};
