//! What the tools for live streams share: Guichet as it looks from outside, and the programs around it.

pub mod api;
pub mod cpu;
pub mod database;
pub mod frame;
pub mod person;
pub mod random;
pub mod redis;
pub mod server;
pub mod signal;
pub mod socket;
pub mod stream;
pub mod wait;
