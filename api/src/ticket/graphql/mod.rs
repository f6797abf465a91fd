//! Tickets as clients see them.

pub mod filter;
pub mod inputs;
pub mod mutation;
pub mod query;
pub mod service_level;
pub mod types;

pub use filter::TicketFilter;
pub use inputs::{TicketOrder, TicketOrderField};
pub use mutation::TicketMutation;
pub use query::{TicketQuery, list_field};
pub use service_level::ServiceLevel;
pub use types::{Ticket, TicketConnection, TicketLinkKind, WaitingReason, ticket_field};
