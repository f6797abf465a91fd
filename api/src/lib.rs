//! Guichet: a self-hosted GraphQL backend for user support. The modules stand in the order of the
//! layers: each uses only what comes after it.

pub mod http;
pub mod live;
pub mod schema;
pub mod persisted;
pub mod deadlines;
pub mod idempotency;
pub mod export;
pub mod import;

pub mod application;
pub mod assignment;
pub mod attachment;
pub mod audit;
pub mod bulk;
pub mod calendar;
pub mod change_feed;
pub mod comment;
pub mod custom_field;
pub mod help;
pub mod knowledge;
pub mod level;
pub mod measures;
pub mod merge;
pub mod notification;
pub mod oidc;
pub mod people;
pub mod presence;
pub mod queue;
pub mod rating;
pub mod search;
pub mod session;
pub mod sharing;
pub mod sla;
pub mod ticket;
pub mod ticket_macro;
pub mod timeline;
pub mod token;
pub mod webhook;
pub mod totp;

pub mod graphql;
pub mod policy;
pub mod app;
pub mod index;
pub mod trail;
pub mod events;
pub mod background;
pub mod directory;
pub mod limits;
pub mod assertion;
pub mod outgoing;
pub mod store;
pub mod files;
pub mod actor;
pub mod page;
pub mod turns;
pub mod error;
pub mod input;
pub mod refusal;
pub mod text;
pub mod clock;
pub mod config;

#[cfg(test)]
mod testing;
