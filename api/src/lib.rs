//! Guichet: a self-hosted GraphQL backend for user support. The modules stand in the order of the
//! layers; each uses only what is below it here, read from the end.

pub mod people;
pub mod session;

pub mod actor;
pub mod app;
pub mod clock;
pub mod config;
pub mod directory;
pub mod error;
pub mod events;
pub mod page;
pub mod policy;
pub mod refusal;
pub mod store;
