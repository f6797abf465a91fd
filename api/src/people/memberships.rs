//! Who is in which teams.

use std::collections::BTreeSet;

use entity::{
    ids::{TeamId, UserId},
    team, team_member, user,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, Set,
    sea_query::{ExprTrait, OnConflict},
};

use crate::{
    app::Tx,
    error::Result,
    events::Event,
    policy,
    refusal::{Refusal, Why},
};

/// Puts somebody into these teams and out of all others; whether anything is different. Who becomes
/// a requester leaves all.
pub async fn move_teams(
    tx: &mut Tx<'_>,
    user: &user::Model,
    teams: Option<&[TeamId]>,
) -> Result<bool> {
    let wanted = match teams {
        Some(teams) if !teams.is_empty() && !policy::joins_teams(user.role) => {
            let (field, why) = ("teamIds", Why::NotForRequesters);
            return Err(Refusal::Invalid { field, why }.into());
        }
        Some(teams) => teams,
        None if policy::joins_teams(user.role) => return Ok(false),
        None => &[],
    };
    refuse_unknown_teams(tx, wanted).await?;
    // Whoever stays keeps their turn there.
    let is_leaving = Condition::all()
        .add(team_member::Column::UserId.eq(user.id))
        .add(team_member::Column::TeamId.is_not_in(wanted.iter().copied()));
    let left = remove_members(tx, is_leaving).await?;
    let joined = add_members(tx, wanted.iter().map(|team| (*team, user.id))).await?;
    Ok(left + joined > 0)
}

async fn refuse_unknown_teams(tx: &Tx<'_>, wanted: &[TeamId]) -> Result<()> {
    let known = team::Entity::find()
        .filter(team::Column::Id.is_in(wanted.iter().copied()))
        .all(&**tx)
        .await?;
    let is_known = |id: &TeamId| known.iter().any(|team| team.id == *id);
    if wanted.iter().all(is_known) {
        return Ok(());
    }
    Err(Refusal::NotFound { field: "teamIds" }.into())
}

/// Puts people into teams; who is in one already stays, and keeps their turn. How many came.
pub(super) async fn add_members(
    tx: &mut Tx<'_>,
    members: impl Iterator<Item = (TeamId, UserId)>,
) -> Result<usize> {
    let mut joining: BTreeSet<_> = members.collect();
    if joining.is_empty() {
        return Ok(0);
    }
    let is_one = |(team, user): &(TeamId, UserId)| {
        let of_team = team_member::Column::TeamId.eq(*team);
        of_team.and(team_member::Column::UserId.eq(*user))
    };
    let any = joining.iter().map(is_one);
    let there = team_member::Entity::find()
        .filter(any.fold(Condition::any(), Condition::add))
        .all(&**tx)
        .await?;
    for member in there {
        joining.remove(&(member.team_id, member.user_id));
    }
    if joining.is_empty() {
        return Ok(0);
    }
    let rows = joining
        .iter()
        .map(|&(team_id, user_id)| team_member::ActiveModel {
            team_id: Set(team_id),
            user_id: Set(user_id),
            last_turn: Set(0),
        });
    team_member::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::columns([team_member::Column::TeamId, team_member::Column::UserId])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    let count = joining.len();
    for (team_id, user_id) in joining {
        tx.record(Event::TeamMemberAdded { team_id, user_id });
    }
    Ok(count)
}

/// Takes people out of teams: those memberships for which `is_leaving` holds. How many there were.
pub(super) async fn remove_members(tx: &mut Tx<'_>, is_leaving: Condition) -> Result<usize> {
    let leaving = team_member::Entity::find().filter(is_leaving.clone());
    let left = leaving.all(&**tx).await?;
    if !left.is_empty() {
        let delete = team_member::Entity::delete_many().filter(is_leaving);
        delete.exec(&**tx).await?;
    }
    for member in &left {
        let (team_id, user_id) = (member.team_id, member.user_id);
        tx.record(Event::TeamMemberRemoved { team_id, user_id });
    }
    Ok(left.len())
}
