//! What filters and policy look at in a ticket, as events carry it before and after a change.

use chrono::{DateTime, Utc};
use entity::{
    ids::{OrganizationId, TeamId, TicketId, UserId},
    ticket::{self, Channel, Priority, ServicePhase, Status, WaitingReason},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A ticket without a word that a person wrote; tags are names that the desk shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    pub version: i32,
    pub status: Status,
    pub waiting_reason: Option<WaitingReason>,
    pub priority: Priority,
    pub level: i16,
    pub channel: Channel,
    pub requester: UserId,
    pub organization: Option<OrganizationId>,
    pub team: Option<TeamId>,
    pub assignee: Option<UserId>,
    pub tags: Vec<String>,
    pub merged_into: Option<TicketId>,
    pub service_phase: ServicePhase,
    pub next_due_at: DateTime<Utc>,
    pub at_risk_at: DateTime<Utc>,
    pub solved_at: Option<DateTime<Utc>>,
}

impl From<&ticket::Model> for Facts {
    fn from(ticket: &ticket::Model) -> Self {
        Self {
            version: ticket.version,
            status: ticket.status,
            waiting_reason: ticket.waiting_reason,
            priority: ticket.priority,
            level: ticket.level_rank,
            channel: ticket.channel,
            requester: ticket.requester_id,
            organization: ticket.organization_id,
            team: ticket.team_id,
            assignee: ticket.assignee_id,
            tags: ticket.tags.0.clone(),
            merged_into: ticket.merged_into_id,
            service_phase: ticket.service_phase,
            next_due_at: ticket.next_due_at,
            at_risk_at: ticket.at_risk_at,
            solved_at: ticket.solved_at,
        }
    }
}

/// The facts that a change changed, each before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub before: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub after: Map<String, Value>,
}

impl Change {
    /// Compares a ticket before (none: it is new) and after a change.
    pub fn between(
        before: Option<&ticket::Model>,
        after: &ticket::Model,
    ) -> serde_json::Result<Self> {
        let after = object_of(&Facts::from(after))?;
        let Some(before) = before else {
            return Ok(Self {
                before: Map::new(),
                after,
            });
        };
        let before = object_of(&Facts::from(before))?;
        let has_changed = |(name, value): &(String, Value)| before.get(name) != Some(value);
        let after: Map<_, _> = after.into_iter().filter(has_changed).collect();
        let before = before
            .into_iter()
            .filter(|(name, _)| after.contains_key(name))
            .collect();
        Ok(Self { before, after })
    }
}

fn object_of(facts: &Facts) -> serde_json::Result<Map<String, Value>> {
    match serde_json::to_value(facts)? {
        Value::Object(object) => Ok(object),
        _ => Ok(Map::new()),
    }
}
