//! Escalation and de-escalation: a ticket's move to another level, with its reason.

use entity::{
    ids::{LevelChangeId, TicketId},
    level_change, ticket,
};
use sea_orm::{EntityTrait, Set};

use super::{super::Change, assign::keep_member};
use crate::{
    actor::Actor,
    app::App,
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
    let mut change = Change::lock(&mut tx, id).await?;
    policy::authorize(actor, Action::ChangeTicketLevel(&change.after))?;
    change.expect_version(expected_version)?;
    let (ticket_id, from) = (change.after.id, change.after.level_rank);
    if let Some(level) = level.filter(|level| level.rank != from) {
        let moved = level_change::ActiveModel {
            id: Set(LevelChangeId(tx.new_id())),
            ticket_id: Set(ticket_id),
            from_rank: Set(from),
            to_rank: Set(level.rank),
            reason: Set(reason),
            changed_by_id: Set(actor.id()),
            changed_at: Set(tx.now()),
        };
        let moved = level_change::Entity::insert(moved)
            .exec_with_returning(&*tx)
            .await?;
        change.after.level_rank = level.rank;
        if let Some(team) = level.default_team_id
            && change.after.team_id != Some(team)
        {
            change.after.team_id = Some(team);
            change.after.assignee_id = keep_member(&tx, &change.after).await?;
        }
        tx.record(Event::TicketLevelChanged {
            ticket_id,
            level_change_id: moved.id,
            from,
            to: level.rank,
        });
    }
    change.finish(tx).await
}
