//! What clients send about tickets.

use async_graphql::{Enum, ID, InputObject, Json, MaybeUndefined, OneofObject};
use chrono::{DateTime, Utc};
use entity::{
    ids::{ArticleId, TeamId, TicketId, UserId},
    json::{ApplicationContext, CustomField},
};

use super::{
    super::{
        commands::{
            draft::{NewTicket, Requester},
            edit::Edit,
        },
        queries::{Order, OrderField, Reference},
    },
    enums::{Channel, TicketLinkKind, WaitingReason},
};
use crate::{
    attachment::graphql::uploads_of,
    graphql::{GlobalId, enums::Priority},
    help::graphql::session_name,
    input::Named,
};

/// How to name one ticket.
#[derive(OneofObject)]
pub enum TicketRef {
    /// By its global id.
    Id(ID),
    /// By the number that people say: 1042 for `GU-1042`.
    Number(i32),
    /// By what another system calls it.
    ExternalId(String),
}

impl From<TicketRef> for Reference {
    fn from(by: TicketRef) -> Self {
        match by {
            TicketRef::Id(id) => Self::Id(TicketId::of(&id)),
            TicketRef::Number(number) => Self::Number(number),
            TicketRef::ExternalId(external_id) => Self::ExternalId(external_id),
        }
    }
}

/// In which order tickets are listed.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct TicketOrder {
    /// By what.
    pub field: TicketOrderField,
    /// Which way.
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

/// What tickets can be ordered by. Tickets that are equal in it stand in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "OrderField")]
pub enum TicketOrderField {
    /// When they were opened.
    Created,
    /// When they were last changed.
    Updated,
    /// By priority: ascending from `LOW` to `URGENT`.
    Priority,
    /// Closest to breach first; tickets with no running target come last.
    NextDue,
    /// By number.
    Number,
}

/// Which way a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Direction {
    /// The least first.
    Asc,
    /// The greatest first.
    Desc,
}

impl Default for TicketOrder {
    /// The newest first.
    fn default() -> Self {
        Self {
            field: TicketOrderField::Created,
            direction: Direction::Desc,
        }
    }
}

impl From<TicketOrder> for Order {
    fn from(order: TicketOrder) -> Self {
        Self {
            field: order.field.into(),
            descending: order.direction == Direction::Desc,
        }
    }
}

/// A ticket to open.
#[derive(InputObject)]
pub struct CreateTicketInput {
    /// What it is about, in one line of at most 255 characters.
    subject: String,
    /// What is wrong, in Markdown; at most 65,536 characters.
    description: String,
    /// The rank of the level; the nearest where none is given.
    level_rank: Option<i32>,
    /// The priority; the level's default where none is given.
    priority: Option<Priority>,
    /// How it came in; `PORTAL` for people and `API` for machines where none is given.
    channel: Option<Channel>,
    /// At most 50 tags of at most 64 characters.
    tags: Option<Vec<String>>,
    /// Agents and machines may open a ticket for somebody: who that is.
    requester_id: Option<ID>,
    /// The same by e-mail address; somebody who is not known yet becomes a requester. Members of external
    /// teams can only name whom they see; anybody else is `NOT_FOUND`, known or not.
    requester_email: Option<String>,
    /// The team to route it to; the level's default team where it is absent, none where it is null.
    team_id: MaybeUndefined<ID>,
    /// What another system calls it: unique for each integration. Staff and machines only.
    external_id: Option<String>,
    /// Where in the host application the requester was.
    context: Option<ApplicationContextInput>,
    /// Custom fields, by key.
    custom_fields: Option<Vec<CustomFieldValueInput>>,
    /// The newest session of the suggestions that were shown first: what it suggested is put on the ticket.
    help_session: Option<ID>,
    /// Files that were uploaded for it, at most 10: ids of `createUpload`.
    upload_ids: Option<Vec<ID>>,
}

