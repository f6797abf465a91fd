//! The people and teams of the check, made through the API, and what each of them may see.

use std::sync::Arc;

use anyhow::Result;
use live::{api::Servers, people::Admin, person::Person};
use serde_json::json;

use crate::ledger::Facts;

pub(crate) const TAG: &str = "vip";
const AGENTS: usize = 30;
const LEAVERS: usize = 2;
const PARTNERS: usize = 8;
const REQUESTERS: usize = 6;

pub(crate) struct Desk {
    /// Two internal ones.
    pub(crate) teams: Vec<String>,
    /// Two whose members see nothing but their own tickets.
    pub(crate) external: Vec<String>,
    pub(crate) agents: Vec<Arc<Person>>,
    /// Signed out in a phase, and readers in no other.
    leavers: Vec<Arc<Person>>,
    /// Members of the external teams by turns.
    pub(crate) partners: Vec<Arc<Person>>,
    pub(crate) requesters: Vec<Arc<Person>>,
}

/// How much somebody may see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Desk,
    Team(String),
    Own(String),
}

impl Scope {
    pub(crate) fn sees(&self, facts: &Facts) -> bool {
        match self {
            Self::Desk => true,
            Self::Team(team) => facts.team.as_ref() == Some(team),
            Self::Own(person) => facts.requester == *person,
        }
    }
}

impl Desk {
    pub(crate) async fn open(servers: &Servers) -> Result<Self> {
        let mut admin = Admin::of(servers)?;
        let mut desk = Self {
            teams: Vec::new(),
            external: Vec::new(),
            agents: Vec::new(),
            leavers: Vec::new(),
            partners: Vec::new(),
            requesters: Vec::new(),
        };
        for name in ["Front", "Back"] {
            desk.teams.push(admin.add_team(name, "INTERNAL").await?);
        }
        for name in ["Carrier", "Maker"] {
            desk.external.push(admin.add_team(name, "EXTERNAL").await?);
        }
        for turn in 0..AGENTS {
            let teams = json!([desk.teams[turn % desk.teams.len()]]);
            desk.agents.push(admin.add_person("AGENT", teams).await?);
        }
        for _ in 0..LEAVERS {
            let teams = json!([desk.teams[0]]);
            desk.leavers.push(admin.add_person("AGENT", teams).await?);
        }
        for turn in 0..PARTNERS {
            let teams = json!([desk.external[turn % desk.external.len()]]);
            desk.partners.push(admin.add_person("AGENT", teams).await?);
        }
        for _ in 0..REQUESTERS {
            let requester = admin.add_person("REQUESTER", json!([])).await?;
            desk.requesters.push(requester);
        }
        Ok(desk)
    }

    pub(crate) fn leavers(&self) -> &[Arc<Person>] {
        &self.leavers
    }

    /// The external team of a partner.
    pub(crate) fn team_of(&self, partner: usize) -> &str {
        &self.external[partner % self.external.len()]
    }
}
