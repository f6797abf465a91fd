//! Levels as clients see them.

use std::sync::Arc;

use async_graphql::{Context, Description, ID, Object, Result};
use entity::{level, user::Locale};

use crate::{
    actor::Actor,
    directory::Snapshot,
    error::Error,
    graphql::{Caller, GlobalId, enums::Priority, ids::LevelRank, scalars::Duration},
    people::graphql::Team,
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
