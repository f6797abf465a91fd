//! A ticket as it came in, and as it is once everything about it was checked.

use entity::{
    event::ActorKind,
    ids::{TeamId, UploadId, UserId},
    json::{ApplicationContext, CustomField, CustomFields},
    level,
    ticket::{Channel, Priority},
};

use crate::{
    actor::Actor,
    custom_field,
    directory::Snapshot,
    error::{Result, refuse_if_any},
    input::{self, Checked, Named},
    policy::{self, Action, Scope},
    refusal::{Refusal, Why},
    text,
};

/// A ticket's tags at most.
pub const TAGS_MAX: usize = 50;
/// A ticket to be opened, as it came in.
#[derive(Clone, Debug, Default)]
pub struct NewTicket {
    pub subject: String,
    pub description: String,
    pub level_rank: Option<i32>,
    pub priority: Option<Priority>,
    pub channel: Option<Channel>,
    pub tags: Vec<String>,
    pub requester: Requester,
    /// Absent: the level's default team.
    pub team: Named<TeamId>,
    pub external_id: Option<String>,
    pub context: Option<ApplicationContext>,
    pub custom_fields: Vec<CustomField>,
    /// The name of the session in which suggestions were shown first.
    pub help_session: Option<String>,
    /// Its files, each the actor's own (none: an id that names no upload).
    pub uploads: Vec<Option<UploadId>>,
}

/// Who needs the help.
#[derive(Clone, Debug, Default)]
pub enum Requester {
    #[default]
    Actor,
    /// None: the id names nobody.
    User(Option<UserId>),
    /// Made where nobody has this address yet.
    Email(String),
}

/// A checked ticket.
pub(super) struct Draft {
    pub(super) subject: String,
    pub(super) description: String,
    pub(super) priority: Priority,
    pub(super) channel: Channel,
    pub(super) tags: Vec<String>,
    pub(super) team_id: Option<TeamId>,
    pub(super) external_id: Option<String>,
    pub(super) custom_fields: CustomFields,
}

pub(super) fn level_for(directory: &Snapshot, rank: Option<i32>) -> Result<&level::Model> {
    let level = match rank {
        None => directory.levels.values().next(),
        Some(rank) => i16::try_from(rank)
            .ok()
            .and_then(|rank| directory.levels.get(&rank)),
    };
    level.ok_or_else(|| {
        Refusal::Invalid {
            field: "levelRank",
            why: Why::Level,
        }
        .into()
    })
}

/// Checks everything that needs no further reading, and tells all that is wrong at once.
pub(super) fn check(
    actor: &Actor,
    new: &NewTicket,
    level: &level::Model,
    directory: &Snapshot,
    is_session_unknown: bool,
) -> Result<Draft> {
    let mut checked = Checked::default();
    let subject = checked.line("subject", &new.subject, text::SUBJECT_CHARS_MAX);
    let description = checked.body("description", &new.description);
    let tags = checked.tags("tags", &new.tags, TAGS_MAX);
    let external_id = new
        .external_id
        .as_deref()
        .map(|id| checked.line("externalId", id, input::KEY_CHARS_MAX));
    checked.json("context", &new.context, input::JSON_BYTES_MAX);
    let custom_fields = checked.custom_fields("customFields", &new.custom_fields);
    let none = CustomFields::default();
    let custom_fields = custom_field::apply(&directory.fields, actor, &none, &custom_fields);
    let custom_fields = custom_fields.unwrap_or_else(|refusals| {
        checked.refusals.extend(refusals);
        none
    });
    if external_id.is_some() && !policy::may(actor, Action::SetExternalId) {
        checked.refuse(Refusal::Forbidden {
            field: Some("externalId"),
        });
    }
    if is_session_unknown {
        checked.refuse(Refusal::NotFound {
            field: "helpSession",
        });
    }
    let team_id = match team_for(actor, new.team, level, directory) {
        Ok(team_id) => team_id,
        Err(refusal) => {
            checked.refuse(refusal);
            None
        }
    };
    refuse_if_any(checked.refusals)?;
    let channel = new.channel.unwrap_or(match actor.kind() {
        ActorKind::Person => Channel::Portal,
        ActorKind::Machine | ActorKind::System => Channel::Api,
    });
    let priority = new.priority.unwrap_or(level.default_priority);
    Ok(Draft {
        subject,
        description,
        priority,
        channel,
        tags,
        team_id,
        external_id,
        custom_fields,
    })
}

/// The team that was asked for, else the level's. What an external agent opens goes to their own
/// team, or they would not see it again.
fn team_for(
    actor: &Actor,
    asked: Named<TeamId>,
    level: &level::Model,
    directory: &Snapshot,
) -> Result<Option<TeamId>, Refusal> {
    let is_known =
        |team: &TeamId| directory.teams.contains_key(team) && policy::sees_team(actor, *team);
    match (asked, policy::scope(actor)) {
        (Named::Id(team), _) if is_known(&team) => Ok(Some(team)),
        (Named::Id(_) | Named::Unknown, _) => Err(Refusal::NotFound { field: "teamId" }),
        (_, Scope::Teams(teams)) => Ok(teams.first().copied()),
        (Named::Null, Scope::Desk | Scope::Own { .. }) => Ok(None),
        (Named::Absent, Scope::Desk | Scope::Own { .. }) => Ok(level.default_team_id),
    }
}
