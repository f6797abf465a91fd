//! What a level does when a target is near or missed, as clients see and set it.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use entity::{
    escalation::{Escalation, EscalationStep as Stored},
    ids::TeamId,
};

use super::{Level, shown};
use crate::{
    actor::Actor,
    app::retry,
    directory::Snapshot,
    graphql::{Caller, UserError, split_errors},
    input::Patch,
    level::escalation::{self, Step},
    people::graphql::Team,
    policy,
    sla::graphql::named,
};

/// What happens by itself to the tickets of a level, besides that the assignee and the leads of the team are told.
#[derive(SimpleObject)]
pub(super) struct LevelEscalation {
    /// When four fifths of the time for a target are used; null where nothing more happens.
    on_at_risk: Option<EscalationStep>,
    /// When a target was missed; null where nothing more happens.
    on_breached: Option<EscalationStep>,
}

/// What one rule does.
#[derive(SimpleObject)]
pub(super) struct EscalationStep {
    /// The level to which the ticket is raised; null where it stays.
    raise_to: Option<Level>,
    /// The team that gets the ticket; null where it stays, and where the viewer may not know the team.
    team: Option<Team>,
    /// The team whose members are told; null for none, and where the viewer may not know the team.
    notify_team: Option<Team>,
}

impl LevelEscalation {
    pub(super) fn of(directory: &Arc<Snapshot>, actor: &Actor, stored: &Escalation) -> Self {
        let step = |stored: Option<Stored>| {
            stored.map(|stored| EscalationStep::of(directory, actor, stored))
        };
        Self {
            on_at_risk: step(stored.on_at_risk),
            on_breached: step(stored.on_breached),
        }
    }
}

impl EscalationStep {
    fn of(directory: &Arc<Snapshot>, actor: &Actor, stored: Stored) -> Self {
        let team = |id: Option<TeamId>| {
            let id = id.filter(|id| policy::sees_team(actor, *id))?;
            directory.teams.get(&id).cloned().map(Team)
        };
        Self {
            raise_to: stored
                .raise_to_rank
                .and_then(|rank| Level::of(Arc::clone(directory), rank, actor)),
            team: team(stored.team_id),
            notify_team: team(stored.notify_team_id),
        }
    }
}

/// What a level is to do; a rule that is absent stays, and one that is null does nothing more.
#[derive(InputObject)]
pub(super) struct SetLevelEscalationInput {
    /// The level's rank.
    level_rank: i32,
    /// When four fifths of the time for a target are used.
    on_at_risk: MaybeUndefined<EscalationStepInput>,
    /// When a target was missed.
    on_breached: MaybeUndefined<EscalationStepInput>,
}

/// What one rule is to do, whole: what is absent or null it does not.
#[derive(InputObject)]
pub(super) struct EscalationStepInput {
    /// The rank of the level to which the ticket is raised; a higher one.
    raise_to_rank: Option<i32>,
    /// The team that gets the ticket, rather than that of the level to which it is raised. Teams that give out their
    /// tickets do so; who has the ticket keeps it where they are of that team.
    team_id: MaybeUndefined<ID>,
    /// The team whose members are told besides, as far as they see the ticket.
    notify_team_id: MaybeUndefined<ID>,
}

impl EscalationStepInput {
    fn step(&self) -> Step {
        Step {
            raise_to_rank: self.raise_to_rank,
            team: named(&self.team_id),
            notify_team: named(&self.notify_team_id),
        }
    }
}

fn rule(said: &MaybeUndefined<EscalationStepInput>) -> Patch<Step> {
    match said {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Empty,
        MaybeUndefined::Value(said) => Patch::Set(said.step()),
    }
}

/// What came of setting what a level does.
#[derive(SimpleObject)]
pub(super) struct SetLevelEscalationPayload {
    /// The level as it is now; null when refused.
    level: Option<Level>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// Changes to what levels do.
#[derive(Default)]
pub struct EscalationMutation;

#[Object]
impl EscalationMutation {
    /// Sets what happens to a level's tickets when a target is near, and when it is missed: they are raised to a higher
    /// level, go to a team, or another team is told. It counts for what comes due from then on. For admins.
    async fn set_level_escalation(
        &self,
        ctx: &Context<'_>,
        input: SetLevelEscalationInput,
    ) -> Result<SetLevelEscalationPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (on_at_risk, on_breached) = (rule(&input.on_at_risk), rule(&input.on_breached));
        let set = retry(|| {
            escalation::set_escalation(app, actor, input.level_rank, on_at_risk, on_breached)
        });
        let (level, user_errors) = split_errors(set.await, actor.locale())?;
        Ok(SetLevelEscalationPayload {
            level: shown(app, actor, level).await?,
            user_errors,
        })
    }
}
