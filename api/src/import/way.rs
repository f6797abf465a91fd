//! The way of a new ticket from NEW to where its row has it, step by step.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    article,
    ids::{KnowledgeLinkId, LevelChangeId, TicketId, UserId},
    knowledge_link, level_change,
    ticket::{self, Status},
};

use super::{
    known::Known,
    life::Moment,
    opening::require_level,
    record::{Change, Step, Ticket},
    tickets::{Finals, Open},
    when::When,
};
use crate::{
    app::Tx,
    events::{Assignment, Event},
};

/// Notes on a new ticket all that happened to it, or says what the row names that is not there.
pub(super) fn walk(
    tx: &Tx<'_>,
    known: &Known,
    articles: &HashMap<String, article::Model>,
    open: Open,
    row: &Ticket,
) -> Result<Open, String> {
    let mut way = Way {
        tx,
        known,
        created_at: open.after.created_at,
        status: Status::New,
        held: Assignment {
            team_id: open.after.team_id,
            assignee_id: None,
        },
        open,
    };
    way.walk(row)?;
    way.link(articles, row)?;
    Ok(way.open)
}

/// Why a ticket waits, and until when.
pub(super) type Wait = (ticket::WaitingReason, Option<DateTime<Utc>>);

/// The moves from one status to another: CLOSED is reached through SOLVED.
pub(super) fn moves(
    ticket_id: TicketId,
    from: Status,
    to: Status,
    wait: Option<Wait>,
) -> Vec<Event> {
    if from == to {
        return Vec::new();
    }
    match (to, wait) {
        (Status::Closed, _) if from != Status::Solved => vec![
            Event::TicketSolved { ticket_id, from },
            Event::TicketClosed {
                ticket_id,
                from: Status::Solved,
            },
        ],
        (Status::Closed, _) => vec![Event::TicketClosed { ticket_id, from }],
        (Status::Solved, _) => vec![Event::TicketSolved { ticket_id, from }],
        (Status::Waiting, Some((reason, until))) => vec![Event::TicketWaited {
            ticket_id,
            from,
            reason,
            until,
        }],
        (Status::Open, _) if from == Status::Solved => {
            vec![Event::TicketReopened { ticket_id, from }]
        }
        (Status::Open, _) => vec![Event::TicketOpened { ticket_id, from }],
        (Status::New, _) | (Status::Waiting, None) => Vec::new(),
    }
}

/// A ticket on its way from NEW to where the row has it.
struct Way<'a> {
    tx: &'a Tx<'a>,
    known: &'a Known,
    created_at: DateTime<Utc>,
    status: Status,
    held: Assignment,
    open: Open,
}

