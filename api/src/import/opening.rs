//! A ticket that the desk does not have yet: its first row, and what happened to it since.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    article,
    ids::{KnowledgeLinkId, LevelChangeId, TicketId, UserId},
    json::{self, Tags},
    knowledge_link, level_change,
    ticket::{self, Channel, NEVER, ServicePhase, Status},
    ticket_detail,
};
use uuid::Uuid;

use super::{
    known::Known,
    life::Moment,
    record::{Change, Step, Ticket},
    tickets::{Finals, Open},
};
use crate::{
    app::Tx,
    events::{Assignment, Event},
    text::{self, markdown},
};

/// What a row says of a new ticket, or what it names that is not there.
pub(super) fn open(
    tx: &Tx<'_>,
    known: &Known,
    articles: &HashMap<String, article::Model>,
    row: &Ticket,
) -> Result<Open, String> {
    let now = tx.now();
    let created_at = row
        .created_at
        .map_or(now, |when| when.resolve(now).min(now));
    let ticket = first(tx, known, row, created_at)?;
    let mut way = Way {
        tx,
        known,
        created_at,
        status: Status::New,
        held: Assignment {
            team_id: ticket.team_id,
            assignee_id: None,
        },
        open: Open {
            before: None,
            first_rank: ticket.level_rank,
            after: ticket,
            moments: Vec::new(),
            detail: None,
            finals: finals(row, created_at, now),
            level_changes: Vec::new(),
            links: Vec::new(),
        },
    };
    way.walk(row)?;
    way.link(articles, row)?;
    let mut open = way.open;
    open.after.priority = row
        .priority
        .unwrap_or(known.directory.levels[&last_rank(known, row)?].default_priority);
    open.detail = Some(detail(row, open.after.id, created_at, now));
    Ok(open)
}

/// The ticket as it was when it was created.
fn first(
    tx: &Tx<'_>,
    known: &Known,
    row: &Ticket,
    created_at: DateTime<Utc>,
) -> Result<ticket::Model, String> {
    let requester = known.user("requesterEmail", &row.requester.email)?;
    let level_rank = first_rank(known, row)?;
    let last_level = &known.directory.levels[&last_rank(known, row)?];
    let team_id = match (row.history.iter().flatten().find_map(first_team), &row.team) {
        (Some(None), _) => None,
        (Some(Some(name)), _) => Some(known.team("history", name)?),
        (None, Some(name)) => Some(known.team("team", name)?),
        (None, None) => last_level.default_team_id,
    };
    Ok(ticket::Model {
        id: TicketId(tx.new_id()),
        number: 0,
        integration_id: Uuid::nil(),
        external_id: Some(row.external_id.clone()),
        version: 0,
        subject: row.subject.clone(),
        subject_folded: text::fold(&row.subject),
        status: Status::New,
        waiting_reason: None,
        waiting_until: None,
        priority: last_level.default_priority,
        level_rank,
        channel: row.channel.unwrap_or(Channel::Api),
        requester_id: requester.id,
        organization_id: requester.organization_id,
        team_id,
        assignee_id: None,
        tags: Tags(row.tags.clone().unwrap_or_default()),
        public_comment_count: 0,
        internal_comment_count: 0,
        last_public_comment: None,
        last_internal_comment: None,
        timers: String::new(),
        service_phase: ServicePhase::Met,
        next_due_at: NEVER,
        at_risk_at: NEVER,
        reopen_count: 0,
        merged_into_id: None,
        follow_up_of_id: None,
        created_at,
        updated_at: created_at,
        first_replied_at: None,
        solved_at: None,
        closed_at: None,
    })
}

#[expect(
    clippy::option_option,
    reason = "no change of team, or one from no team"
)]
fn first_team(step: &Step) -> Option<Option<&str>> {
    match &step.change {
        Change::Team { from, .. } => Some(from.as_deref()),
        Change::Status { .. } | Change::Level { .. } | Change::Assignee { .. } => None,
    }
}

fn first_rank(known: &Known, row: &Ticket) -> Result<i16, String> {
    let from = row
        .history
        .iter()
        .flatten()
        .find_map(|step| match step.change {
            Change::Level { from, .. } => Some(from),
            Change::Status { .. } | Change::Assignee { .. } | Change::Team { .. } => None,
        });
    from.map_or_else(
        || last_rank(known, row),
        |rank| require_level(known, "history", rank),
    )
}

fn last_rank(known: &Known, row: &Ticket) -> Result<i16, String> {
    let to = row
        .history
        .iter()
        .flatten()
        .rev()
        .find_map(|step| match step.change {
            Change::Level { to, .. } => Some(to),
            Change::Status { .. } | Change::Assignee { .. } | Change::Team { .. } => None,
        });
    let nearest = || known.directory.levels.keys().next().copied();
    let rank = to
        .or(row.level_rank)
        .or_else(nearest)
        .ok_or("levelRank: there are no levels")?;
    require_level(known, "levelRank", rank)
}

pub(super) fn require_level(known: &Known, field: &str, rank: i16) -> Result<i16, String> {
    let is_known = known.directory.levels.contains_key(&rank);
    is_known
        .then_some(rank)
        .ok_or_else(|| format!("{field}: there is no level {rank}"))
}

fn finals(row: &Ticket, created_at: DateTime<Utc>, now: DateTime<Utc>) -> Finals {
    let time =
        |when: Option<super::when::When>| when.map(|when| when.resolve(now).clamp(created_at, now));
    Finals {
        updated_at: time(row.updated_at),
        first_replied_at: time(row.first_replied_at),
        solved_at: time(row.solved_at),
        closed_at: time(row.closed_at),
    }
}

pub(super) fn detail(
    row: &Ticket,
    id: TicketId,
    created_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> ticket_detail::Model {
    ticket_detail::Model {
        ticket_id: id,
        description: row.description.clone(),
        description_html: markdown::to_html(&row.description),
        context: row.context.clone(),
        custom_fields: row.custom_fields.clone().unwrap_or_default(),
        satisfaction: row.satisfaction.as_ref().map(|given| json::Satisfaction {
            score: given.score,
            comment: given.comment.clone(),
            rated_at: given
                .rated_at
                .or(row.updated_at)
                .map_or(now, |when| when.resolve(now).clamp(created_at, now)),
        }),
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
                let assignee = self.known.agent("history", to)?.id;
                self.hold(
                    at,
                    by,
                    Assignment {
                        assignee_id: Some(assignee),
                        ..self.held
                    },
                );
            }
            Change::Team { to, .. } => {
                let team = self.known.team("history", to)?;
                self.hold(
                    at,
                    by,
                    Assignment {
                        team_id: Some(team),
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

    fn time(&self, when: super::when::When) -> DateTime<Utc> {
        let now = self.tx.now();
        when.resolve(now).clamp(self.created_at, now)
    }
}

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
