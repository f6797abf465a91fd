//! A ticket in a list. What a queue page asks of it is on its row or in memory, and is answered
//! [at once](crate::graphql::at_once); whatever else is asked, as everywhere.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
    registry::Registry,
    resolver_utils::{EnumType, enum_value},
};
use chrono::{DateTime, Utc};
use entity::{
    ids::UserId,
    json::CommentDigest,
    ticket::{self, NEVER},
    user,
};

use super::{
    super::reference,
    enums::Channel,
    service_level::{TimerState, state_at},
    types::{Ticket, newest_comment},
};
use crate::{
    actor::Actor,
    app::App,
    comment::graphql::{CommentVisibility, visible_count},
    connection,
    directory::Snapshot,
    graphql::{
        Caller, GlobalId,
        at_once::{Asked, Json, Kind},
        enums::{Priority, TicketStatus},
        ids::LevelRank,
        sync_cursor,
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

connection! {
    /// Tickets in the order asked for.
    TicketConnection, TicketEdge, Row as Rows<'_> {
        /// Where a live stream starts that goes on from this list: give it as `after`.
        async fn sync_cursor(&self, ctx: &Context<'_>) -> String {
            sync_cursor(ctx)
        }
    }
}

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
        let at_once = Surroundings::of(ctx).and_then(|around| {
            let mut json = Json::of_rows(1);
            around.row(&mut json, self)?;
            Some(json.into_value())
        });
        match at_once {
            Some(value) => Ok(value),
            None => self.0.resolve(ctx, field).await,
        }
    }
}

/// The rows of a page, answered together where each can be answered at once.
pub struct Rows<'a>(Vec<&'a Row>);

impl<'a> FromIterator<&'a Row> for Rows<'a> {
    fn from_iter<I: IntoIterator<Item = &'a Row>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

impl OutputType for Rows<'_> {
    fn type_name() -> Cow<'static, str> {
        <Vec<Row>>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<Row>>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<Row>>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let at_once = Surroundings::of(ctx).and_then(|around| {
            let mut json = Json::of_rows(self.0.len());
            json.list(&self.0, |json, row| around.row(json, row))?;
            Some(json.into_value())
        });
        match at_once {
            Some(value) => Ok(value),
            None => self.0.resolve(ctx, field).await,
        }
    }
}

/// What tickets are shown with: one for all rows of a page.
struct Surroundings<'a> {
    asked: Asked<'a>,
    app: &'a App,
    actor: &'a Actor,
    directory: Arc<Snapshot>,
    now: DateTime<Utc>,
    sync_cursor: String,
}

impl<'a> Surroundings<'a> {
    fn of(ctx: &ContextSelectionSet<'a>) -> Option<Self> {
        let Caller { app, actor } = Caller::of(ctx).ok()?;
        Some(Self {
            asked: Asked::of(ctx),
            app,
            actor,
            directory: app.directory.fresh()?,
            now: app.clock.now(),
            sync_cursor: sync_cursor(ctx),
        })
    }

    fn row(&self, json: &mut Json, row: &Row) -> Option<()> {
        let shown = Shown {
            around: self,
            ticket: &row.0.0,
        };
        self.asked.object(json, TICKET, &|json, field| {
            shown.write(json, self.asked.below(field), field)
        })
    }
}

/// A ticket, and what it is shown with.
struct Shown<'a> {
    around: &'a Surroundings<'a>,
    ticket: &'a ticket::Model,
}

