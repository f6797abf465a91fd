//! Tickets as clients see them.

pub mod comparators;
pub mod details;
pub mod enums;
pub mod fields;
pub mod filter;
pub mod incidents;
pub mod inputs;
pub mod links;
pub mod mutation;
pub mod permissions;
pub mod query;
pub mod relations;
pub mod row;
pub mod service_level;
pub mod split;
pub mod subscription;
pub mod types;

pub use details::Satisfaction;
pub use enums::{TicketLinkKind, WaitingReason};
pub use filter::TicketFilter;
pub use incidents::IncidentMutation;
pub use inputs::{
    ApplicationContextInput, CreateTicketInput, CustomFieldValueInput, TicketOrder,
    TicketOrderField, fields_of, named,
};
pub use mutation::TicketMutation;
pub use query::{TicketQuery, one_of_lists_field};
pub use row::{Row, TicketConnection};
pub use service_level::{ServiceLevel, TimerKind, TimerState, asks_for_timers};
pub use split::SplitMutation;
pub use subscription::TicketSubscription;
pub use types::{Ticket, ticket_field};
