//! Files: sent to an address that is good once, attached to a ticket, a comment or an article, read by links that end soon.
//!
//! An upload is a row for as long as its file lies anywhere (ADR 25). It is taken away a day after it was announced, unless
//! something has it attached by then.

mod cleaning;
mod commands;
pub mod graphql;
mod link;
mod places;
pub mod loaders;
mod preview;
mod queries;
mod receive;
mod rules;
mod sniff;

pub use cleaning::{remove_expired, remove_strays, start};
pub use commands::{NewUpload, attach, create_upload, share_with_ticket};
pub use link::{Link, Variant};
pub use queries::{Attached, Owner, Served, find, served};
pub use receive::{Announced, Sent, Unreceived, receive};
pub use rules::disposition;

use crate::app::App;

/// How a path of this server is reached from outside.
fn address(app: &App, path: &str) -> String {
    let base = app.config.public_url.as_str().trim_end_matches('/');
    format!("{base}/{path}")
}
