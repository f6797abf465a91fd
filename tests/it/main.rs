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
mod application;
mod ask;
mod assignment;
mod attachment;
mod audit;
mod budget;
mod bulk;
mod calendar;
mod change_feed;
mod comment;
mod custom_field;
mod cursor;
mod deadline;
mod escalation;
mod export;
mod external_id;
mod filter;
mod help;
mod hostile;
mod http;
mod idempotency;
mod import;
mod knowledge;
mod level;
mod live;
mod macros;
mod measures;
mod merge;
mod oidc;
mod people;
mod persisted;
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
mod totp;
mod visibility;
mod webhook;
