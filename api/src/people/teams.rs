//! Changes to teams, to who is in them, and to organizations.

use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization, team, team_member, user,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set, sea_query::LockType,
};

use super::{
    commands::taken_or,
    memberships::{add_members, remove_members},
    queries::find_visible_in,
};
use crate::{
    actor::Actor,
    app::{App, Memory, Tx},
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::{Checked, KEY_CHARS_MAX},
    policy::{self, Action},
    refusal::{Refusal, Why},
    text::NAME_CHARS_MAX,
};

/// What to change of a team; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EditTeam {
    pub name: Option<String>,
    pub kind: Option<team::Kind>,
}

/// What to change of an organization; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EditOrganization {
    pub name: Option<String>,
    pub shares_tickets: Option<bool>,
    /// None of it: the key stays. None in it: there is none from now on.
    pub external_id: Option<Option<String>>,
}

/// Changes what a team is. Its members' open streams begin anew where its kind changes.
pub async fn edit_team(
    app: &App,
    actor: &Actor,
    id: Option<TeamId>,
    edit: &EditTeam,
) -> Result<team::Model> {
    policy::authorize(actor, Action::EditTeam)?;
    let mut checked = Checked::default();
    let name = edit.name.as_deref();
    let name = name.map(|name| checked.line("name", name, NAME_CHARS_MAX));
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let before = lock_team(&tx, id).await?;
    let mut after = before.clone();
    after.name = name.unwrap_or(after.name);
    after.kind = edit.kind.unwrap_or(after.kind);
    if after == before {
        return Ok(after);
    }
    let mut row = after.into_active_model().reset_all();
    row.updated_at = Set(tx.now());
    let after = row.update(&*tx).await;
    let after = after.map_err(|error| taken_or("name", error))?;
    tx.record(Event::TeamEdited { team_id: after.id });
    tx.forget_directory();
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(after)
}

/// Puts somebody into a team; who is in it already stays.
pub async fn add_team_member(
    app: &App,
    actor: &Actor,
    team: Option<TeamId>,
    member: Option<UserId>,
) -> Result<team::Model> {
    change_membership(app, actor, team, member, true).await
}

/// Takes somebody out of a team. The tickets that they hold stay theirs.
pub async fn remove_team_member(
    app: &App,
    actor: &Actor,
    team: Option<TeamId>,
    member: Option<UserId>,
) -> Result<team::Model> {
    change_membership(app, actor, team, member, false).await
}

async fn change_membership(
    app: &App,
    actor: &Actor,
    team: Option<TeamId>,
    member: Option<UserId>,
    is_in: bool,
) -> Result<team::Model> {
    let mut tx = app.begin(actor).await?;
    let team = lock_team(&tx, team).await?;
    policy::authorize(actor, Action::ChangeTeamMembers { team: team.id })?;
    let user = lock_member(&tx, member).await?;
    let before = teams_of(&tx, &user).await?;
    if before.iter().any(|(id, _)| *id == team.id) == is_in {
        return Ok(team);
    }
    let mut after = before.clone();
    after.retain(|(id, _)| *id != team.id);
    after.extend(is_in.then_some((team.id, team.kind)));
    refuse_other_side(actor, &user, &before, &after)?;
    let (team_id, user_id) = (team.id, user.id);
    if is_in {
        add_members(&mut tx, [(team_id, user_id)].into_iter()).await?;
    } else {
        let is_leaving = Condition::all()
            .add(team_member::Column::TeamId.eq(team_id))
            .add(team_member::Column::UserId.eq(user_id));
        remove_members(&mut tx, is_leaving).await?;
    }
    tx.commit().await?;
    app.forget(Memory::User(user_id));
    app.forget(Memory::Actors);
    Ok(team)
}