impl Way<'_> {
    fn walk(&mut self, row: &Ticket) -> Result<(), String> {
        let ticket_id = self.open.after.id;
        let requester = self.open.after.requester_id;
        self.push(
            self.created_at,
            Some(requester),
            Event::TicketCreated { ticket_id },
        );
        let mut steps: Vec<(DateTime<Utc>, &Step)> = row
            .history
            .iter()
            .flatten()
            .map(|step| (self.time(step.at), step))
            .collect();
        steps.sort_by_key(|(at, _)| *at);
        for (at, step) in &steps {
            self.step(*at, step)?;
        }
        let has_moves = steps
            .iter()
            .any(|(_, step)| matches!(step.change, Change::Status { .. }));
        if !has_moves {
            self.derive_moves(row);
        }
        self.hand_over(row)
    }

    fn step(&mut self, at: DateTime<Utc>, step: &Step) -> Result<(), String> {
        let by = step
            .by
            .as_deref()
            .map(|email| self.known.user("history", email))
            .transpose()?;
        let by = by.map(|user| user.id);
        match &step.change {
            Change::Status {
                to,
                waiting_reason,
                waiting_until,
            } => {
                if self.status == Status::Closed {
                    return Err("history: a closed ticket cannot be moved".to_owned());
                }
                let until = waiting_until.map(|until| until.resolve(self.tx.now()));
                self.go(at, by, *to, waiting_reason.map(|reason| (reason, until)));
            }
            Change::Level { from, to, reason } => self.change_level(at, by, *from, *to, reason)?,
            Change::Assignee { to } => {
                let to = to.as_deref();
                let assignee = to.map(|email| self.known.agent("history", email));
                let assignee_id = assignee.transpose()?.map(|user| user.id);
                self.hold(
                    at,
                    by,
                    Assignment {
                        assignee_id,
                        ..self.held
                    },
                );
            }
            Change::Team { to, .. } => {
                let to = to.as_deref();
                let team = to.map(|name| self.known.team("history", name));
                let team_id = team.transpose()?;
                self.hold(
                    at,
                    by,
                    Assignment {
                        team_id,
                        ..self.held
                    },
                );
            }
        }
        Ok(())
    }

    /// Without a history the moves follow from the status and the times.
    fn derive_moves(&mut self, row: &Ticket) {
        let Some(to) = row.status.filter(|status| *status != Status::New) else {
            return;
        };
        let Finals {
            updated_at,
            first_replied_at,
            solved_at,
            closed_at,
        } = self.open.finals;
        let last = updated_at.unwrap_or(self.created_at);
        let opened_at = first_replied_at.unwrap_or(self.created_at);
        if first_replied_at.is_some() || matches!(to, Status::Open | Status::Waiting) {
            self.go(opened_at, None, Status::Open, None);
        }
        match to {
            Status::New | Status::Open => {}
            Status::Waiting => {
                let until = row.waiting_until.map(|until| until.resolve(self.tx.now()));
                self.go(
                    last.max(opened_at),
                    None,
                    to,
                    row.waiting_reason.map(|reason| (reason, until)),
                );
            }
            Status::Solved => self.go(solved_at.unwrap_or(last), None, to, None),
            Status::Closed => {
                let closed_at = closed_at.unwrap_or(last);
                self.go(solved_at.unwrap_or(closed_at), None, Status::Solved, None);
                self.go(
                    closed_at.max(solved_at.unwrap_or(closed_at)),
                    None,
                    to,
                    None,
                );
            }
        }
    }

    fn go(&mut self, at: DateTime<Utc>, by: Option<UserId>, to: Status, wait: Option<Wait>) {
        for event in moves(self.open.after.id, self.status, to, wait) {
            self.push(at, by, event);
        }
        self.status = to;
    }

    fn change_level(
        &mut self,
        at: DateTime<Utc>,
        by: Option<UserId>,
        from: i16,
        to: i16,
        reason: &str,
    ) -> Result<(), String> {
        require_level(self.known, "history", from)?;
        require_level(self.known, "history", to)?;
        let ticket_id = self.open.after.id;
        let level_change_id = LevelChangeId(self.tx.new_id());
        self.open.level_changes.push(level_change::Model {
            id: level_change_id,
            ticket_id,
            from_rank: from,
            to_rank: to,
            reason: reason.to_owned(),
            changed_by_id: by,
            changed_at: at,
            cause: None,
        });
        self.push(
            at,
            by,
            Event::TicketLevelChanged {
                ticket_id,
                level_change_id,
                from,
                to,
            },
        );
        Ok(())
    }

    /// Whoever holds the ticket in the end, where no step said so.
    fn hand_over(&mut self, row: &Ticket) -> Result<(), String> {
        let mut to = self.held;
        if let Some(email) = &row.assignee {
            to.assignee_id = Some(self.known.agent("assigneeEmail", email)?.id);
        }
        if let Some(name) = &row.team {
            to.team_id = Some(self.known.team("team", name)?);
        }
        if to != self.held {
            let is_held = |moment: &&Moment| {
                matches!(
                    moment.event,
                    Event::TicketAssigned { .. } | Event::TicketClaimed { .. }
                )
            };
            let last = self
                .open
                .moments
                .iter()
                .rev()
                .find(is_held)
                .map(|moment| moment.at);
            let at = last
                .or(self.open.finals.first_replied_at)
                .unwrap_or(self.created_at);
            self.hold(at, None, to);
        }
        Ok(())
    }

    fn hold(&mut self, at: DateTime<Utc>, by: Option<UserId>, to: Assignment) {
        let (ticket_id, from) = (self.open.after.id, self.held);
        if from == to {
            return;
        }
        let is_claim = by.is_some() && to.assignee_id == by && from.assignee_id.is_none();
        let event = if is_claim {
            Event::TicketClaimed {
                ticket_id,
                from,
                to,
            }
        } else {
            Event::TicketAssigned {
                ticket_id,
                from,
                to,
            }
        };
        self.held = to;
        self.push(at, by, event);
    }

    fn link(
        &mut self,
        articles: &HashMap<String, article::Model>,
        row: &Ticket,
    ) -> Result<(), String> {
        for given in &row.knowledge {
            let article = articles.get(&given.article);
            let article = article
                .ok_or_else(|| format!("knowledge: there is no article {}", given.article))?;
            let by = given
                .by
                .as_deref()
                .map(|email| self.known.user("knowledge", email))
                .transpose()?;
            let Finals {
                solved_at,
                updated_at,
                ..
            } = self.open.finals;
            let last = solved_at.or(updated_at).unwrap_or(self.created_at);
            let link = knowledge_link::Model {
                id: KnowledgeLinkId(self.tx.new_id()),
                ticket_id: self.open.after.id,
                article_id: article.id,
                role: given.role,
                added_by_id: by.map(|user| user.id),
                created_at: given.at.map_or(last, |at| self.time(at)),
            };
            self.open.link(link);
        }
        Ok(())
    }

    fn push(&mut self, at: DateTime<Utc>, by: Option<UserId>, event: Event) {
        self.open.moments.push(Moment { at, by, event });
    }

    fn time(&self, when: When) -> DateTime<Utc> {
        let now = self.tx.now();
        when.resolve(now).clamp(self.created_at, now)
    }
}
