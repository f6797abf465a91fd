//! Reads of people, through what the actor may see.

use std::{collections::HashMap, sync::Arc};

use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization, team, team_member,
    user::{self, Kind, Role},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter,
    QueryResult, QuerySelect, QueryTrait, RelationDef, Select, TryGetable,
    sea_query::SelectStatement,
};

use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result},
    input::KEY_CHARS_MAX,
    page::{OrderBy, Page, Window},
    policy,
    store::containing,
    text,
};

/// Which persons a list has; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    pub roles: Option<Vec<Role>>,
    pub organization: Option<OrganizationId>,
    pub team: Option<TeamId>,
    pub is_active: Option<bool>,
    /// Part of the name or address, whatever its case and accents.
    pub text: Option<String>,
}

/// How one person, or one organization, is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference<Id> {
    /// None: the id names nothing.
    Id(Option<Id>),
    /// For staff: nobody else needs to know what another system calls whom.
    ExternalId(String),
}

/// A person whom the actor sees; machines are no persons.
pub async fn find_user(
    app: &App,
    actor: &Actor,
    by: Reference<UserId>,
) -> Result<Option<user::Model>> {
    let named = match by {
        Reference::Id(id) => id.map(|id| user::Column::Id.eq(id)),
        Reference::ExternalId(key) => {
            key_at_desk(actor, &key).map(|key| user::Column::ExternalId.eq(key))
        }
    };
    let Some(named) = named else { return Ok(None) };
    let user = users(actor, &UserFilter::default()).filter(named);
    Ok(user.one(&app.store.read).await?)
}

/// An organization that the actor sees.
pub async fn find_organization(
    app: &App,
    actor: &Actor,
    by: Reference<OrganizationId>,
) -> Result<Option<organization::Model>> {
    let named = match by {
        Reference::Id(id) => id.map(|id| organization::Column::Id.eq(id)),
        Reference::ExternalId(key) => {
            key_at_desk(actor, &key).map(|key| organization::Column::ExternalId.eq(key))
        }
    };
    let Some(named) = named else { return Ok(None) };
    let organization = organization::Entity::find()
        .filter(policy::visible_organizations(actor))
        .filter(named);
    Ok(organization.one(&app.store.read).await?)
}

/// A key of another system as it is stored; none where it can be nobody's for the actor.
fn key_at_desk(actor: &Actor, key: &str) -> Option<String> {
    let clean = text::clean_line(key, KEY_CHARS_MAX).ok();
    clean.filter(|_| policy::is_at_desk(actor))
}

/// The user that a row names, read in the transaction that needs them.
pub async fn find_in(tx: &Tx<'_>, id: UserId) -> Result<user::Model> {
    let user = user::Entity::find_by_id(id).one(&**tx).await?;
    user.ok_or(Error::NotFound("user"))
}

/// The user that an input names, where the transaction's actor sees all of them.
pub async fn find_visible_in(tx: &Tx<'_>, id: UserId) -> Result<Option<user::Model>> {
    let user = user::Entity::find_by_id(id)
        .filter(policy::visible_users(tx.actor()))
        .one(&**tx)
        .await?;
    Ok(user)
}

/// The kinds of the teams that a user is in.
pub async fn team_kinds(tx: &Tx<'_>, user: UserId) -> Result<Vec<team::Kind>> {
    let ids = team_member::Entity::find()
        .select_only()
        .column(team_member::Column::TeamId)
        .filter(team_member::Column::UserId.eq(user))
        .into_query();
    let teams = team::Entity::find().filter(team::Column::Id.in_subquery(ids));
    Ok(teams
        .all(&**tx)
        .await?
        .into_iter()
        .map(|team| team.kind)
        .collect())
}

/// Whether the user is a member of the team.
pub async fn is_member(tx: &Tx<'_>, team: TeamId, user: UserId) -> Result<bool> {
    let member = team_member::Entity::find_by_id((team, user))
        .one(&**tx)
        .await?;
    Ok(member.is_some())
}

