//! A ticket in a list. What a queue page asks of it is on its row or in memory, and is answered
//! [at once](crate::graphql::at_once); whatever else is asked, as everywhere.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ScalarType, ServerResult, Value,
    parser::types::Field, registry::Registry, resolver_utils::enum_value,
};
use chrono::{DateTime, Utc};
use entity::{
    ids::UserId,
    json::CommentDigest,
    ticket::{self, NEVER},
    user,
};

use super::{
    super::{filter::service_state, reference},
    enums::Channel,
    service_level::TimerState,
    types::{Ticket, newest_comment},
};
use crate::{
    actor::Actor,
    app::App,
    comment::graphql::{CommentVisibility, visible_count},
    directory::Snapshot,
    graphql::{
        Caller, GlobalId,
        at_once::{Asked, Kind},
        enums::{Priority, TicketStatus},
        ids::LevelRank,
    },
    level::graphql::name_of,
};

const TICKET: Kind = kind("Ticket", &[]);
const LEVEL: Kind = kind("Level", &[]);
const TEAM: Kind = kind("Team", &[]);
const ORGANIZATION: Kind = kind("Organization", &[]);
const COMMENT: Kind = kind("Comment", &[]);
const SERVICE_LEVEL: Kind = kind("ServiceLevel", &[]);
const USER: Kind = kind("User", &["Machine", "System"]);
const MACHINE: Kind = kind("Machine", &["User", "System"]);

const fn kind(name: &'static str, others: &'static [&'static str]) -> Kind {
    Kind { name, others }
}

/// A row of a list of tickets.
pub struct Row(pub Ticket);

impl OutputType for Row {
    fn type_name() -> Cow<'static, str> {
        Ticket::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Ticket::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match at_once(&self.0.0, ctx) {
            Some(value) => Ok(value),
            None => self.0.resolve(ctx, field).await,
        }
    }
}

fn at_once(ticket: &ticket::Model, ctx: &ContextSelectionSet<'_>) -> Option<Value> {
    let Caller { app, actor } = Caller::of(ctx).ok()?;
    let shown = Shown {
        ticket,
        app,
        actor,
        directory: app.directory.fresh()?,
    };
    let asked = Asked::of(ctx);
    asked.object(TICKET, &|field| shown.value(asked, field))
}

/// A ticket, and what it is shown with.
struct Shown<'a> {
    ticket: &'a ticket::Model,
    app: &'a App,
    actor: &'a Actor,
    directory: Arc<Snapshot>,
}

