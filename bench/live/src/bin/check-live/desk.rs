//! The people and teams of the check, made through the API, and what each of them may see.

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::{Context, Result};
use live::{
    api::Servers,
    person::Person,
    server::{Settings, run},
};
use serde_json::{Value, json};

use crate::{Cli, ledger::Facts};

const PASSWORD: &str = "only for this check 7";
const ADMIN: &str = "admin@check.guichet.test";
const CREATE_TEAM: &str = "mutation($input: CreateTeamInput!) { createTeam(input: $input) { team { id } userErrors { code message } } }";
const CREATE_USER: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } userErrors { code message } } }";

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
    people: usize,
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
    pub(crate) async fn open(cli: &Cli, settings: &Settings, servers: &Servers) -> Result<Self> {
        let arguments = [
            "user", "add", "--email", ADMIN, "--name", "Admin", "--role", "admin",
        ];
        run(&cli.server, settings, &arguments, &format!("{PASSWORD}\n"))?;
        let admin = Person::new(servers, "", ADMIN, PASSWORD, Ipv4Addr::LOCALHOST.into(), 0)?;
        let mut desk = Self {
            teams: Vec::new(),
            external: Vec::new(),
            agents: Vec::new(),
            leavers: Vec::new(),
            partners: Vec::new(),
            requesters: Vec::new(),
            people: 0,
        };
        for (name, kind) in [
            ("Front", "INTERNAL"),
            ("Back", "INTERNAL"),
            ("Carrier", "EXTERNAL"),
            ("Maker", "EXTERNAL"),
        ] {
            let input = json!({ "input": { "name": name, "kind": kind } });
            let answer = admin.ask(CREATE_TEAM, &input).await?;
            let id = text_at(&answer, "/createTeam/team/id")?;
            match kind {
                "INTERNAL" => desk.teams.push(id),
                _ => desk.external.push(id),
            }
        }
        for turn in 0..AGENTS {
            let teams = json!([desk.teams[turn % desk.teams.len()]]);
            let person = desk.add(&admin, servers, "AGENT", teams).await?;
            desk.agents.push(person);
        }
        for _ in 0..LEAVERS {
            let person = desk
                .add(&admin, servers, "AGENT", json!([desk.teams[0]]))
                .await?;
            desk.leavers.push(person);
        }
        for turn in 0..PARTNERS {
            let teams = json!([desk.external[turn % desk.external.len()]]);
            let person = desk.add(&admin, servers, "AGENT", teams).await?;
            desk.partners.push(person);
        }
        for _ in 0..REQUESTERS {
            let person = desk.add(&admin, servers, "REQUESTER", json!([])).await?;
            desk.requesters.push(person);
        }
        Ok(desk)
    }

    async fn add(
        &mut self,
        admin: &Person,
        servers: &Servers,
        role: &str,
        teams: Value,
    ) -> Result<Arc<Person>> {
        self.people += 1;
        let number = self.people;
        let email = format!("person{number}@check.guichet.test");
        let input = json!({ "input": {
            "name": format!("Person {number}"), "email": email, "role": role, "teamIds": teams,
            "password": PASSWORD,
        } });
        let answer = admin.ask(CREATE_USER, &input).await?;
        let id = text_at(&answer, "/createUser/user/id")?;
        let source = Ipv4Addr::new(127, 0, 1, u8::try_from(number)?);
        let person = Person::new(servers, &id, &email, PASSWORD, source.into(), number)?;
        person.token().await?;
        Ok(Arc::new(person))
    }

    pub(crate) fn leavers(&self) -> &[Arc<Person>] {
        &self.leavers
    }

    /// The external team of a partner.
    pub(crate) fn team_of(&self, partner: usize) -> &str {
        &self.external[partner % self.external.len()]
    }
}

pub(crate) fn text_at(answer: &Value, pointer: &str) -> Result<String> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    Ok(text
        .with_context(|| format!("no {pointer} in {answer}"))?
        .to_owned())
}
