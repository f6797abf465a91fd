//! One ticket's part of the log, told again from its first event on.

use chrono::{DateTime, Utc};
use entity::{comment::Visibility, ids::UserId};

use super::{
    Dimension, Key,
    rules::State,
    tally::{Tallies, Tally},
};
use crate::{
    events::Event,
    sla::{Stored, TimerKind},
};

/// One event of a ticket.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: DateTime<Utc>,
    pub(super) event: Event,
    pub(super) by: Option<UserId>,
    /// Whether who did it asks for help, by their role.
    pub(super) is_asking: bool,
    /// The ticket after it, on the last event of a change.
    pub(super) after: Option<State>,
}

/// What the log does not keep of a ticket.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) created_at: DateTime<Utc>,
    pub(super) first_replied_at: Option<DateTime<Utc>>,
    /// Where its working time is.
    pub(super) timers: Stored,
}

/// A ticket as far as it was told.
pub(super) struct Replay<'a, 'b> {
    tallies: &'a mut Tallies<'b>,
    by: Option<Dimension>,
    kept: Kept,
    state: Option<State>,
    /// Events of a change whose facts are still to come.
    pending: Vec<Line>,
    is_reply_counted: bool,
    replies: usize,
    is_reopened: bool,
    is_breached: bool,
    /// The newest rating, when it was given, and the groups of then.
    rating: Option<(i16, DateTime<Utc>, Vec<Key>)>,
}

impl<'a, 'b> Replay<'a, 'b> {
    pub(super) const fn new(
        tallies: &'a mut Tallies<'b>,
        by: Option<Dimension>,
        kept: Kept,
    ) -> Self {
        Self {
            tallies,
            by,
            kept,
            state: None,
            pending: Vec::new(),
            is_reply_counted: false,
            replies: 0,
            is_reopened: false,
            is_breached: false,
            rating: None,
        }
    }

    /// Tells the next event.
    pub(super) fn line(&mut self, mut line: Line) {
        let (at, after) = (line.at, line.after.take());
        self.pending.push(line);
        if let Some(after) = after {
            self.settle(at, after);
        }
    }

    /// Tells that there are no more before the end of the time.
    pub(super) fn end(mut self, to: DateTime<Utc>) {
        if let Some(state) = self.state.clone() {
            let keys = state.keys(self.by);
            self.happen(&state, &keys);
            self.reply_before(to);
        }
        if let Some((score, at, keys)) = self.rating.take() {
            let place = usize::try_from(score - 1).unwrap_or_default();
            self.tallies.count(at, &keys, |tally| {
                if let Some(count) = tally.ratings.get_mut(place) {
                    *count += 1;
                }
            });
        }
    }

    /// A change is whole: what happened in it belongs to the groups that the ticket is in after it.
    fn settle(&mut self, at: DateTime<Utc>, after: State) {
        self.reply_before(at);
        let keys = after.keys(self.by);
        self.happen(&after, &keys);
        let before = self.state.take().filter(State::is_unresolved);
        let is_unresolved = after.is_unresolved();
        match (&before, is_unresolved) {
            (None, true) => self.tallies.count(at, &keys, |tally| tally.inflow += 1),
            (Some(_), false) => self.tallies.count(at, &keys, |tally| tally.outflow += 1),
            (None, false) | (Some(_), true) => {}
        }
        if let Some(before) = before {
            self.tallies.grow(at, &before.keys(self.by), -1);
        }
        if is_unresolved {
            self.tallies.grow(at, &keys, 1);
        }
        self.state = Some(after);
    }

    /// The first reply belongs to the groups that the ticket was in after the last change until then.
    fn reply_before(&mut self, at: DateTime<Utc>) {
        let replied_at = self.kept.first_replied_at.filter(|replied| *replied < at);
        let (Some(replied_at), Some(state)) = (replied_at, &self.state) else {
            return;
        };
        if std::mem::replace(&mut self.is_reply_counted, true) {
            return;
        }
        let length = replied_at - self.kept.created_at;
        let timers = &self.kept.timers;
        let working = timers.earned_when_met(TimerKind::FirstReply, replied_at);
        self.tallies
            .count(replied_at, &state.keys(self.by), |tally| {
                tally.first_reply.push(length);
                if let Some(working) = working {
                    tally.first_reply_working.push(working);
                }
            });
    }

    fn happen(&mut self, state: &State, keys: &[Key]) {
        for line in std::mem::take(&mut self.pending) {
            self.event(&line, state, keys);
        }
    }

    fn event(&mut self, line: &Line, state: &State, keys: &[Key]) {
        let mut count = |count: fn(&mut Tally)| self.tallies.count(line.at, keys, count);
        match &line.event {
            Event::TicketCreated { .. } => count(|tally| tally.created += 1),
            Event::TicketReopened { .. } => {
                count(|tally| tally.reopened += 1);
                self.is_reopened = true;
            }
            Event::TicketBreached { .. } => {
                count(|tally| tally.breaches += 1);
                self.is_breached = true;
            }
            Event::CommentAdded {
                visibility: Visibility::Public,
                ..
            } => {
                let is_requesters = line.is_asking || line.by == Some(state.requester);
                self.replies += usize::from(!is_requesters);
            }
            Event::TicketSolved { .. } => self.solved(line.at, keys),
            Event::TicketRated { score, .. } => {
                self.rating = Some((*score, line.at, keys.to_vec()));
            }
            _ => {}
        }
    }

    fn solved(&mut self, at: DateTime<Utc>, keys: &[Key]) {
        let (is_breached, is_reopened, replies) =
            (self.is_breached, self.is_reopened, self.replies);
        let length = at - self.kept.created_at;
        let working = self.kept.timers.earned_until(TimerKind::Resolution, at);
        self.tallies.count(at, keys, |tally| {
            tally.solved += 1;
            tally.solved_late += i64::from(is_breached);
            tally.one_touch += i64::from(!is_reopened && replies <= 1);
            tally.resolution.push(length);
            if let Some(working) = working {
                tally.resolution_working.push(working);
            }
        });
    }
}
