//! Guichet as its clients see it: one file for each slice, named like it; and the rules that its
//! sources keep.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]
#![expect(
    clippy::too_many_lines,
    reason = "whole answers and tables of cases are long, and read from top to bottom"
)]

mod administration;
mod ask;
mod assignment;
mod attachment;
mod audit;
mod calendar;
mod comment;
mod custom_field;
mod cursor;
mod deadline;
mod escalation;
mod filter;
mod help;
mod hostile;
mod http;
mod import;
mod knowledge;
mod level;
mod live;
mod macros;
mod measures;
mod merge;
mod people;
mod policy;
mod queue;
mod rating;
mod rows;
mod schema;
mod search;
mod session;
mod socket;
mod sources;
mod statements;
mod teams;
mod ticket;
mod tidy;
mod timeline;
mod token;
mod visibility;
