//! Guichet as its clients see it: one file for each slice, named like it; and the rules that its
//! sources keep.

mod import;
mod knowledge;
mod queue;
mod schema;
mod session;
mod sources;
mod tidy;
