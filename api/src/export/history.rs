//! The way that a ticket took, as the steps that an import walks again.

use chrono::{DateTime, Utc};
use entity::{
    event,
    ids::{LevelChangeId, UserId},
    level_change,
    ticket::{self, Status},
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

use super::named::Named;
use crate::{
    actor::Actor,
    error::Result,
    events::{Assignment, Event, log},
    policy,
};

/// Where steps of one time stand.
const OPENING: u8 = 0;
const LATER: u8 = 1;

/// What the steps of a batch name besides.
pub(super) struct Sources<'a> {
    pub(super) actor: &'a Actor,
    pub(super) named: &'a Named,
    pub(super) level_changes: &'a HashMap<LevelChangeId, level_change::Model>,
}

/// Steps on the way of one ticket.
struct Way<'a> {
    sources: &'a Sources<'a>,
    /// Each with its time and its place among those of the same time.
    steps: Vec<(DateTime<Utc>, u8, Value)>,
    /// Who held it when it was opened, once a step has told.
    first: Option<Assignment>,
    /// The step that closed it by a merge: undone, it never was.
    merged: Option<usize>,
}

/// The steps that a ticket's events tell, in their order.
pub(super) fn steps(
    sources: &Sources<'_>,
    ticket: &ticket::Model,
    events: &[event::Model],
) -> Result<Vec<Value>> {
    let mut way = Way {
        sources,
        steps: Vec::new(),
        first: None,
        merged: None,
    };
    for row in events {
        way.tell(row.at, row.actor_id, &log::entry(row)?.event);
    }
    let first = way.first.unwrap_or(Assignment {
        team_id: ticket.team_id,
        assignee_id: ticket.assignee_id,
    });
    let assignee = first.assignee_id;
    if let Some(email) = assignee.and_then(|id| sources.named.person(id)) {
        // An import opens tickets with nobody.
        let step = step(
            sources,
            ticket.created_at,
            None,
            json!({ "assigneeEmail": email }),
        );
        way.steps.insert(0, (ticket.created_at, LATER, step));
    }
    // Of one time an import has moves to OPEN first.
    way.steps.sort_by_key(|(at, place, _)| (*at, *place));
    Ok(way.steps.into_iter().map(|(_, _, step)| step).collect())
}

fn step(sources: &Sources<'_>, at: DateTime<Utc>, by: Option<UserId>, what: Value) -> Value {
    let mut step = Map::new();
    step.insert("at".to_owned(), json!(at));
    if let Some(by) = by.and_then(|by| sources.named.person(by)) {
        step.insert("by".to_owned(), by.into());
    }
    if let Value::Object(what) = what {
        step.extend(what);
    }
    Value::Object(step)
}