impl From<CreateTicketInput> for NewTicket {
    fn from(input: CreateTicketInput) -> Self {
        let requester = match (input.requester_id, input.requester_email) {
            (Some(id), _) => Requester::User(UserId::of(&id)),
            (None, Some(email)) => Requester::Email(email),
            (None, None) => Requester::Actor,
        };
        Self {
            subject: input.subject,
            description: input.description,
            level_rank: input.level_rank,
            priority: input.priority.map(Into::into),
            channel: input.channel.map(Into::into),
            tags: input.tags.unwrap_or_default(),
            requester,
            team: named(&input.team_id),
            external_id: input.external_id,
            context: input.context.map(Into::into),
            custom_fields: fields_of(input.custom_fields),
            help_session: input.help_session.map(|id| session_name(&id).to_owned()),
            uploads: uploads_of(input.upload_ids.as_deref()),
        }
    }
}

/// Where in the host application the requester was; together at most 16 KiB.
#[derive(InputObject)]
pub struct ApplicationContextInput {
    /// The address of the page.
    url: Option<String>,
    /// The application's name.
    application: Option<String>,
    /// The application's version.
    version: Option<String>,
    /// The language that the application is shown in.
    locale: Option<String>,
    /// The browser, as it names itself.
    browser: Option<String>,
    /// The size of the screen, such as `1920x1080`.
    screen: Option<String>,
    /// Whatever else may help.
    data: Option<Json<serde_json::Value>>,
}

impl From<ApplicationContextInput> for ApplicationContext {
    fn from(input: ApplicationContextInput) -> Self {
        Self {
            url: input.url,
            application: input.application,
            version: input.version,
            locale: input.locale,
            browser: input.browser,
            screen: input.screen,
            data: input.data.map(|Json(data)| data),
        }
    }
}

/// A custom field and its value.
#[derive(InputObject)]
pub struct CustomFieldValueInput {
    /// The field's key: of one that the desk has defined, or any where it has defined none.
    pub key: String,
    /// Its value as the field's type wants it: a text, a number, true or false, a date as a text, a choice's
    /// key or a list of these; null takes it away.
    pub value: Option<Json<serde_json::Value>>,
}

/// As commands take them.
pub fn fields_of(inputs: Option<Vec<CustomFieldValueInput>>) -> Vec<CustomField> {
    let inputs = inputs.unwrap_or_default().into_iter();
    let field = |input: CustomFieldValueInput| CustomField {
        key: input.key,
        value: input
            .value
            .map_or(serde_json::Value::Null, |Json(value)| value),
    };
    inputs.map(field).collect()
}

/// What to change in a ticket's texts. A field that is absent stays as it is.
#[derive(InputObject)]
pub struct EditTicketInput {
    /// The ticket.
    pub ticket_id: ID,
    /// Change it only if this is still its version.
    pub expected_version: Option<i32>,
    /// The new subject.
    subject: Option<String>,
    /// The new description, in Markdown; the earlier one is kept.
    description: Option<String>,
    /// Fields to set, by key; the others stay.
    custom_fields: Option<Vec<CustomFieldValueInput>>,
}

impl EditTicketInput {
    pub fn edit(self) -> Edit {
        Edit {
            subject: self.subject,
            description: self.description,
            custom_fields: fields_of(self.custom_fields),
        }
    }
}

/// A ticket to take.
#[derive(InputObject)]
pub struct ClaimTicketInput {
    /// The ticket.
    pub ticket_id: ID,
}

/// Whom to give a ticket to. A field that is absent stays as it is; null empties it.
#[derive(InputObject)]
pub struct AssignTicketInput {
    /// The ticket.
    pub ticket_id: ID,
    /// The agent, who must be a member of the team if that is given too.
    assignee_id: MaybeUndefined<ID>,
    /// The team. An agent who is not a member of it loses the ticket.
    team_id: MaybeUndefined<ID>,
    /// Change it only if this is still its version.
    pub expected_version: Option<i32>,
}

