//! A custom field: what a desk adds to its tickets, typed, and seen and filled by whom it says.

pub mod commands;
pub mod graphql;
mod rules;
mod stored;

pub use commands::{Edit, NewChoice, NewField, create, edit};
pub use rules::{
    Changed, Definitions, apply, changed, facts_of, fits, missing, searched, visible_values,
};
pub use stored::{record, rows_of, store};
