//! A macro: changes to a ticket that somebody saved, made together or not at all.

pub mod commands;
pub mod graphql;
pub mod loaders;
pub mod queries;
pub mod run;
mod step;

pub use commands::{Edit, NewMacro, create, delete, edit};
pub use queries::{find, find_many, list};
pub use run::{Outcome, preview, run, run as run_steps};
pub use step::Step;