impl Shown<'_> {
    fn write(&self, json: &mut Json, asked: Asked<'_>, field: &Field) -> Option<()> {
        let ticket = self.ticket;
        match field.name.node.as_str() {
            "number" => json.number(ticket.number),
            "externalId" => text_or_null(json, ticket.external_id.as_deref()),
            "version" => json.number(ticket.version),
            "subject" => json.text(&ticket.subject),
            "level" => self.level(json, asked),
            "requester" => self.person(json, asked, ticket.requester_id),
            "organization" => self.organization(json, asked),
            "team" => self.team(json, asked),
            "assignee" => self.assignee(json, asked),
            "tags" => json.texts(&ticket.tags.0),
            "commentCount" => {
                json.number(i32::try_from(visible_count(self.around.actor, ticket)).ok()?)
            }
            "lastComment" => self.last_comment(json, asked),
            "serviceLevel" => self.service_level(json, asked),
            "syncCursor" => {
                json.plain(&self.around.sync_cursor);
                Some(())
            }
            name => write_plain(json, ticket, name),
        }
    }

    fn level(&self, json: &mut Json, asked: Asked<'_>) -> Option<()> {
        let level = self.around.directory.levels.get(&self.ticket.level_rank)?;
        asked.object(json, LEVEL, &|json, field| {
            match field.name.node.as_str() {
                "id" => json.id(&LevelRank(level.rank)),
                "rank" => json.number(level.rank)?,
                "name" => json.text(name_of(level, self.around.actor.locale()))?,
                _ => return None,
            }
            Some(())
        })
    }

    fn team(&self, json: &mut Json, asked: Asked<'_>) -> Option<()> {
        let team = self
            .ticket
            .team_id
            .and_then(|id| self.around.directory.teams.get(&id));
        match team {
            Some(team) => named(json, asked, TEAM, &team.id, &team.name),
            None => json.null(),
        }
    }

    fn organization(&self, json: &mut Json, asked: Asked<'_>) -> Option<()> {
        let Some(id) = self.ticket.organization_id else {
            return json.null();
        };
        let organization = self.around.app.people.organization(id)?;
        named(json, asked, ORGANIZATION, &id, &organization.name)
    }

    fn assignee(&self, json: &mut Json, asked: Asked<'_>) -> Option<()> {
        match self.ticket.assignee_id {
            Some(id) => self.person(json, asked, id),
            None => json.null(),
        }
    }

    fn person(&self, json: &mut Json, asked: Asked<'_>, id: UserId) -> Option<()> {
        let user = self.around.app.people.user(id)?;
        named(json, asked, USER, &id, &user.name)
    }

    fn last_comment(&self, json: &mut Json, asked: Asked<'_>) -> Option<()> {
        let Some((visibility, digest)) = newest_comment(self.around.actor, self.ticket) else {
            return json.null();
        };
        asked.object(json, COMMENT, &|json, field| {
            match field.name.node.as_str() {
                "id" => json.id(&digest.id),
                "excerpt" => json.text(&digest.excerpt)?,
                "visibility" => plain_enum(json, CommentVisibility::from(visibility))?,
                "createdAt" => json.time(digest.created_at),
                "author" => self.author(json, asked.below(field), digest)?,
                _ => return None,
            }
            Some(())
        })
    }

    /// The system's comments are rare, and left to the usual way.
    fn author(&self, json: &mut Json, asked: Asked<'_>, digest: &CommentDigest) -> Option<()> {
        let user = self.around.app.people.user(digest.author_id?)?;
        let kind = match user.kind {
            user::Kind::Person => USER,
            user::Kind::Machine => MACHINE,
        };
        named(json, asked, kind, &user.id, &user.name)
    }

    /// The timers themselves take reading.
    fn service_level(&self, json: &mut Json, asked: Asked<'_>) -> Option<()> {
        let ticket = self.ticket;
        asked.object(json, SERVICE_LEVEL, &|json, field| {
            match field.name.node.as_str() {
                "state" => {
                    let state = state_at(ticket, self.around.now);
                    plain_enum(json, TimerState::from(state))?;
                }
                "nextDueAt" => {
                    let due = Some(ticket.next_due_at).filter(|due| *due != NEVER);
                    time_or_null(json, due)?;
                }
                _ => return None,
            }
            Some(())
        })
    }
}

/// Ids, enums and times: nothing that needs escaping.
fn write_plain(json: &mut Json, ticket: &ticket::Model, field: &str) -> Option<()> {
    match field {
        "id" => json.id(&ticket.id),
        "reference" => json.plain(&reference(ticket.number)),
        "status" => plain_enum(json, TicketStatus::from(ticket.status))?,
        "priority" => plain_enum(json, Priority::from(ticket.priority))?,
        "channel" => plain_enum(json, Channel::from(ticket.channel))?,
        "createdAt" => json.time(ticket.created_at),
        "updatedAt" => json.time(ticket.updated_at),
        "firstRepliedAt" => time_or_null(json, ticket.first_replied_at)?,
        "solvedAt" => time_or_null(json, ticket.solved_at)?,
        "closedAt" => time_or_null(json, ticket.closed_at)?,
        _ => return None,
    }
    Some(())
}

fn named(
    json: &mut Json,
    asked: Asked<'_>,
    kind: Kind,
    id: &impl GlobalId,
    name: &str,
) -> Option<()> {
    asked.object(json, kind, &|json, field| {
        match field.name.node.as_str() {
            "id" => json.id(id),
            "name" => json.text(name)?,
            _ => return None,
        }
        Some(())
    })
}

fn text_or_null(json: &mut Json, text: Option<&str>) -> Option<()> {
    match text {
        Some(text) => json.text(text),
        None => json.null(),
    }
}

fn plain_enum(json: &mut Json, word: impl EnumType) -> Option<()> {
    match enum_value(word) {
        Value::Enum(name) => json.plain(&name),
        _ => return None,
    }
    Some(())
}

fn time_or_null(json: &mut Json, at: Option<DateTime<Utc>>) -> Option<()> {
    match at {
        Some(at) => {
            json.time(at);
            Some(())
        }
        None => json.null(),
    }
}
