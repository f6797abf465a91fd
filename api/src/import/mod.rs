//! Importing: files of tickets, comments, people and articles, written to the database.

mod fields;
pub mod mapping;
pub mod parse;
pub mod reader;
pub mod record;
pub mod report;
pub mod when;
