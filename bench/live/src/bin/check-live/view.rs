//! What a reader was told: all of it, and what it comes to.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use serde_json::Value;

use crate::desk::Scope;

/// One item of a stream that says something about a ticket.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) cursor: String,
    pub(crate) ticket: String,
    /// Of the ticket in the item; none where it left.
    pub(crate) version: Option<i64>,
    pub(crate) at: Instant,
}

/// A list, and the stream that follows it.
#[derive(Debug)]
pub(crate) struct Segment {
    /// When the list was there: what is sent later must be in the stream.
    pub(crate) listed: Instant,
    /// Without those that came twice.
    pub(crate) items: Vec<Item>,
    /// Of the list, and folded into it, what streamed: each ticket's version.
    pub(crate) tickets: BTreeMap<String, i64>,
    pub(crate) count: Option<i64>,
    seen: BTreeSet<String>,
    versions: BTreeMap<String, i64>,
}

/// Everything of one reader. The last segment is what the client shows.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) scope: Scope,
    /// What it was before, and how long that may still show.
    pub(crate) formerly: Option<(Scope, Instant)>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) cursor: Option<String>,
    pub(crate) delivered: usize,
    pub(crate) duplicates: usize,
    pub(crate) reconnects: usize,
    pub(crate) resyncs: usize,
    /// Cut short or refused, and why; for the curious.
    pub(crate) ends: BTreeMap<String, usize>,
    pub(crate) wrong: Vec<String>,
    pub(crate) foreign: Vec<String>,
    /// Since then nothing may arrive.
    pub(crate) revoked: Option<Instant>,
    /// It has noticed that its rights ended.
    pub(crate) is_over: bool,
}

impl View {
    pub(crate) const fn new(scope: Scope) -> Self {
        Self {
            scope,
            formerly: None,
            segments: Vec::new(),
            cursor: None,
            delivered: 0,
            duplicates: 0,
            reconnects: 0,
            resyncs: 0,
            ends: BTreeMap::new(),
            wrong: Vec::new(),
            foreign: Vec::new(),
            revoked: None,
            is_over: false,
        }
    }

    pub(crate) fn start(&mut self, tickets: BTreeMap<String, i64>, count: i64, cursor: String) {
        self.segments.push(Segment {
            listed: Instant::now(),
            items: Vec::new(),
            tickets,
            count: Some(count),
            seen: BTreeSet::new(),
            versions: BTreeMap::new(),
        });
        self.cursor = Some(cursor);
    }

    /// Takes an item of `queueChanges` in.
    pub(crate) fn take_queue_change(&mut self, change: &Value) {
        let Some(cursor) = change["cursor"].as_str() else {
            self.wrong.push(format!("no cursor: {change}"));
            return;
        };
        let is_again = self.note(cursor, change);
        let Some(segment) = self.segments.last_mut() else {
            return;
        };
        let kind = change["kind"].as_str().unwrap_or_default();
        let count = change["count"].as_i64();
        if kind == "HEARTBEAT" {
            if count != segment.count {
                let before = segment.count;
                self.wrong
                    .push(format!("a heartbeat's count, after {before:?}: {change}"));
            }
            return;
        }
        if is_again {
            return;
        }
        let step = count.zip(segment.count).map(|(now, before)| now - before);
        // An entry or an update may be told as a leave, where the ticket has left since.
        let is_step_right = match kind {
            "ENTERED" => step == Some(1),
            "UPDATED" => step == Some(0),
            _ => matches!(step, Some(-1..=1)),
        };
        // The list's count is older or newer than the place where its stream starts.
        if !is_step_right && !segment.items.is_empty() {
            let before = segment.count;
            self.wrong
                .push(format!("a count, after {before:?}: {change}"));
        }
        segment.count = count;
        let Some(id) = change["ticketId"].as_str() else {
            self.wrong.push(format!("no ticketId: {change}"));
            return;
        };
        let version = change["ticket"]["version"].as_i64();
        match (kind, version) {
            ("ENTERED" | "UPDATED", Some(version)) => {
                segment.tickets.insert(id.to_owned(), version);
            }
            ("LEFT", None) => {
                segment.tickets.remove(id);
            }
            _ => self.wrong.push(format!("kind and ticket: {change}")),
        }
        self.push(cursor, id, version);
    }

    /// Takes an item of `ticketChanges` in.
    pub(crate) fn take_ticket_change(&mut self, change: &Value, id: &str) {
        let Some(cursor) = change["cursor"].as_str() else {
            self.wrong.push(format!("no cursor: {change}"));
            return;
        };
        let is_again = self.note(cursor, change);
        let is_heartbeat = change["ticket"].is_null() && change["entry"].is_null();
        let Some(segment) = self.segments.last_mut() else {
            return;
        };
        if is_again || is_heartbeat {
            return;
        }
        let version = change["ticket"]["version"].as_i64();
        if let Some(version) = version {
            segment.tickets.insert(id.to_owned(), version);
        }
        self.push(cursor, id, version);
    }

    /// What holds for every item; whether it came before.
    fn note(&mut self, cursor: &str, change: &Value) -> bool {
        self.delivered += 1;
        self.cursor = Some(cursor.to_owned());
        if self.revoked.is_some_and(|revoked| Instant::now() > revoked) {
            self.foreign
                .push(format!("after the rights ended: {change}"));
        }
        let formerly = self.formerly.as_ref();
        let formerly = formerly.filter(|(_, until)| Instant::now() < *until);
        if let Some(why) = foreign(change, &self.scope)
            && formerly.is_none_or(|(scope, _)| foreign(change, scope).is_some())
        {
            self.foreign.push(format!("{why}: {change}"));
        }
        let Some(segment) = self.segments.last_mut() else {
            return false;
        };
        let is_again = segment.seen.contains(cursor);
        if is_again && change["kind"] != "HEARTBEAT" {
            self.duplicates += 1;
        }
        is_again
    }

    fn push(&mut self, cursor: &str, id: &str, version: Option<i64>) {
        let Some(segment) = self.segments.last_mut() else {
            return;
        };
        segment.seen.insert(cursor.to_owned());
        if let Some(version) = version {
            let newest = segment.versions.entry(id.to_owned()).or_insert(version);
            if version < *newest {
                let why = format!("{id} went back from version {newest} to {version}");
                self.wrong.push(why);
            }
            *newest = version.max(*newest);
        }
        segment.items.push(Item {
            cursor: cursor.to_owned(),
            ticket: id.to_owned(),
            version,
            at: Instant::now(),
        });
    }
}

/// Why an item is not for somebody with this scope.
fn foreign(change: &Value, scope: &Scope) -> Option<&'static str> {
    let ticket = &change["ticket"];
    if ticket.is_null() {
        return None;
    }
    match scope {
        Scope::Team(team) if ticket["team"]["id"] == team.as_str() => None,
        Scope::Team(_) => Some("a ticket of another team"),
        Scope::Own(person) if ticket["requester"]["id"] != person.as_str() => {
            Some("a ticket of somebody else")
        }
        Scope::Own(_) if ticket["lastComment"]["visibility"] == "INTERNAL" => {
            Some("an internal comment")
        }
        Scope::Desk | Scope::Own(_) => None,
    }
}