pub async fn find_team(app: &App, actor: &Actor, id: TeamId) -> Result<Option<team::Model>> {
    if !policy::sees_team(actor, id) {
        return Ok(None);
    }
    Ok(app.directory().await?.teams.get(&id).cloned())
}

/// Persons by name; machines are no persons.
pub async fn list_users(
    app: &App,
    actor: &Actor,
    filter: &UserFilter,
    window: &Window,
) -> Result<Page<user::Model>> {
    let order = OrderBy {
        column: user::Column::NameFolded,
        id: user::Column::Id,
        descending: false,
    };
    let rows = window
        .apply(users(actor, filter), &order)
        .all(&app.store.read)
        .await?;
    Ok(window.page(rows))
}

pub async fn count_users(app: &App, actor: &Actor, filter: &UserFilter) -> Result<u64> {
    Ok(users(actor, filter).count(&app.store.read).await?)
}

fn users(actor: &Actor, filter: &UserFilter) -> Select<user::Entity> {
    let mut query = user::Entity::find()
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(policy::visible_users(actor));
    if let Some(roles) = &filter.roles {
        query = query.filter(user::Column::Role.is_in(roles.iter().copied()));
    }
    if let Some(organization) = filter.organization {
        query = query.filter(user::Column::OrganizationId.eq(organization));
    }
    if let Some(team) = filter.team {
        // Who is in a team that the actor does not see stays unknown.
        let teams = Some(team).filter(|team| policy::sees_team(actor, *team));
        query = query.filter(user::Column::Id.in_subquery(members_of(teams)));
    }
    if let Some(part) = &filter.text {
        query = query.filter(named(part));
    }
    match filter.is_active {
        Some(true) => query.filter(user::Column::DisabledAt.is_null()),
        Some(false) => query.filter(user::Column::DisabledAt.is_not_null()),
        None => query,
    }
}

fn named(part: &str) -> Condition {
    let folded = text::fold(part.trim());
    let address = part.trim().to_lowercase();
    Condition::any()
        .add(user::Column::NameFolded.like(containing(&folded)))
        .add(user::Column::Email.like(containing(&address)))
}

fn members_of(teams: Option<TeamId>) -> SelectStatement {
    team_member::Entity::find()
        .select_only()
        .column(team_member::Column::UserId)
        .filter(team_member::Column::TeamId.is_in(teams))
        .into_query()
}

/// Who stands on this page of each team's members, in the order of the list; of teams that the actor
/// does not see nobody.
pub async fn list_members_of_each(
    app: &App,
    actor: &Actor,
    teams: &[TeamId],
    window: &Window,
) -> Result<Vec<(TeamId, UserId)>> {
    let order = OrderBy {
        column: user::Column::NameFolded,
        id: user::Column::Id,
        descending: false,
    };
    let members = members_of_each(actor, teams);
    let query = window.pairs_of_each(members, team_member::Column::TeamId, &order);
    pairs(&app.store.read.query_all(&query).await?)
}

/// How many members each team has, of those whom the actor sees; teams without any are absent.
pub async fn count_members_of_each(
    app: &App,
    actor: &Actor,
    teams: &[TeamId],
) -> Result<HashMap<TeamId, u64>> {
    let query = members_of_each(actor, teams)
        .select_only()
        .column(team_member::Column::TeamId)
        .expr(user::Column::Id.count())
        .group_by(team_member::Column::TeamId)
        .into_query();
    let counts: Vec<(TeamId, i64)> = pairs(&app.store.read.query_all(&query).await?)?;
    Ok(counts
        .into_iter()
        .map(|(team, count)| (team, u64::try_from(count).unwrap_or_default()))
        .collect())
}

fn members_of_each(actor: &Actor, teams: &[TeamId]) -> Select<user::Entity> {
    let member_of_user: RelationDef = user::Entity::belongs_to(team_member::Entity)
        .from(user::Column::Id)
        .to(team_member::Column::UserId)
        .into();
    let seen = teams.iter().filter(|team| policy::sees_team(actor, **team));
    users(actor, &UserFilter::default())
        .join(JoinType::InnerJoin, member_of_user)
        .filter(team_member::Column::TeamId.is_in(seen.copied()))
}

