//! The way in: HTTP, its guard, and nothing of the domain.

mod answer;
mod around;
mod asked;
mod attachments;
mod audit;
mod auth;
mod client;
mod documents;
mod graphiql;
mod graphql;
mod guard;
mod headers;
mod health;
mod metrics;
mod negotiate;
mod note;
mod prepare;
mod problem;
mod request_id;
mod server;
mod service;
mod stream;
mod uploads;

pub use server::{Server, start};

#[cfg(test)]
mod smoke;
