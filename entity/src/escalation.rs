//! What happens by itself to the tickets of a level whose targets are near or missed, and what was done by such a rule.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use crate::{
    ids::TeamId,
    ticket::{TimerKind, Warning},
};

/// A level's rules: each of its own, none where nothing more happens than that it is told.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult,
)]
#[serde(default, rename_all = "camelCase")]
pub struct Escalation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_at_risk: Option<EscalationStep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_breached: Option<EscalationStep>,
}

/// What one rule does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EscalationStep {
    /// The rank of a higher level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raise_to_rank: Option<i16>,
    /// The team that gets the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// The team whose members are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_team_id: Option<TeamId>,
}

/// Which rule moved a ticket to another level, of the level that it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct EscalationCause {
    pub warning: Warning,
    pub timer: TimerKind,
}

impl Escalation {
    /// What this warning brings about.
    pub const fn on(&self, warning: Warning) -> Option<EscalationStep> {
        match warning {
            Warning::None => None,
            Warning::AtRisk => self.on_at_risk,
            Warning::Breached => self.on_breached,
        }
    }
}
