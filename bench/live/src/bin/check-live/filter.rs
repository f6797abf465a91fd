//! What a reader wants to see: as the API takes it, and as a yes or no for one ticket.

use serde_json::{Value, json};

use crate::{desk::TAG, ledger::Facts};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Filter {
    All,
    Team(String),
    Urgent,
    Tagged,
    /// Assigned to the person.
    Mine(String),
    /// Of neither team.
    NotIn(Vec<String>),
}

impl Filter {
    pub(crate) fn variable(&self) -> Value {
        match self {
            Self::All => {
                json!({ "status": { "in": ["NEW", "OPEN", "WAITING", "SOLVED", "CLOSED"] } })
            }
            Self::Team(team) => json!({ "team": { "eq": team } }),
            Self::Urgent => json!({ "priority": { "in": ["HIGH", "URGENT"] } }),
            Self::Tagged => json!({ "tags": { "hasAny": [TAG] } }),
            Self::Mine(_) => json!({ "assignee": { "isMine": true } }),
            Self::NotIn(teams) => json!({ "not": { "team": { "in": teams } } }),
        }
    }

    pub(crate) fn matches(&self, facts: &Facts) -> bool {
        match self {
            Self::All => true,
            Self::Team(team) => facts.team.as_ref() == Some(team),
            Self::Urgent => matches!(facts.priority.as_str(), "HIGH" | "URGENT"),
            Self::Tagged => facts.tags.iter().any(|tag| tag == TAG),
            Self::Mine(person) => facts.assignee.as_ref() == Some(person),
            Self::NotIn(teams) => facts.team.as_ref().is_none_or(|team| !teams.contains(team)),
        }
    }
}