/// Who leaves their last external team would see the whole desk, and a lead cannot give that.
fn refuse_other_side(
    actor: &Actor,
    user: &user::Model,
    before: &[(TeamId, team::Kind)],
    after: &[(TeamId, team::Kind)],
) -> Result<()> {
    let is_external = |teams: &[(TeamId, team::Kind)]| {
        let kinds: Vec<_> = teams.iter().map(|(_, kind)| *kind).collect();
        policy::is_external(user.role, &kinds)
    };
    if is_external(before) == is_external(after) || policy::may(actor, Action::EditUser) {
        return Ok(());
    }
    let (field, why) = ("userId", Why::OtherSide);
    Err(Refusal::Invalid { field, why }.into())
}

/// Changes what an organization is. Its members' open streams begin anew within two seconds.
pub async fn edit_organization(
    app: &App,
    actor: &Actor,
    id: Option<OrganizationId>,
    edit: &EditOrganization,
) -> Result<organization::Model> {
    policy::authorize(actor, Action::EditOrganization)?;
    let mut checked = Checked::default();
    let name = edit.name.as_deref();
    let name = name.map(|name| checked.line("name", name, NAME_CHARS_MAX));
    let key = |key: &String| checked.line("externalId", key, KEY_CHARS_MAX);
    let external_id = edit.external_id.as_ref().map(|id| id.as_ref().map(key));
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let before = lock_organization(&tx, id).await?;
    let mut after = before.clone();
    after.name = name.unwrap_or(after.name);
    after.shares_tickets = edit.shares_tickets.unwrap_or(after.shares_tickets);
    after.external_id = external_id.unwrap_or(after.external_id);
    if after == before {
        return Ok(after);
    }
    let mut row = after.into_active_model().reset_all();
    row.updated_at = Set(tx.now());
    let after = row.update(&*tx).await;
    let after = after.map_err(|error| taken_or("externalId", error))?;
    let organization_id = after.id;
    tx.record(Event::OrganizationEdited { organization_id });
    tx.commit().await?;
    app.forget(Memory::Organization(organization_id));
    app.forget(Memory::Actors);
    Ok(after)
}

/// Not so that rows which name the team must wait.
async fn lock_team(tx: &Tx<'_>, id: Option<TeamId>) -> Result<team::Model> {
    let missing = || Error::from(Refusal::NotFound { field: "teamId" });
    let id = id.filter(|id| policy::sees_team(tx.actor(), *id));
    let team = team::Entity::find_by_id(id.ok_or_else(missing)?)
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    team.ok_or_else(missing)
}

/// Two who change one person's teams go one after the other.
async fn lock_member(tx: &Tx<'_>, id: Option<UserId>) -> Result<user::Model> {
    let missing = || Error::from(Refusal::NotFound { field: "userId" });
    let seen = find_visible_in(tx, id.ok_or_else(missing)?).await?;
    let user = user::Entity::find_by_id(seen.ok_or_else(missing)?.id)
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    let user = user.ok_or_else(missing)?;
    if policy::joins_teams(user.role) {
        return Ok(user);
    }
    let (field, why) = ("userId", Why::NotForRequesters);
    Err(Refusal::Invalid { field, why }.into())
}

async fn teams_of(tx: &Tx<'_>, user: &user::Model) -> Result<Vec<(TeamId, team::Kind)>> {
    let teams = team_member::Entity::find()
        .filter(team_member::Column::UserId.eq(user.id))
        .select_only()
        .column(team_member::Column::TeamId);
    let ids: Vec<TeamId> = teams.into_tuple().all(&**tx).await?;
    let kinds = team::Entity::find()
        .filter(team::Column::Id.is_in(ids))
        .order_by_asc(team::Column::Id)
        .select_only()
        .columns([team::Column::Id, team::Column::Kind]);
    Ok(kinds.into_tuple().all(&**tx).await?)
}

async fn lock_organization(tx: &Tx<'_>, id: Option<OrganizationId>) -> Result<organization::Model> {
    let missing = || {
        Error::from(Refusal::NotFound {
            field: "organizationId",
        })
    };
    let organization = organization::Entity::find_by_id(id.ok_or_else(missing)?)
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    organization.ok_or_else(missing)
}
