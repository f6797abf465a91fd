//! Whose a saved thing is: one person's, or a team's.

use entity::ids::{TeamId, UserId};

use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    policy::{self, Action},
    refusal::{Refusal, Why},
};

/// With whom something is to be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    Nobody,
    /// None: the id names nothing.
    Team(Option<TeamId>),
}

/// Whose it is: the team's, or the person's.
pub type Holder = (Option<TeamId>, Option<UserId>);

impl Sharing {
    /// Whose it will be, where `action` says what saving it for a team, or for oneself, is. A team that the actor may not
    /// know is missing.
    pub async fn holder(
        self,
        app: &App,
        actor: &Actor,
        action: impl Fn(Option<TeamId>) -> Action<'static>,
    ) -> Result<Holder> {
        let Self::Team(team) = self else {
            policy::authorize(actor, action(None))?;
            return Ok((None, Some(actor.id().ok_or(Error::Forbidden)?)));
        };
        let directory = app.directory().await?;
        let is_known =
            |id: &TeamId| directory.teams.contains_key(id) && policy::sees_team(actor, *id);
        let team = team
            .filter(is_known)
            .ok_or(Refusal::NotFound { field: "teamId" })?;
        policy::authorize(actor, action(Some(team)))?;
        Ok((Some(team), None))
    }
}

/// Refuses one more than `max` where its holder has `held` already.
pub fn refuse_one_too_many(held: u64, max: usize) -> Result<()> {
    if usize::try_from(held).is_ok_and(|held| held < max) {
        return Ok(());
    }
    let why = Why::TooMany { max };
    Err(Refusal::Invalid { field: "name", why }.into())
}
