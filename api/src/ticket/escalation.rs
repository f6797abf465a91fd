//! What a level's rules do when a target of one of its tickets is near or missed: others are told, the ticket is raised
//! to a higher level, or it goes to a team.

use entity::{
    escalation::{EscalationCause, EscalationStep},
    ids::TeamId,
    level,
    level_change::{Column, Entity},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    Change,
    change::assignment_of,
    commands::{assign::keep_member, level::move_to},
    deadline,
};
use crate::{
    app::Tx,
    directory::Snapshot,
    error::Result,
    events::{Event, Handing},
    sla::Due,
};

/// What is to be done about all that was told at one level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Steps {
    raise: Option<(i16, EscalationCause)>,
    team: Option<TeamId>,
}

/// Tells what has come due of the targets, and does what the ticket's level wants done about it. At the level that it
/// is raised to something else may be due at once; the ranks only grow, so this ends.
pub(super) async fn tell_due(tx: &mut Tx<'_>, change: &mut Change) -> Result<()> {
    let directory = tx.app().directory().await?;
    // After the warnings, which are the staff's: what changed is told with the last event.
    let mut done = Vec::new();
    let mut missed = change.missed(tx.now());
    loop {
        let level = directory.levels.get(&change.after.level_rank);
        let told = tell_at(tx, change, level, std::mem::take(&mut missed));
        let Some(level) = level.filter(|_| !told.is_empty()) else {
            break;
        };
        let steps = steps(&directory, level, &told);
        let mut is_raised = false;
        if let Some((rank, cause)) = steps.raise
            && let Some(to) = directory.levels.get(&rank)
            && !was_raised(tx, change, level.rank).await?
        {
            let team = to.default_team_id.filter(|_| steps.team.is_none());
            let moved = move_to(tx, change, rank, team, String::new(), Some(cause));
            done.push(moved.await?);
            change.follow_scope(tx).await?;
            is_raised = true;
        }
        if let Some(team) = steps.team {
            done.extend(send(tx, change, team).await?);
        }
        if !is_raised {
            break;
        }
    }
    for event in done {
        tx.record(event);
    }
    Ok(())
}

/// Tells what is due while the ticket is at this level, after what was missed.
fn tell_at(
    tx: &mut Tx<'_>,
    change: &mut Change,
    level: Option<&level::Model>,
    missed: Vec<Due>,
) -> Vec<Due> {
    let now = tx.now();
    let mut told = missed;
    while let Some(due) = change.timers().next_due().filter(|due| due.at <= now) {
        change.tell(due);
        told.push(due);
    }
    for due in &told {
        let step = level.and_then(|level| level.escalation.on(due.warning));
        let notified = step.and_then(|step| step.notify_team_id);
        tx.record(deadline::event(change.after.id, *due, notified));
    }
    told
}

/// The highest of the levels that the rules name for what was told, and the team that they named last. What is not
/// there, or not higher, is passed over.
fn steps(directory: &Snapshot, level: &level::Model, told: &[Due]) -> Steps {
    let mut steps = Steps::default();
    for due in told {
        let EscalationStep {
            raise_to_rank,
            team_id,
            ..
        } = level.escalation.on(due.warning).unwrap_or_default();
        let reached = steps.raise.map_or(level.rank, |(rank, _)| rank);
        let is_higher = |rank: &i16| *rank > reached && directory.levels.contains_key(rank);
        if let Some(rank) = raise_to_rank.filter(is_higher) {
            let cause = EscalationCause {
                warning: due.warning,
                timer: due.kind,
            };
            steps.raise = Some((rank, cause));
        }
        let team_id = team_id.filter(|team| directory.teams.contains_key(team));
        steps.team = team_id.or(steps.team);
    }
    steps
}

/// Whether a rule has raised it from this level before: who brought it back has decided.
async fn was_raised(tx: &Tx<'_>, change: &Change, rank: i16) -> Result<bool> {
    let raised = Entity::find()
        .filter(Column::TicketId.eq(change.after.id))
        .filter(Column::FromRank.eq(rank))
        .filter(Column::Cause.is_not_null());
    Ok(raised.count(&**tx).await? > 0)
}

/// Sends it to a team; who has it keeps it where they are of that team, else the team's own rule gives it out.
async fn send(tx: &Tx<'_>, change: &mut Change, team: TeamId) -> Result<Option<Event>> {
    let from = assignment_of(&change.after);
    if from.team_id == Some(team) {
        return Ok(None);
    }
    change.after.team_id = Some(team);
    change.after.assignee_id = keep_member(tx, &change.after).await?;
    Ok(Some(Event::TicketHanded {
        ticket_id: change.after.id,
        from,
        to: assignment_of(&change.after),
        why: Handing::Escalation,
    }))
}
