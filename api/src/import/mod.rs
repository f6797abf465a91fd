//! Importing: files of tickets, comments, people and articles, written to the database.
//!
//! A file is read as a stream on a thread of its own: bytes become rows, rows become records. Records are written some hundreds
//! at a time, each batch in one transaction, so memory stays flat and a file of any size loads.

mod articles;
mod batch;
mod bulk;
mod comments;
pub mod cli;
pub mod commands;
pub mod demo;
mod fields;
pub mod foreign;
mod known;
mod life;
pub mod mapping;
mod opening;
pub mod parse;
mod people;
pub mod reader;
pub mod record;
pub mod report;
mod revising;
mod stored;
mod tickets;
mod way;
pub mod when;

pub use commands::{Options, import};
