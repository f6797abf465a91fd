//! The way in: HTTP, its guard, and nothing of the domain.

mod answer;
mod around;
mod asked;
mod attachments;
mod audit;
mod auth;
mod budget;
mod client;
mod documents;
mod export;
mod graphiql;
mod graphql;
mod guard;
mod headers;
mod health;
mod metrics;
mod negotiate;
mod note;
mod persisted;
mod oidc;
mod prepare;
mod problem;
mod repeat;
mod request_id;
mod server;
mod service;
mod stream;
mod trusted;
mod uploads;

pub use server::{Server, start};
pub use trusted::check_documents;

#[cfg(test)]
mod smoke;
