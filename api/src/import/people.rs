//! Writes organizations, teams and people.

use std::collections::HashSet;

use entity::{
    ids::{OrganizationId, TeamId},
    organization,
    team::{self, Assignment},
    user,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::{
    bulk,
    commands::Existing,
    known::{self, Known},
    record::{Organization, Team, User},
    report::Outcome,
    tickets::Verdict,
};
use crate::{
    app::Tx,
    error::Result,
    events::Event,
    people::{folded_name, move_teams},
    policy,
};

/// Makes or changes an organization, known by its name.
pub(super) async fn write_organization(
    tx: &mut Tx<'_>,
    known: &mut Known,
    row: &Organization,
    existing: Existing,
) -> Result<Outcome> {
    let Some(old) = known.organizations.get(&row.name) else {
        let organization = organization::Model {
            id: OrganizationId(tx.new_id()),
            name: row.name.clone(),
            shares_tickets: row.shares_tickets.unwrap_or(false),
            external_id: None,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        let organization_id = organization.id;
        bulk::insert::<organization::Entity, _>(tx, std::iter::once(organization.clone())).await?;
        tx.record(Event::OrganizationCreated { organization_id });
        known.organizations.insert(row.name.clone(), organization);
        return Ok(Outcome::Created);
    };
    let mut new = old.clone();
    new.shares_tickets = row.shares_tickets.unwrap_or(old.shares_tickets);
    if new == *old || existing == Existing::Keep {
        return Ok(Outcome::Unchanged);
    }
    new.updated_at = tx.now();
    organization::Entity::update(new.clone().into_active_model().reset_all())
        .exec(&**tx)
        .await?;
    let organization_id = new.id;
    tx.record(Event::OrganizationEdited { organization_id });
    known.organizations.insert(row.name.clone(), new);
    Ok(Outcome::Updated)
}

/// Makes or changes a team, known by its name.
pub(super) async fn write_team(
    tx: &mut Tx<'_>,
    known: &mut Known,
    row: &Team,
    existing: Existing,
) -> Result<Outcome> {
    let Some(old) = known.teams.get(&row.name) else {
        let team = team::Model {
            id: TeamId(tx.new_id()),
            name: row.name.clone(),
            kind: row.kind.unwrap_or(team::Kind::Internal),
            assignment: Assignment::Manual,
            returns_when_away: false,
            external_id: None,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        bulk::insert::<team::Entity, _>(tx, std::iter::once(team.clone())).await?;
        tx.record(Event::TeamCreated { team_id: team.id });
        tx.forget_directory();
        known.teams.insert(row.name.clone(), team);
        return Ok(Outcome::Created);
    };
    let mut new = old.clone();
    new.kind = row.kind.unwrap_or(old.kind);
    if new == *old || existing == Existing::Keep {
        return Ok(Outcome::Unchanged);
    }
    new.updated_at = tx.now();
    team::Entity::update(new.clone().into_active_model().reset_all())
        .exec(&**tx)
        .await?;
    tx.record(Event::TeamEdited { team_id: new.id });
    tx.forget_directory();
    known.teams.insert(row.name.clone(), new);
    Ok(Outcome::Updated)
}

/// Makes or changes people, known by their addresses.
pub(super) async fn write_users(
    tx: &mut Tx<'_>,
    known: &mut Known,
    rows: &[(u64, &User)],
    existing: Existing,
) -> Result<Vec<(u64, Verdict)>> {
    let mut verdicts = Vec::new();
    let mut created = Vec::new();
    let mut teams = Vec::new();
    for (line, row) in rows {
        let old = known.users.get(&row.email).cloned();
        if old.is_some() && (existing == Existing::Keep || row.is_implied) {
            verdicts.push((*line, Ok(Outcome::Unchanged)));
            continue;
        }
        let user = old
            .clone()
            .unwrap_or_else(|| known::new_user(tx, &row.email, row.name.as_deref()));
        let (mut new, members) = match described(known, user, row) {
            Ok(described) => described,
            Err(reason) => {
                verdicts.push((*line, Err(reason)));
                continue;
            }
        };
        let outcome = match &old {
            None => {
                created.push(new.clone());
                Outcome::Created
            }
            Some(old) if *old == new => Outcome::Unchanged,
            Some(_) => {
                new.updated_at = tx.now();
                user::Entity::update(new.clone().into_active_model().reset_all())
                    .exec(&**tx)
                    .await?;
                tx.record(Event::UserEdited { user_id: new.id });
                Outcome::Updated
            }
        };
        teams.extend(members.map(|members| (verdicts.len(), new.clone(), members)));
        known.meet(new);
        verdicts.push((*line, Ok(outcome)));
    }
    bulk::insert::<user::Entity, _>(tx, created.iter().cloned()).await?;
    for user in created {
        tx.record(Event::UserCreated { user_id: user.id });
    }
    for (index, user, members) in teams {
        let members = Vec::from_iter(members);
        let is_changed = move_teams(tx, &user, Some(&members)).await?;
        if is_changed && verdicts[index].1 == Ok(Outcome::Unchanged) {
            verdicts[index].1 = Ok(Outcome::Updated);
        }
    }
    Ok(verdicts)
}

/// The person as the row has them, and their teams where it names any.
fn described(
    known: &Known,
    mut user: user::Model,
    row: &User,
) -> Result<(user::Model, Option<HashSet<TeamId>>), String> {
    if let Some(name) = &row.name {
        user.name_folded = folded_name(name);
        user.name.clone_from(name);
    }
    user.role = row.role.unwrap_or(user.role);
    user.locale = row.locale.unwrap_or(user.locale);
    if let Some(organization) = &row.organization {
        user.organization_id = Some(known.organization(organization)?);
    }
    let teams = row
        .teams
        .iter()
        .flatten()
        .map(|name| known.team("teams", name));
    let teams = teams.collect::<Result<HashSet<_>, _>>()?;
    if !teams.is_empty() && !policy::joins_teams(user.role) {
        return Err("teams: requesters cannot be members of a team".to_owned());
    }
    Ok((user, row.teams.is_some().then_some(teams)))
}
