//! A ticket's timeline: its part of the event log, as far as the reader may know.

pub mod graphql;
pub mod loaders;
pub mod queries;
