//! Levels as clients see them.

mod escalation;

use std::sync::Arc;

use async_graphql::{
    Context, Description, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject,
};
use entity::{level, user::Locale};

pub use escalation::EscalationMutation;

use self::escalation::LevelEscalation;
use super::commands::{self, Edit};
use crate::{
    actor::Actor,
    app::{App, retry},
    directory::Snapshot,
    error::Error,
    graphql::{
        Caller, GlobalId, UserError, enums::Priority, ids::LevelRank, scalars::Duration,
        split_errors,
    },
    people::graphql::Team,
    policy,
    sla::graphql::{named, seconds},
};

/// How far a request must travel to be solved: 1 is the nearest. The level says who can solve a
/// ticket, its priority in which order.
#[derive(Description)]
pub struct Level {
    directory: Arc<Snapshot>,
    rank: i16,
    locale: Locale,
}

impl Level {
    /// The level of this rank, in the actor's language.
    pub fn of(directory: Arc<Snapshot>, rank: i16, actor: &Actor) -> Option<Self> {
        directory.levels.contains_key(&rank).then(|| Self {
            directory,
            rank,
            locale: actor.locale(),
        })
    }

    fn row(&self) -> Result<&level::Model> {
        self.directory
            .levels
            .get(&self.rank)
            .ok_or_else(|| Error::NotFound("level").into())
    }
}

#[Object(use_type_description)]
impl Level {
    /// The level's global id.
    pub async fn id(&self) -> ID {
        LevelRank(self.rank).global()
    }

    /// 1 for the nearest help, greater for help that is farther away. It never changes.
    async fn rank(&self) -> i32 {
        self.rank.into()
    }

    /// The name, in the viewer's language.
    async fn name(&self) -> Result<&str> {
        Ok(name_of(self.row()?, self.locale))
    }

    /// When a ticket is of this level, in the viewer's language.
    async fn description(&self) -> Result<&str> {
        let level = self.row()?;
        Ok(match self.locale {
            Locale::En => &level.description_en,
            Locale::Fr => &level.description_fr,
        })
    }

    /// The priority of a new ticket of this level that names none.
    async fn default_priority(&self) -> Result<Priority> {
        Ok(self.row()?.default_priority.into())
    }

    /// The team that gets the tickets of this level; null where they wait for somebody to take them.
    async fn default_team(&self) -> Result<Option<Team>> {
        let level = self.row()?;
        Ok(level
            .default_team_id
            .and_then(|id| self.directory.teams.get(&id))
            .cloned()
            .map(Team))
    }

    /// How soon the first public reply is due; null where this is not measured.
    async fn first_reply(&self) -> Result<Option<Duration>> {
        Ok(duration(self.row()?.first_reply_s))
    }

    /// How soon a reply to a further comment of the requester is due; null where this is not measured.
    async fn next_reply(&self) -> Result<Option<Duration>> {
        Ok(duration(self.row()?.next_reply_s))
    }

    /// How soon the solution is due; null where this is not measured.
    async fn resolution(&self) -> Result<Option<Duration>> {
        Ok(duration(self.row()?.resolution_s))
    }

    /// What happens by itself when a target is near or missed; staff only, null for others.
    async fn escalation(&self, ctx: &Context<'_>) -> Result<Option<LevelEscalation>> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        if !policy::is_at_desk(actor) {
            return Ok(None);
        }
        let stored = &self.row()?.escalation;
        Ok(Some(LevelEscalation::of(&self.directory, actor, stored)))
    }
}

/// A level's name in a language.
pub fn name_of(level: &level::Model, locale: Locale) -> &str {
    match locale {
        Locale::En => &level.name_en,
        Locale::Fr => &level.name_fr,
    }
}

fn duration(seconds: Option<i32>) -> Option<Duration> {
    seconds.map(|seconds| Duration {
        seconds: seconds.into(),
    })
}

/// Levels.
#[derive(Default)]
pub struct LevelQuery;

#[Object]
impl LevelQuery {
    /// All levels, the nearest first.
    async fn levels(&self, ctx: &Context<'_>) -> Result<Vec<Level>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let directory = app.directory().await?;
        let ranks = directory.levels.keys();
        Ok(ranks
            .filter_map(|rank| Level::of(Arc::clone(&directory), *rank, actor))
            .collect())
    }
}

