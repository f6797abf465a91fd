//! What the tools share that measure and check: Guichet as it looks from outside, and the programs around it.

pub mod api;
pub mod counters;
pub mod cpu;
pub mod database;
pub mod export;
pub mod frame;
pub mod lab;
pub mod meter;
pub mod people;
pub mod person;
pub mod queue;
pub mod random;
pub mod redis;
pub mod scratch;
pub mod server;
pub mod sets;
pub mod signal;
pub mod socket;
pub mod stream;
pub mod table;
pub mod took;
pub mod traffic;
pub mod wait;