impl AssignTicketInput {
    pub fn team(&self) -> Named<TeamId> {
        named(&self.team_id)
    }

    pub fn assignee(&self) -> Named<UserId> {
        named(&self.assignee_id)
    }
}

/// What an id says that may be absent or null.
pub fn named<Id: GlobalId>(id: &MaybeUndefined<ID>) -> Named<Id> {
    match id {
        MaybeUndefined::Undefined => Named::Absent,
        MaybeUndefined::Null => Named::Null,
        MaybeUndefined::Value(id) => Id::of(id).map_or(Named::Unknown, Named::Id),
    }
}

/// A move to another level.
#[derive(InputObject)]
pub struct ChangeTicketLevelInput {
    /// The ticket.
    pub ticket_id: ID,
    /// The rank of the new level.
    pub level_rank: i32,
    /// Why, in one line of at most 2,000 characters; staff see it in the timeline.
    pub reason: String,
    /// Change it only if this is still its version.
    pub expected_version: Option<i32>,
}

/// A ticket's new priority.
#[derive(InputObject)]
pub struct SetTicketPriorityInput {
    /// The ticket.
    pub ticket_id: ID,
    /// The priority.
    pub priority: Priority,
    /// Change it only if this is still its version.
    pub expected_version: Option<i32>,
}

/// Tags to add and remove; one that is in both is removed.
#[derive(InputObject)]
pub struct TagTicketInput {
    /// The ticket.
    pub ticket_id: ID,
    /// Tags to add; those it has already stay where they are.
    pub add: Option<Vec<String>>,
    /// Tags to remove; those it does not have are no error.
    pub remove: Option<Vec<String>>,
}

/// For what a ticket is to wait.
#[derive(InputObject)]
pub struct WaitTicketInput {
    /// The ticket.
    pub ticket_id: ID,
    /// For what.
    pub reason: WaitingReason,
    /// Until when: with the reason `SCHEDULED`, and only with it.
    pub until: Option<DateTime<Utc>>,
    /// Change it only if this is still its version.
    pub expected_version: Option<i32>,
}

/// What solved a ticket.
#[derive(InputObject)]
pub struct SolveTicketInput {
    /// The ticket.
    pub ticket_id: ID,
    /// A public comment that says how, in Markdown.
    pub comment: Option<String>,
    /// The article that solved it: linked to the ticket as its solution. Staff only.
    article_id: Option<ID>,
    /// Of a problem: whether the incidents that it caused are solved after it, at most 50 at once. Staff only.
    #[graphql(default = false)]
    pub solve_incidents: bool,
    /// With `solveIncidents`: the public comment on each incident, instead of `comment`.
    pub incident_comment: Option<String>,
    /// Change it only if this is still its version.
    pub expected_version: Option<i32>,
}

impl SolveTicketInput {
    pub fn article(&self) -> Named<ArticleId> {
        match &self.article_id {
            None => Named::Absent,
            Some(id) => ArticleId::of(id).map_or(Named::Unknown, Named::Id),
        }
    }
}

/// A ticket to reopen.
#[derive(InputObject)]
pub struct ReopenTicketInput {
    /// The ticket.
    pub ticket_id: ID,
    /// A public comment that says why, in Markdown.
    pub comment: Option<String>,
}

/// A ticket to close.
#[derive(InputObject)]
pub struct CloseTicketInput {
    /// The ticket.
    pub ticket_id: ID,
}

/// How a ticket stands to another.
#[derive(InputObject)]
pub struct LinkTicketsInput {
    /// The ticket that the link is read from.
    pub ticket_id: ID,
    /// The ticket that it is read to: "this is a duplicate of that".
    pub other_id: ID,
    /// How they stand to each other.
    pub kind: TicketLinkKind,
}

/// A ticket to follow, or not to follow any more.
#[derive(InputObject)]
pub struct FollowTicketInput {
    /// The ticket.
    pub ticket_id: ID,
    /// False to stop following.
    #[graphql(default = true)]
    pub follow: bool,
}
