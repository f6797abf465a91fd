//! Live connections: what is said on WebSockets and in event streams, and how they end.

mod events;
mod protocol;
mod queries;
mod rights;
