//! The audit log, read: who administered what, and who signed in. What it tells is decided in `trail/`, and written by
//! `Tx`; here it is shown to admins, and what is too old goes.

pub mod graphql;
mod keeping;
mod queries;

pub use keeping::{start, write_failures};
pub use queries::{Filter, Place, begin_export, count, export, list};
