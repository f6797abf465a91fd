//! Escalation and de-escalation: a ticket's move to another level, with its reason.

use entity::{
    escalation::EscalationCause,
    ids::{LevelChangeId, TeamId, TicketId},
    level_change, ticket,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::{super::Change, assign::keep_member};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Result, refuse_if_any},
    events::Event,
    input::Checked,
    policy::{self, Action},
    refusal::{Refusal, Why},
    text,
};

/// Moves the ticket to the level of `rank`, and to that level's team where it has one; an agent who is
/// not of that team loses it. The timers
/// keep what has passed and get the new targets; the priority stays.
pub async fn change_level(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    rank: i32,
    reason: &str,
) -> Result<ticket::Model> {
    let directory = app.directory().await?;
    let mut checked = Checked::default();
    let reason = checked.line("reason", reason, text::REASON_CHARS_MAX);
    let level = i16::try_from(rank)
        .ok()
        .and_then(|rank| directory.levels.get(&rank));
    if level.is_none() {
        checked.refuse(Refusal::Invalid {
            field: "levelRank",
            why: Why::Level,
        });
    }
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock_met(&mut tx, id).await?;
    policy::authorize(actor, Action::ChangeTicketLevel(&change.after))?;
    change.expect_version(expected_version)?;
    if let Some(level) = level.filter(|level| level.rank != change.after.level_rank) {
        let (to, team) = (level.rank, level.default_team_id);
        let moved = move_to(&tx, &mut change, to, team, reason, None).await?;
        tx.record(moved);
    }
    change.finish(tx).await
}

/// Moves it there, and to a team where one is given, for a person's reason or by a rule; gives the event that says so.
pub(in crate::ticket) async fn move_to(
    tx: &Tx<'_>,
    change: &mut Change,
    to: i16,
    team: Option<TeamId>,
    reason: String,
    cause: Option<EscalationCause>,
) -> Result<Event> {
    let (ticket_id, from) = (change.after.id, change.after.level_rank);
    let moved = level_change::Model {
        id: LevelChangeId(tx.new_id()),
        ticket_id,
        from_rank: from,
        to_rank: to,
        reason,
        changed_by_id: tx.actor().id().filter(|_| cause.is_none()),
        changed_at: tx.now(),
        cause,
    };
    let level_change_id = moved.id;
    level_change::Entity::insert(moved.into_active_model().reset_all())
        .exec_without_returning(&**tx)
        .await?;
    change.after.level_rank = to;
    if let Some(team) = team
        && change.after.team_id != Some(team)
    {
        change.after.team_id = Some(team);
        change.after.assignee_id = keep_member(tx, &change.after).await?;
    }
    Ok(Event::TicketLevelChanged {
        ticket_id,
        level_change_id,
        from,
        to,
    })
}
