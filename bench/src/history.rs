//! One ticket's life, told with Guichet's own rules for timers, counts and events, so that what is
//! loaded is what the server would have written.

use crate::{
    desk::Desk,
    opening::{details, id_at, new_ticket},
};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    comment::{self, Visibility},
    ids::{CommentId, KnowledgeLinkId, UserId},
    knowledge_link,
    ticket::{self, Status, WaitingReason},
    ticket_detail,
};
use guichet::{
    comment::commands::show_on_ticket,
    events::{Assignment, Event, facts::Change, log::Entry},
    level::targets_of,
    sla::Timers,
    ticket::deadline::store_timers,
};
use live::random::Random;

/// Comments of ten tickets in a row: four on average, and one long thread.
const COMMENTS: [usize; 10] = [0, 1, 1, 1, 2, 2, 2, 2, 3, 26];
/// The first ticket's number.
pub(crate) const FIRST_NUMBER: usize = 1_001;
/// Of the newest fifth three quarters are unresolved, which is 15 percent of all.
const OLD_PERCENT: usize = 80;
const OLDEST_DAYS: i64 = 730;
const NEWEST_DAYS: i64 = 14;
const SOLVED_WITHIN_HOURS: i64 = 72;

/// A ticket with all its rows.
pub(crate) struct History {
    pub(crate) ticket: ticket::Model,
    pub(crate) details: ticket_detail::Model,
    pub(crate) comments: Vec<comment::Model>,
    pub(crate) events: Vec<Recorded>,
    pub(crate) links: Vec<knowledge_link::Model>,
}

/// A row of the event log.
pub(crate) struct Recorded {
    pub(crate) event: Event,
    pub(crate) actor: UserId,
    pub(crate) at: DateTime<Utc>,
    pub(crate) data: String,
    pub(crate) facts: String,
}

/// A history in the making.
struct Teller<'a> {
    desk: &'a Desk,
    random: Random,
    timers: Timers,
    now: DateTime<Utc>,
    /// From one thing that happens to the next.
    step: TimeDelta,
    told: History,
}

/// The history of the ticket at `index`, always the same.
pub(crate) fn tell(desk: &Desk, index: usize) -> Result<History> {
    let mut random = Random::new(index as u64 + 1_000);
    let end = end_of(desk, index, &mut random);
    let (created_at, until) = span(desk, index, end, &mut random);
    let comments = COMMENTS[index % COMMENTS.len()];
    let ticket = new_ticket(desk, index, created_at, &mut random);
    let details = details(desk, ticket.id, &mut random);
    let level = desk
        .levels
        .iter()
        .find(|level| level.rank == ticket.level_rank);
    let steps = i32::try_from(comments + 4)?;
    let mut teller = Teller {
        timers: Timers::start(
            targets_of(level.context("no such level")?).into(),
            created_at,
        ),
        desk,
        random,
        now: created_at,
        step: (until - created_at) / steps,
        told: History {
            ticket,
            details,
            comments: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
        },
    };
    teller.open()?;
    let is_taken = end != Status::New;
    if is_taken {
        teller.assign()?;
    }
    for number in 0..comments {
        teller.comment(is_taken && number % 2 == 0)?;
    }
    teller.end(end)?;
    Ok(teller.told)
}

fn end_of(desk: &Desk, index: usize, random: &mut Random) -> Status {
    if index < desk.ticket_count * OLD_PERCENT / 100 {
        return Status::Closed;
    }
    match (index % 4, random.below(10)) {
        (0, _) => Status::Solved,
        (_, 0..3) => Status::New,
        (_, 3..8) => Status::Open,
        _ => Status::Waiting,
    }
}

/// When a ticket was opened, and until when something happened on it. Later tickets are newer.
fn span(
    desk: &Desk,
    index: usize,
    end: Status,
    random: &mut Random,
) -> (DateTime<Utc>, DateTime<Utc>) {
    let share = |part: usize, whole: usize, of: TimeDelta| {
        let whole = i32::try_from(whole.max(1)).unwrap_or(i32::MAX);
        of / whole * i32::try_from(part).unwrap_or(i32::MAX)
    };
    let old = desk.ticket_count * OLD_PERCENT / 100;
    let newest = TimeDelta::days(NEWEST_DAYS);
    let oldest = TimeDelta::days(OLDEST_DAYS);
    if end == Status::Closed {
        let created_at = desk.now - oldest + share(index, old, oldest - newest * 2);
        let hours = 1 + i64::try_from(random.below(72)).unwrap_or_default();
        return (
            created_at,
            created_at + TimeDelta::hours(hours.min(SOLVED_WITHIN_HOURS)),
        );
    }
    let created_at = desk.now - newest + share(index - old, desk.ticket_count - old, newest);
    (created_at, desk.now)
}

