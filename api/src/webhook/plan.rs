//! What of the log is next for an endpoint, read before anything is held.

use std::sync::Arc;

use entity::{
    ids::WebhookEndpointId,
    webhook_delivery::{self as delivery, Column},
    webhook_endpoint::Model,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    selection::{Selected, select},
    send::Outcome,
};
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    events::{Pos, log::Placed},
};

/// Events that become deliveries in one transaction.
const EVENTS_AT_ONCE: usize = 500;
/// Deliveries that wait for an endpoint. Beyond it events wait in the log.
const WAITING_MAX: u64 = 10_000;

/// What a round is about.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) endpoint: &'a Model,
    /// After which place the log is looked at, and up to which. What came later may have been done to an endpoint that is
    /// different by now.
    pub(super) span: (Pos, Pos),
    pub(super) outcomes: &'a [Outcome],
    /// Whether more is done than noting outcomes.
    pub(super) goes_on: bool,
    /// Whether a delivery is to be sent.
    pub(super) is_due: bool,
    /// Whether the row is to say how far it is, though nothing is for the endpoint.
    pub(super) saves: bool,
}

impl Look<'_> {
    pub(super) fn has_work(&self) -> bool {
        let (after, head) = self.span;
        let is_behind = after < head || self.endpoint.replay_position.is_some();
        let goes_on = self.goes_on && self.endpoint.disabled_at.is_none();
        !self.outcomes.is_empty() || goes_on && (is_behind || self.is_due || self.saves)
    }
}

/// What of the log comes next for an endpoint.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) new: Option<Stretch>,
    pub(super) again: Option<Stretch>,
    /// Events that the log cannot tell any more.
    pub(super) lost: u64,
    /// Whether as much was read as is read at once: there may be more.
    pub(super) is_full: bool,
}

/// Events after one place, up to another.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) after: Pos,
    pub(super) up_to: Pos,
    pub(super) selected: Vec<Selected>,
}

impl Plan {
    /// Whether the endpoint need not be told of any of it.
    pub(super) fn is_nothing(&self) -> bool {
        let new = self.new.as_ref();
        self.lost == 0 && self.again.is_none() && new.is_none_or(|new| new.selected.is_empty())
    }
}

/// Reads what comes next, before anything is held.
pub(super) async fn plan(app: &App, look: &Look<'_>, owner: &Actor) -> Result<Plan> {
    let Look { endpoint, span, .. } = *look;
    let (after, head) = span;
    let (oldest, _) = app.feed.span();
    let mut plan = Plan::default();
    let is_behind = after < head || look.saves || endpoint.replay_position.is_some();
    if !is_behind || waiting(app, endpoint.id).await? >= WAITING_MAX {
        return Ok(plan);
    }
    if after < head || look.saves {
        let start = after.max(oldest);
        plan.lost = start.0 - after.0;
        let mut events = app.feed.after(start, EVENTS_AT_ONCE).await?;
        plan.is_full |= events.len() == EVENTS_AT_ONCE;
        events.retain(|event| event.pos <= head);
        let new = stretch(app, endpoint, owner, start, &events).await?;
        plan.new = Some(Stretch {
            after: Pos::of(endpoint.position),
            ..new
        });
    }
    if let (Some(after), Some(end)) = (endpoint.replay_position, endpoint.replay_end) {
        let (after, end) = (Pos::of(after), Pos::of(end));
        let start = after.max(oldest);
        let mut events = app.feed.after(start, EVENTS_AT_ONCE).await?;
        events.retain(|event| event.pos <= end);
        plan.is_full |= events.len() == EVENTS_AT_ONCE;
        let again = stretch(app, endpoint, owner, start, &events).await?;
        plan.again = Some(Stretch { after, ..again });
    }
    Ok(plan)
}

async fn stretch(
    app: &App,
    endpoint: &Model,
    owner: &Actor,
    after: Pos,
    events: &[Arc<Placed>],
) -> Result<Stretch> {
    Ok(Stretch {
        after,
        up_to: events.last().map_or(after, |event| event.pos),
        selected: select(app, endpoint, owner, events).await?,
    })
}

async fn waiting(app: &App, endpoint: WebhookEndpointId) -> Result<u64> {
    let unfinished = delivery::Entity::find()
        .filter(Column::EndpointId.eq(endpoint))
        .filter(Column::DueAt.is_not_null());
    Ok(unfinished.count(&app.store.read).await?)
}
