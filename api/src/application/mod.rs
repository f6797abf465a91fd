//! Applications that embed the desk: their backends sign who their users are, and these become requesters.

mod commands;
pub mod graphql;
mod keys;
mod queries;
mod sign_in;

pub use commands::{
    EditApplication, MadeKey, NewApplication, add_key, create, delete, edit, revoke_key,
};
pub use queries::{Application, audience, list};
pub use sign_in::{Asked, sign_in};