impl Way<'_> {
    fn push(&mut self, at: DateTime<Utc>, by: Option<UserId>, what: Value) {
        let is_opening = what.get("status") == Some(&json!(Status::Open));
        let place = if is_opening { OPENING } else { LATER };
        self.steps
            .push((at, place, step(self.sources, at, by, what)));
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    fn tell(&mut self, at: DateTime<Utc>, by: Option<UserId>, event: &Event) {
        match *event {
            Event::TicketOpened { .. } | Event::TicketReopened { .. } => {
                self.push(at, by, json!({ "status": Status::Open }));
            }
            Event::TicketSolved { .. } => self.push(at, by, json!({ "status": Status::Solved })),
            Event::TicketClosed { .. } => self.push(at, by, json!({ "status": Status::Closed })),
            Event::TicketWaited { reason, until, .. } => {
                let mut what = json!({ "status": Status::Waiting, "waitingReason": reason });
                if let Some(until) = until {
                    what["waitingUntil"] = json!(until);
                }
                self.push(at, by, what);
            }
            Event::TicketMerged { from, .. } => self.merge(at, by, from),
            Event::TicketUnmerged { .. } => {
                if let Some(length) = self.merged.take() {
                    self.steps.truncate(length);
                }
            }
            Event::TicketLevelChanged {
                level_change_id,
                from,
                to,
                ..
            } => {
                let change = self.sources.level_changes.get(&level_change_id);
                let is_shown = policy::sees_internal(self.sources.actor);
                let change = change.filter(|change| is_shown && change.cause.is_none());
                let reason = change.map_or("-", |change| change.reason.as_str());
                let what = json!({ "levelRank": to, "fromLevelRank": from, "reason": reason });
                self.push(at, by, what);
            }
            Event::TicketClaimed { from, to, .. }
            | Event::TicketAssigned { from, to, .. }
            | Event::TicketHanded { from, to, .. } => self.hold(at, by, from, to),
            // What has no step in an import.
            Event::TicketCreated { .. }
            | Event::TicketEdited { .. }
            | Event::TicketFieldsSet { .. }
            | Event::CommentAdded { .. }
            | Event::CommentEdited { .. }
            | Event::TicketPrioritySet { .. }
            | Event::TicketTagged { .. }
            | Event::MergeReceived { .. }
            | Event::MergeWithdrawn { .. }
            | Event::TicketSplit { .. }
            | Event::TicketRated { .. }
            | Event::TicketAtRisk { .. }
            | Event::TicketBreached { .. }
            | Event::TicketLinked { .. }
            | Event::KnowledgeLinked { .. }
            | Event::ArticleCreated { .. }
            | Event::ArticlePublished { .. }
            | Event::ArticleArchived { .. }
            | Event::ArticleTranslated { .. }
            | Event::ArticleHelped { .. }
            | Event::ArticleEdited { .. }
            | Event::ArticleScheduled { .. }
            | Event::ArticleReviewed { .. }
            | Event::ArticleFeedbackGiven { .. }
            | Event::ArticleCategoryCreated { .. }
            | Event::ArticleCategoryEdited { .. }
            | Event::ArticleCategoryDeleted { .. }
            | Event::QueueCreated { .. }
            | Event::QueueEdited { .. }
            | Event::QueueDeleted { .. }
            | Event::MacroCreated { .. }
            | Event::MacroEdited { .. }
            | Event::MacroDeleted { .. }
            | Event::CustomFieldCreated { .. }
            | Event::CustomFieldEdited { .. }
            | Event::UserCreated { .. }
            | Event::UserEdited { .. }
            | Event::UserDisabled { .. }
            | Event::UserEnabled { .. }
            | Event::PasswordChanged { .. }
            | Event::OrganizationCreated { .. }
            | Event::OrganizationEdited { .. }
            | Event::TeamCreated { .. }
            | Event::TeamEdited { .. }
            | Event::TeamMemberAdded { .. }
            | Event::TeamMemberRemoved { .. }
            | Event::AvailabilitySet { .. }
            | Event::CapacitySet { .. }
            | Event::TeamAssignmentSet { .. }
            | Event::ServiceLevelChanged { .. }
            | Event::CalendarCreated { .. }
            | Event::CalendarEdited { .. }
            | Event::CalendarDeleted { .. }
            | Event::ServiceLevelPolicyCreated { .. }
            | Event::ServiceLevelPolicyEdited { .. }
            | Event::ServiceLevelPolicyDeleted { .. }
            | Event::LevelCreated { .. }
            | Event::LevelEdited { .. }
            | Event::LevelEscalationSet { .. } => {}
        }
    }

    /// An import knows no merges; there it is closed, as it is here to all who read it.
    fn merge(&mut self, at: DateTime<Utc>, by: Option<UserId>, from: Status) {
        self.merged = Some(self.steps.len());
        if from != Status::Solved {
            self.push(at, by, json!({ "status": Status::Solved }));
        }
        self.push(at, by, json!({ "status": Status::Closed }));
    }

    fn hold(&mut self, at: DateTime<Utc>, by: Option<UserId>, from: Assignment, to: Assignment) {
        let Sources { actor, named, .. } = self.sources;
        self.first.get_or_insert(from);
        if from.team_id != to.team_id {
            let mut what = match to.team_id {
                Some(team) => json!({ "team": named.team(actor, team) }),
                None => json!({ "noTeam": true }),
            };
            if let Some(team) = from.team_id {
                what["fromTeam"] = named.team(actor, team).into();
            }
            self.push(at, by, what);
        }
        if from.assignee_id != to.assignee_id {
            let what = match to.assignee_id.and_then(|id| named.person(id)) {
                Some(email) => json!({ "assigneeEmail": email }),
                None => json!({ "noAssignee": true }),
            };
            self.push(at, by, what);
        }
    }
}
