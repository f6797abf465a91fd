//! What the server asks of others by HTTP. Whoever writes an address down here may be anybody, so that it never leads to
//! the server's own network: the address that is connected to is looked at, not the name, and no redirect is followed.

mod address;
mod client;
mod documents;

pub use address::AddressFilter;
pub use client::{Client, Failure};
pub use documents::Document;
