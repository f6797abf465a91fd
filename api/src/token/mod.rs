//! Tokens of the API: how scripts say who they are. A token is a machine's or that of one of the staff, and does what its
//! owner may as far as its scopes go. The machines are here too: users that hold tokens and never sign in.

mod cleaning;
mod commands;
pub mod graphql;
mod machines;
mod queries;
mod secret;
mod uses;

pub use cleaning::start_cleaning;
pub use commands::{EditToken, Made, NewToken, Rotation, create, edit, revoke, revoke_all, rotate};
pub use machines::{EditMachine, NewMachine, create_machine, edit_machine};
pub use queries::{
    TokenFilter, authenticate, count_machines, count_tokens, identify, list_machines, list_tokens,
    standing,
};
pub use secret::{are_in, is_one};
pub use uses::{Uses, write_uses};
