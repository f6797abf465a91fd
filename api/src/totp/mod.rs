//! A second factor of local accounts: codes of an authenticator (TOTP), and recovery codes for when it is lost.

mod code;
mod commands;
pub mod graphql;
mod queries;
mod recovery;

pub use commands::{
    Enrollment, Proof, confirm, demand_at_sign_in, disable, is_wrong_code, regenerate, reset,
    start, start_at_sign_in,
};
pub use queries::{State, state};
