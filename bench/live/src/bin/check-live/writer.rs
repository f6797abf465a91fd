//! Somebody who changes tickets, one change after the other, and writes down what was acknowledged.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use live::{
    api::{Failure, text_at},
    person::Person,
    random::Random,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    desk::{Desk, TAG},
    ledger::{Change, FACTS, Facts, Ledger, facts_of},
};

/// Longer than PostgreSQL goes on with what a dead server told it last.
const UNCERTAIN_FOR: Duration = Duration::from_secs(2);
const FIRST_TICKETS: usize = 8;

pub(crate) struct Writer {
    agent: Arc<Person>,
    /// Its own: nobody else changes them, so it knows what they were before each change.
    tickets: Vec<(String, Facts)>,
    random: Random,
}

/// A mutation, its input, and where the ticket is in its answer.
struct Act {
    kind: &'static str,
    input: Value,
}

impl Writer {
    /// With tickets of all requesters.
    pub(crate) async fn begin(desk: &Desk, number: usize) -> Result<Self> {
        let mut writer = Self {
            agent: Arc::clone(&desk.agents[number % desk.agents.len()]),
            tickets: Vec::new(),
            random: Random::new(number as u64 + 1),
        };
        let unread = Ledger::default();
        while writer.tickets.len() < FIRST_TICKETS {
            writer.create(desk, &unread).await;
        }
        Ok(writer)
    }

    pub(crate) fn tickets(&self) -> impl Iterator<Item = &String> {
        self.tickets.iter().map(|(id, _)| id)
    }

    /// Changes about once in `pause`, until `stop`; what is begun then is finished.
    pub(crate) async fn run(
        &mut self,
        desk: &Desk,
        ledger: &Ledger,
        pause: Duration,
        stop: &watch::Receiver<bool>,
    ) {
        while !*stop.borrow() {
            if self.random.chance(4) {
                self.create(desk, ledger).await;
            } else {
                self.change(desk, ledger).await;
            }
            let jitter = self.random.below(100);
            let pause = pause.mul_f64(0.5 + f64::from(u32::try_from(jitter).unwrap_or(0)) / 100.0);
            tokio::time::sleep(pause).await;
        }
    }

    async fn create(&mut self, desk: &Desk, ledger: &Ledger) {
        let requester = self.random.one_of(&desk.requesters);
        let team = self.random.one_of(&desk.teams);
        let number = self.random.next();
        let input = json!({
            "subject": format!("Order {number}"), "description": "It did not arrive. ".repeat(400),
            "requesterId": requester.id, "teamId": team,
        });
        let document = format!(
            "mutation($input: CreateTicketInput!) {{ createTicket(input: $input) {{ ticket {{ {FACTS} }} userErrors {{ code message }} }} }}"
        );
        let sent = Instant::now();
        // What nobody acknowledged is nobody's: the fresh query has it or has it not.
        if let Ok(answer) = self.agent.ask(&document, &json!({ "input": input })).await
            && let Ok((id, after)) = facts_of(&answer["createTicket"]["ticket"])
        {
            let change = Change {
                kind: "createTicket",
                before: None,
                after: after.clone(),
                sent,
                acknowledged: Instant::now(),
            };
            ledger.add(&id, change);
            self.tickets.push((id, after));
        }
    }

    async fn change(&mut self, desk: &Desk, ledger: &Ledger) {
        let place = self.random.below(self.tickets.len());
        let (id, before) = self.tickets[place].clone();
        let act = self.choose(desk, &id, &before);
        let (kind, input) = (act.kind, act.input);
        let of_comment = kind == "addComment";
        let ticket = format!("ticket {{ {FACTS} }}");
        let selected = if of_comment {
            format!("comment {{ {ticket} }}")
        } else {
            ticket
        };
        let upper = kind[..1].to_uppercase() + &kind[1..];
        let document = format!(
            "mutation($input: {upper}Input!) {{ {kind}(input: $input) {{ {selected} userErrors {{ code message }} }} }}"
        );
        let sent = Instant::now();
        let after = match self.agent.ask(&document, &json!({ "input": input })).await {
            Ok(answer) => {
                let payload = &answer[kind];
                let ticket = if of_comment {
                    &payload["comment"]["ticket"]
                } else {
                    &payload["ticket"]
                };
                facts_of(ticket).ok()
            }
            Err(Failure::Refused { .. }) => None,
            Err(Failure::Unreachable(_)) => {
                tokio::time::sleep(UNCERTAIN_FOR).await;
                self.look(&id).await.ok()
            }
        };
        let Some((_, after)) = after else {
            return;
        };
        if after.version > before.version {
            let change = Change {
                kind,
                before: Some(before),
                after: after.clone(),
                sent,
                acknowledged: Instant::now(),
            };
            ledger.add(&id, change);
        }
        self.tickets[place].1 = after;
    }

    async fn look(&self, id: &str) -> Result<(String, Facts)> {
        let document = format!("query($id: ID!) {{ ticket(by: {{ id: $id }}) {{ {FACTS} }} }}");
        let answer = self.agent.read(&document, &json!({ "id": id })).await?;
        text_at(&answer, "/ticket/id")?;
        facts_of(&answer["ticket"])
    }

    /// Something that changes the ticket for sure.
    fn choose(&mut self, desk: &Desk, id: &str, before: &Facts) -> Act {
        let random = &mut self.random;
        let (kind, input) = match random.below(100) {
            0..30 => {
                let visibility = if random.chance(40) {
                    "INTERNAL"
                } else {
                    "PUBLIC"
                };
                let body = format!("Said {} times.", random.next());
                (
                    "addComment",
                    json!({ "ticketId": id, "body": body, "visibility": visibility }),
                )
            }
            30..50 => {
                let others = ["LOW", "NORMAL", "HIGH", "URGENT"];
                let others: Vec<_> = others
                    .iter()
                    .filter(|other| **other != before.priority)
                    .collect();
                (
                    "setTicketPriority",
                    json!({ "ticketId": id, "priority": random.one_of(&others) }),
                )
            }
            50..65 => {
                let has = before.tags.iter().any(|tag| tag == TAG);
                let field = if has { "remove" } else { "add" };
                ("tagTicket", json!({ "ticketId": id, field: [TAG] }))
            }
            65..90 => {
                let teams = desk.teams.iter().chain(&desk.external);
                let teams: Vec<_> = teams
                    .filter(|team| before.team.as_ref() != Some(team))
                    .collect();
                (
                    "assignTicket",
                    json!({ "ticketId": id, "teamId": random.one_of(&teams) }),
                )
            }
            _ => {
                let agents = desk.agents.iter().map(|agent| &agent.id);
                let agents: Vec<_> = agents
                    .filter(|agent| before.assignee.as_ref() != Some(agent))
                    .collect();
                (
                    "assignTicket",
                    json!({ "ticketId": id, "assigneeId": random.one_of(&agents) }),
                )
            }
        };
        Act { kind, input }
    }
}
