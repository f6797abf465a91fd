//! Webhooks as clients see them.

mod event;
pub mod mutation;
pub mod query;
pub mod types;

use serde_json::Value;

pub use event::WebhookEvent;
pub use mutation::WebhookMutation;
pub use query::WebhookQuery;
pub use types::{WebhookDelivery, WebhookEndpoint};

use crate::{
    actor::Actor,
    error::Result,
    queue::graphql::read_saved,
    ticket::{Filter, graphql::TicketFilter},
};

/// Reads a filter that an endpoint has, for its owner.
pub(super) fn read_filter(filter: &Value, owner: &Actor) -> Result<Filter> {
    let filter: TicketFilter = read_saved(filter)?;
    filter.compile(owner)
}
