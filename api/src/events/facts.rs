//! What filters and policy look at in a ticket, as events carry it before and after a change.

use chrono::{DateTime, Utc};
use entity::{
    ids::{OrganizationId, TeamId, TicketId, UserId},
    json::{FieldFact, Fields, Tags},
    ticket::{self, Channel, Priority, ServicePhase, Status, WaitingReason, Warning},
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
    /// Facts of earlier releases say nothing of them.
    #[serde(default)]
    pub fields: Fields,
    pub merged_into: Option<TicketId>,
    pub service_phase: ServicePhase,
    pub next_due_at: DateTime<Utc>,
    pub at_risk_at: DateTime<Utc>,
    /// What was told of its targets; facts of earlier releases say nothing of it.
    #[serde(default)]
    pub warning: Warning,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
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
            fields: ticket.fields.clone(),
            merged_into: ticket.merged_into_id,
            service_phase: ticket.service_phase,
            next_due_at: ticket.next_due_at,
            at_risk_at: ticket.at_risk_at,
            warning: ticket.warning,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            solved_at: ticket.solved_at,
        }
    }
}

/// What a change made of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The facts that are different now, as they were before; none: the ticket is new.
    pub before: Option<Map<String, Value>>,
    /// All facts after it.
    pub facts: Value,
}

impl Change {
    /// Compares a ticket before (none: it is new) and after a change.
    pub fn between(
        before: Option<&ticket::Model>,
        after: &ticket::Model,
    ) -> serde_json::Result<Self> {
        let facts = serde_json::to_value(Facts::from(after))?;
        let Some(before) = before else {
            return Ok(Self {
                before: None,
                facts,
            });
        };
        let mut changed = Map::new();
        if let Value::Object(before) = serde_json::to_value(Facts::from(before))? {
            let is_different = |(name, value): &(String, Value)| facts.get(name) != Some(value);
            changed.extend(before.into_iter().filter(is_different));
        }
        Ok(Self {
            before: Some(changed),
            facts,
        })
    }
}

impl Facts {
    /// Reads all facts after a change.
    pub fn read(facts: &Value) -> serde_json::Result<Self> {
        Self::deserialize(facts)
    }

    /// The facts before a change, of those after it and what was different.
    pub fn before(facts: &Value, different: &Map<String, Value>) -> serde_json::Result<Self> {
        let mut before = facts.clone();
        if let Value::Object(before) = &mut before {
            before.extend(different.clone());
        }
        serde_json::from_value(before)
    }

    /// What it takes in memory, about.
    pub(super) fn weight(&self) -> usize {
        let of_field = |(key, fact): (&String, &FieldFact)| {
            key.len() + size_of_val(fact) + fact.items.iter().map(String::len).sum::<usize>()
        };
        let tags: usize = self.tags.iter().map(String::len).sum();
        size_of::<Self>() + tags + self.fields.0.iter().map(of_field).sum::<usize>()
    }

    /// A ticket of these facts, for filters and policy; what they do not look at is empty. Its words
    /// are not among the facts.
    pub fn row(&self, id: TicketId) -> ticket::Model {
        ticket::Model {
            id,
            number: 0,
            integration_id: uuid::Uuid::nil(),
            external_id: None,
            version: self.version,
            subject: String::new(),
            subject_folded: String::new(),
            status: self.status,
            waiting_reason: self.waiting_reason,
            waiting_until: None,
            priority: self.priority,
            level_rank: self.level,
            channel: self.channel,
            requester_id: self.requester,
            organization_id: self.organization,
            team_id: self.team,
            assignee_id: self.assignee,
            tags: Tags(self.tags.clone()),
            fields: self.fields.clone(),
            public_comment_count: 0,
            internal_comment_count: 0,
            last_public_comment: None,
            last_internal_comment: None,
            timers: String::new(),
            service_phase: self.service_phase,
            next_due_at: self.next_due_at,
            at_risk_at: self.at_risk_at,
            warning: self.warning,
            next_deadline_at: None,
            terms_version: 0,
            reopen_count: 0,
            merged_into_id: self.merged_into,
            merged_tickets: None,
            follow_up_of_id: None,
            created_at: self.created_at,
            updated_at: self.updated_at,
            first_replied_at: None,
            solved_at: self.solved_at,
            closed_at: None,
        }
    }
}
