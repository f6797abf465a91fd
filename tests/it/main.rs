//! Guichet as its clients see it: one file for each slice, named like it.

mod import;
mod knowledge;
mod queue;
mod session;