impl Shown<'_> {
    fn value<'f>(&self, asked: Asked<'f>, field: &'f Field) -> Option<Value> {
        let ticket = self.ticket;
        let asked = asked.below(field);
        match field.name.node.as_str() {
            "id" => Some(ticket.id.global().0.into()),
            "number" => Some(ticket.number.into()),
            "reference" => Some(reference(ticket.number).into()),
            "externalId" => Some(or_null(ticket.external_id.as_deref())),
            "version" => Some(ticket.version.into()),
            "subject" => Some(ticket.subject.as_str().into()),
            "status" => Some(enum_value(TicketStatus::from(ticket.status))),
            "priority" => Some(enum_value(Priority::from(ticket.priority))),
            "channel" => Some(enum_value(Channel::from(ticket.channel))),
            "level" => self.level(asked),
            "requester" => self.person(asked, ticket.requester_id),
            "organization" => self.organization(asked),
            "team" => self.team(asked),
            "assignee" => self.assignee(asked),
            "tags" => Some(
                ticket
                    .tags
                    .0
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .into(),
            ),
            "commentCount" => i32::try_from(visible_count(self.actor, ticket))
                .ok()
                .map(Value::from),
            "lastComment" => self.last_comment(asked),
            "serviceLevel" => self.service_level(asked),
            "createdAt" => Some(time(ticket.created_at)),
            "updatedAt" => Some(time(ticket.updated_at)),
            "firstRepliedAt" => Some(or_null(ticket.first_replied_at.map(time))),
            "solvedAt" => Some(or_null(ticket.solved_at.map(time))),
            "closedAt" => Some(or_null(ticket.closed_at.map(time))),
            _ => None,
        }
    }

    fn level(&self, asked: Asked<'_>) -> Option<Value> {
        let level = self.directory.levels.get(&self.ticket.level_rank)?;
        asked.object(LEVEL, &|field| match field.name.node.as_str() {
            "id" => Some(LevelRank(level.rank).global().0.into()),
            "rank" => Some(level.rank.into()),
            "name" => Some(name_of(level, self.actor.locale()).into()),
            _ => None,
        })
    }

    fn team(&self, asked: Asked<'_>) -> Option<Value> {
        let team = self
            .ticket
            .team_id
            .and_then(|id| self.directory.teams.get(&id));
        let Some(team) = team else {
            return Some(Value::Null);
        };
        asked.object(TEAM, &|field| match field.name.node.as_str() {
            "id" => Some(team.id.global().0.into()),
            "name" => Some(team.name.as_str().into()),
            _ => None,
        })
    }

    fn organization(&self, asked: Asked<'_>) -> Option<Value> {
        let Some(id) = self.ticket.organization_id else {
            return Some(Value::Null);
        };
        let organization = self.app.people.organization(id)?;
        asked.object(ORGANIZATION, &|field| match field.name.node.as_str() {
            "id" => Some(organization.id.global().0.into()),
            "name" => Some(organization.name.as_str().into()),
            _ => None,
        })
    }

    fn assignee(&self, asked: Asked<'_>) -> Option<Value> {
        match self.ticket.assignee_id {
            Some(id) => self.person(asked, id),
            None => Some(Value::Null),
        }
    }

    fn person(&self, asked: Asked<'_>, id: UserId) -> Option<Value> {
        let user = self.app.people.user(id)?;
        named(asked, USER, &user)
    }

    fn last_comment(&self, asked: Asked<'_>) -> Option<Value> {
        let Some((visibility, digest)) = newest_comment(self.actor, self.ticket) else {
            return Some(Value::Null);
        };
        asked.object(COMMENT, &|field| match field.name.node.as_str() {
            "id" => Some(digest.id.global().0.into()),
            "excerpt" => Some(digest.excerpt.as_str().into()),
            "visibility" => Some(enum_value(CommentVisibility::from(visibility))),
            "createdAt" => Some(time(digest.created_at)),
            "author" => self.author(asked.below(field), digest),
            _ => None,
        })
    }

    /// The system's comments are rare, and left to the usual way.
    fn author(&self, asked: Asked<'_>, digest: &CommentDigest) -> Option<Value> {
        let user = self.app.people.user(digest.author_id?)?;
        match user.kind {
            user::Kind::Person => named(asked, USER, &user),
            user::Kind::Machine => named(asked, MACHINE, &user),
        }
    }

    /// The timers themselves take reading.
    fn service_level(&self, asked: Asked<'_>) -> Option<Value> {
        let ticket = self.ticket;
        asked.object(SERVICE_LEVEL, &|field| match field.name.node.as_str() {
            "state" => {
                let state = service_state(ticket, self.app.clock.now());
                Some(enum_value(TimerState::from(state)))
            }
            "nextDueAt" => {
                let due = Some(ticket.next_due_at).filter(|due| *due != NEVER);
                Some(or_null(due.map(time)))
            }
            _ => None,
        })
    }
}

fn named(asked: Asked<'_>, kind: Kind, user: &user::Model) -> Option<Value> {
    asked.object(kind, &|field| match field.name.node.as_str() {
        "id" => Some(user.id.global().0.into()),
        "name" => Some(user.name.as_str().into()),
        _ => None,
    })
}

fn or_null(value: Option<impl Into<Value>>) -> Value {
    value.map_or(Value::Null, Into::into)
}

fn time(time: DateTime<Utc>) -> Value {
    time.to_value()
}