impl Teller<'_> {
    fn open(&mut self) -> Result<()> {
        let ticket_id = self.told.ticket.id;
        store_timers(&mut self.told.ticket, &self.timers, None)?;
        let requester = self.told.ticket.requester_id;
        self.record(requester, Event::TicketCreated { ticket_id }, None)
    }

    fn assign(&mut self) -> Result<()> {
        let before = self.begin();
        let team = self
            .desk
            .teams
            .iter()
            .position(|team| Some(*team) == before.team_id);
        let agent = *self
            .random
            .one_of(&self.desk.agents[team.unwrap_or_default()]);
        self.told.ticket.assignee_id = Some(agent);
        self.told.ticket.status = Status::Open;
        let assignment = |ticket: &ticket::Model| Assignment {
            team_id: ticket.team_id,
            assignee_id: ticket.assignee_id,
        };
        let event = Event::TicketClaimed {
            ticket_id: before.id,
            from: assignment(&before),
            to: assignment(&self.told.ticket),
        };
        self.record(agent, event, Some(&before))
    }

    fn comment(&mut self, is_by_agent: bool) -> Result<()> {
        let before = self.begin();
        let author = before
            .assignee_id
            .filter(|_| is_by_agent)
            .unwrap_or(before.requester_id);
        let is_internal = is_by_agent && self.random.chance(40);
        let body = self.random.one_of(&self.desk.bodies);
        let comment = comment::Model {
            id: CommentId(id_at(self.now, &mut self.random)),
            ticket_id: before.id,
            author_id: Some(author),
            visibility: if is_internal {
                Visibility::Internal
            } else {
                Visibility::Public
            },
            body: body.markdown.clone(),
            body_html: body.html.clone(),
            excerpt: body.excerpt.clone(),
            is_solution: false,
            external_id: None,
            created_at: self.now,
            edited_at: None,
        };
        show_on_ticket(&mut self.told.ticket, &comment);
        match (is_by_agent, is_internal) {
            (false, _) => self.timers.requester_commented(self.now),
            (true, false) => {
                self.timers.agent_replied(self.now);
                self.told.ticket.first_replied_at.get_or_insert(self.now);
            }
            (true, true) => {}
        }
        let event = Event::CommentAdded {
            ticket_id: before.id,
            comment_id: comment.id,
            visibility: comment.visibility,
            mentioned: vec![],
        };
        self.told.comments.push(comment);
        self.record(author, event, Some(&before))
    }

    fn end(&mut self, end: Status) -> Result<()> {
        match end {
            Status::New | Status::Open => Ok(()),
            Status::Waiting => self.wait(),
            Status::Solved => self.solve(),
            Status::Closed => {
                self.solve()?;
                self.close()
            }
        }
    }

    fn wait(&mut self) -> Result<()> {
        let before = self.begin();
        let reason = WaitingReason::Requester;
        self.told.ticket.status = Status::Waiting;
        self.told.ticket.waiting_reason = Some(reason);
        self.timers.pause(WaitingReason::Requester, self.now);
        let event = Event::TicketWaited {
            ticket_id: before.id,
            from: before.status,
            reason,
            until: None,
        };
        self.record(self.agent(), event, Some(&before))
    }

    fn solve(&mut self) -> Result<()> {
        let before = self.begin();
        self.told.ticket.status = Status::Solved;
        self.told.ticket.solved_at = Some(self.now);
        self.timers.solve(self.now);
        if self.random.chance(30) {
            let link = knowledge_link::Model {
                id: KnowledgeLinkId(id_at(self.now, &mut self.random)),
                ticket_id: before.id,
                article_id: *self.random.one_of(&self.desk.articles),
                role: knowledge_link::Role::Solution,
                added_by_id: Some(self.agent()),
                created_at: self.now,
            };
            self.told.links.push(link);
        }
        let event = Event::TicketSolved {
            ticket_id: before.id,
            from: before.status,
        };
        self.record(self.agent(), event, Some(&before))
    }

    fn close(&mut self) -> Result<()> {
        let before = self.begin();
        self.told.ticket.status = Status::Closed;
        self.told.ticket.closed_at = Some(self.now);
        self.timers.close(self.now);
        let event = Event::TicketClosed {
            ticket_id: before.id,
            from: before.status,
        };
        self.record(self.agent(), event, Some(&before))
    }

    fn agent(&self) -> UserId {
        self.told
            .ticket
            .assignee_id
            .unwrap_or(self.told.ticket.requester_id)
    }

    /// Time goes on, and the ticket gets its next version; returns it as it was.
    fn begin(&mut self) -> ticket::Model {
        let before = self.told.ticket.clone();
        self.now += self.step;
        self.told.ticket.version += 1;
        self.told.ticket.updated_at = self.now;
        before
    }

    fn record(
        &mut self,
        actor: UserId,
        event: Event,
        before: Option<&ticket::Model>,
    ) -> Result<()> {
        store_timers(&mut self.told.ticket, &self.timers, None)?;
        let change = Change::between(before, &self.told.ticket)?;
        let Change { before, facts } = change;
        let entry = Entry { event, before };
        self.told.events.push(Recorded {
            data: serde_json::to_string(&entry)?,
            facts: facts.to_string(),
            event: entry.event,
            actor,
            at: self.now,
        });
        Ok(())
    }
}