/// A new level.
#[derive(InputObject)]
pub struct CreateLevelInput {
    /// 1 for the nearest help, greater for help that is farther away; no other level may have it, and it never changes.
    rank: i32,
    /// The name in English, at most 255 characters.
    name_en: String,
    /// The name in French, at most 255 characters.
    name_fr: String,
    /// When a ticket is of this level, in English, at most 255 characters.
    description_en: String,
    /// When a ticket is of this level, in French, at most 255 characters.
    description_fr: String,
    /// The priority of a new ticket of this level that names none; `NORMAL` where absent.
    default_priority: Option<Priority>,
    /// The team that gets the tickets of this level.
    default_team_id: MaybeUndefined<ID>,
    /// How soon the first public reply is due, at most 8,784 hours.
    first_reply: MaybeUndefined<Duration>,
    /// How soon a reply to a further comment of the requester is due, at most 8,784 hours.
    next_reply: MaybeUndefined<Duration>,
    /// How soon the solution is due, at most 8,784 hours.
    resolution: MaybeUndefined<Duration>,
}

/// What to change about a level; what is absent stays, and a target that is null is measured no more.
#[derive(InputObject)]
pub struct EditLevelInput {
    /// The level's rank.
    rank: i32,
    /// The name in English, at most 255 characters.
    name_en: Option<String>,
    /// The name in French, at most 255 characters.
    name_fr: Option<String>,
    /// When a ticket is of this level, in English, at most 255 characters.
    description_en: Option<String>,
    /// When a ticket is of this level, in French, at most 255 characters.
    description_fr: Option<String>,
    /// The priority of a new ticket of this level that names none.
    default_priority: Option<Priority>,
    /// The team that gets the tickets of this level.
    default_team_id: MaybeUndefined<ID>,
    /// How soon the first public reply is due, at most 8,784 hours.
    first_reply: MaybeUndefined<Duration>,
    /// How soon a reply to a further comment of the requester is due, at most 8,784 hours.
    next_reply: MaybeUndefined<Duration>,
    /// How soon the solution is due, at most 8,784 hours.
    resolution: MaybeUndefined<Duration>,
}

/// What came of creating a level.
#[derive(SimpleObject)]
pub struct CreateLevelPayload {
    /// The new level; null when refused.
    level: Option<Level>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of changing a level.
#[derive(SimpleObject)]
pub struct EditLevelPayload {
    /// The level as it is now; null when refused.
    level: Option<Level>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// Changes to levels.
#[derive(Default)]
pub struct LevelMutation;

#[Object]
impl LevelMutation {
    /// Creates a level; there are twenty at most. For admins.
    async fn create_level(
        &self,
        ctx: &Context<'_>,
        input: CreateLevelInput,
    ) -> Result<CreateLevelPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = Edit {
            name_en: Some(input.name_en),
            name_fr: Some(input.name_fr),
            description_en: Some(input.description_en),
            description_fr: Some(input.description_fr),
            default_priority: input.default_priority.map(Into::into),
            default_team: named(&input.default_team_id),
            first_reply_s: seconds(&input.first_reply),
            next_reply_s: seconds(&input.next_reply),
            resolution_s: seconds(&input.resolution),
        };
        let created = retry(|| commands::create(app, actor, input.rank, &new)).await;
        let (level, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateLevelPayload {
            level: shown(app, actor, level).await?,
            user_errors,
        })
    }

    /// Changes a level. Open tickets of it get the new targets, and keep what they have earned. For admins.
    async fn edit_level(
        &self,
        ctx: &Context<'_>,
        input: EditLevelInput,
    ) -> Result<EditLevelPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let edit = Edit {
            name_en: input.name_en,
            name_fr: input.name_fr,
            description_en: input.description_en,
            description_fr: input.description_fr,
            default_priority: input.default_priority.map(Into::into),
            default_team: named(&input.default_team_id),
            first_reply_s: seconds(&input.first_reply),
            next_reply_s: seconds(&input.next_reply),
            resolution_s: seconds(&input.resolution),
        };
        let edited = retry(|| commands::edit(app, actor, input.rank, &edit)).await;
        let (level, user_errors) = split_errors(edited, actor.locale())?;
        Ok(EditLevelPayload {
            level: shown(app, actor, level).await?,
            user_errors,
        })
    }
}

/// A level that was just written: this server has forgotten what it was before.
async fn shown(app: &App, actor: &Actor, level: Option<level::Model>) -> Result<Option<Level>> {
    let directory = app.directory().await?;
    Ok(level.and_then(|level| Level::of(directory, level.rank, actor)))
}