fn pairs<A: TryGetable, B: TryGetable>(rows: &[QueryResult]) -> Result<Vec<(A, B)>> {
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}

pub async fn list_organizations(
    app: &App,
    actor: &Actor,
    window: &Window,
) -> Result<Page<organization::Model>> {
    let order = OrderBy {
        column: organization::Column::Name,
        id: organization::Column::Id,
        descending: false,
    };
    let rows = window
        .apply(organizations(actor), &order)
        .all(&app.store.read)
        .await?;
    Ok(window.page(rows))
}

pub async fn count_organizations(app: &App, actor: &Actor) -> Result<u64> {
    Ok(organizations(actor).count(&app.store.read).await?)
}

fn organizations(actor: &Actor) -> Select<organization::Entity> {
    organization::Entity::find().filter(policy::visible_organizations(actor))
}

pub async fn list_teams(app: &App, actor: &Actor, window: &Window) -> Result<Page<team::Model>> {
    let order = OrderBy {
        column: team::Column::Name,
        id: team::Column::Id,
        descending: false,
    };
    let rows = window
        .apply(teams(actor), &order)
        .all(&app.store.read)
        .await?;
    Ok(window.page(rows))
}

pub async fn count_teams(app: &App, actor: &Actor) -> Result<u64> {
    Ok(teams(actor).count(&app.store.read).await?)
}

fn teams(actor: &Actor) -> Select<team::Entity> {
    team::Entity::find().filter(policy::visible_teams(actor))
}

/// Users by id, whoever asks: what is published of them is decided field by field. What is not in
/// memory is read in one query.
pub async fn load_users(app: &App, ids: &[UserId]) -> Result<HashMap<UserId, Arc<user::Model>>> {
    let mut users: HashMap<_, _> = ids
        .iter()
        .filter_map(|id| Some((*id, app.people.user(*id)?)))
        .collect();
    let missing: Vec<_> = ids
        .iter()
        .copied()
        .filter(|id| !users.contains_key(id))
        .collect();
    if missing.is_empty() {
        return Ok(users);
    }
    let rows = user::Entity::find()
        .filter(user::Column::Id.is_in(missing))
        .all(&app.store.read)
        .await?;
    for user in rows.into_iter().map(Arc::new) {
        app.people.keep_user(&user);
        users.insert(user.id, user);
    }
    Ok(users)
}

/// [`load_users`] for organizations.
pub async fn load_organizations(
    app: &App,
    ids: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Arc<organization::Model>>> {
    let mut organizations: HashMap<_, _> = ids
        .iter()
        .filter_map(|id| Some((*id, app.people.organization(*id)?)))
        .collect();
    let missing: Vec<_> = ids
        .iter()
        .copied()
        .filter(|id| !organizations.contains_key(id))
        .collect();
    if missing.is_empty() {
        return Ok(organizations);
    }
    let rows = organization::Entity::find()
        .filter(organization::Column::Id.is_in(missing))
        .all(&app.store.read)
        .await?;
    for organization in rows.into_iter().map(Arc::new) {
        app.people.keep_organization(&organization);
        organizations.insert(organization.id, organization);
    }
    Ok(organizations)
}

/// The teams of each user; users without a team are absent.
pub async fn load_teams_of_users(
    app: &App,
    ids: &[UserId],
) -> Result<HashMap<UserId, Vec<TeamId>>> {
    let members = team_member::Entity::find()
        .filter(team_member::Column::UserId.is_in(ids.iter().copied()))
        .all(&app.store.read)
        .await?;
    let mut teams: HashMap<_, Vec<_>> = HashMap::new();
    for member in members {
        teams
            .entry(member.user_id)
            .or_default()
            .push(member.team_id);
    }
    Ok(teams)
}
