//! A level's rules for targets that are near or missed.

use entity::{
    escalation::EscalationStep,
    ids::TeamId,
    level::{self, Model},
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect, sea_query::LockType};

use crate::{
    actor::Actor,
    app::App,
    directory::Snapshot,
    error::{Result, refuse_if_any},
    events::Event,
    input::{Checked, Named, Patch},
    policy::{self, Action},
    refusal::{Refusal, Why},
};

/// What one rule is to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    pub raise_to_rank: Option<i32>,
    pub team: Named<TeamId>,
    pub notify_team: Named<TeamId>,
}

/// The input's names of what a rule says.
struct Fields {
    raise_to_rank: &'static str,
    team: &'static str,
    notify_team: &'static str,
}

const ON_AT_RISK: Fields = Fields {
    raise_to_rank: "onAtRisk.raiseToRank",
    team: "onAtRisk.teamId",
    notify_team: "onAtRisk.notifyTeamId",
};
const ON_BREACHED: Fields = Fields {
    raise_to_rank: "onBreached.raiseToRank",
    team: "onBreached.teamId",
    notify_team: "onBreached.notifyTeamId",
};

/// Sets what happens to the level's tickets. It counts for what comes due from now on.
pub async fn set_escalation(
    app: &App,
    actor: &Actor,
    rank: i32,
    on_at_risk: Patch<Step>,
    on_breached: Patch<Step>,
) -> Result<Model> {
    policy::authorize(actor, Action::SetLevelEscalation)?;
    let directory = app.directory().await?;
    let mut tx = app.begin(actor).await?;
    let before = match i16::try_from(rank) {
        Ok(rank) => {
            let level = level::Entity::find_by_id(rank).lock(LockType::Update);
            level.one(&*tx).await?
        }
        Err(_) => None,
    };
    let before = before.ok_or(Refusal::Invalid {
        field: "levelRank",
        why: Why::Level,
    })?;
    let mut checked = Checked::default();
    let mut rule = |fields: &Fields, said: Patch<Step>, before| match said {
        Patch::Keep => before,
        Patch::Empty => None,
        Patch::Set(step) => checked_step(&mut checked, &directory, rank, fields, step),
    };
    let mut after = before.clone();
    let escalation = &mut after.escalation;
    escalation.on_at_risk = rule(&ON_AT_RISK, on_at_risk, before.escalation.on_at_risk);
    escalation.on_breached = rule(&ON_BREACHED, on_breached, before.escalation.on_breached);
    refuse_if_any(checked.refusals)?;
    if after == before {
        return Ok(after);
    }
    let row = after.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    tx.record(Event::LevelEscalationSet { rank: after.rank });
    tx.forget_directory();
    tx.commit().await?;
    Ok(after)
}

/// The rule, or all that is wrong with it; one that does nothing is none.
fn checked_step(
    checked: &mut Checked,
    directory: &Snapshot,
    rank: i32,
    fields: &Fields,
    said: Step,
) -> Option<EscalationStep> {
    let raise_to_rank = said.raise_to_rank.and_then(|to| {
        let known = i16::try_from(to).ok();
        let known = known.filter(|to| directory.levels.contains_key(to));
        let why = match known {
            None => Why::Level,
            Some(_) if to <= rank => Why::LowerLevel,
            Some(_) => return known,
        };
        let field = fields.raise_to_rank;
        checked.refuse(Refusal::Invalid { field, why });
        None
    });
    let mut team = |field, said| match said {
        Named::Absent | Named::Null => None,
        Named::Id(id) if directory.teams.contains_key(&id) => Some(id),
        Named::Id(_) | Named::Unknown => {
            checked.refuse(Refusal::NotFound { field });
            None
        }
    };
    let step = EscalationStep {
        raise_to_rank,
        team_id: team(fields.team, said.team),
        notify_team_id: team(fields.notify_team, said.notify_team),
    };
    (step != EscalationStep::default()).then_some(step)
}
