//! Who a request is from.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use chrono::{DateTime, Utc};
use entity::{
    event::ActorKind,
    ids::{ApplicationId, OrganizationId, SessionId, TeamId, UserId},
    json::ApplicationContext,
    organization, session, team, team_member,
    user::{self, Kind, Locale, Role},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, RelationDef,
};

use super::{
    Held,
    tokens::{self, Claims},
};
use crate::{
    actor::{Actor, Credential, Membership, User},
    app::App,
    error::{Error, Result},
    policy,
};

/// The person who holds `token`, with their rights as the database has them now (another server's
/// change may take a second to be seen). Fails with [`Error::Unauthenticated`] where the token is
/// not ours or not in force, the session ended or the user is disabled.
pub async fn authenticate(app: &App, token: &str) -> Result<Actor> {
    let claims = tokens::verify(app, token).await?;
    let held = Held::Session(claims.sid);
    if let Some(actor) = app.sessions.actor(&held) {
        return Ok(actor.as_ref().clone());
    }
    let user = find_user(app, &claims).await?;
    let credential = Credential::Session(claims.sid);
    let actor = actor_of(app, &user.ok_or(Error::Unauthenticated)?, credential).await?;
    app.sessions.keep_actor(held, &actor);
    Ok(actor)
}

/// [`authenticate`], and when `token` is over.
pub async fn identify(app: &App, token: &str) -> Result<(Actor, DateTime<Utc>)> {
    let actor = authenticate(app, token).await?;
    let claims = tokens::verify(app, token).await?;
    Ok((actor, claims.in_force_until()))
}

/// The people of these sessions with their rights of now, in three statements for all. Sessions that
/// have ended are missing, as are those of users who are disabled.
pub async fn standing(app: &App, sessions: &[SessionId]) -> Result<HashMap<SessionId, Actor>> {
    let rows: Vec<(SessionId, UserId, Option<ApplicationId>)> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .column(session::Column::UserId)
        .column(session::Column::ApplicationId)
        .filter(session::Column::Id.is_in(padded(sessions)))
        .filter(session::Column::RevokedAt.is_null())
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let embedded = rows
        .iter()
        .filter(|(_, _, application)| application.is_some());
    let embedded: HashSet<SessionId> = embedded.map(|(id, ..)| *id).collect();
    let held = rows
        .into_iter()
        .map(|(id, user_id, _)| (id, Credential::Session(id), user_id));
    let mut actors = holders(app, held.collect()).await?;
    actors.retain(|id, actor| {
        actor.kind() == ActorKind::Person && (!embedded.contains(id) || policy::is_requester(actor))
    });
    Ok(actors)
}

/// Who holds these credentials, with their rights of now, in two statements for all. Those of users who
/// are disabled are missing.
pub async fn holders<K: Eq + Hash>(
    app: &App,
    held: Vec<(K, Credential, UserId)>,
) -> Result<HashMap<K, Actor>> {
    let ids: Vec<UserId> = held.iter().map(|(_, _, user_id)| *user_id).collect();
    let organization_of_user: RelationDef = user::Entity::belongs_to(organization::Entity)
        .from(user::Column::OrganizationId)
        .to(organization::Column::Id)
        .into();
    let rows: Vec<Standing> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .column(user::Column::Kind)
        .column(user::Column::Role)
        .column(user::Column::Locale)
        .column(user::Column::OrganizationId)
        .column(organization::Column::SharesTickets)
        .join(JoinType::LeftJoin, organization_of_user)
        .filter(user::Column::Id.is_in(padded(&ids)))
        .filter(user::Column::DisabledAt.is_null())
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let teams = teams_of_all(app, &ids).await?;
    let rows: HashMap<UserId, Standing> = rows.into_iter().map(|row| (row.0, row)).collect();
    let actor = |(key, credential, user_id): (K, Credential, UserId)| {
        let (id, kind, role, locale, organization_id, shares) = *rows.get(&user_id)?;
        let organization = organization_id.map(|id| Membership {
            id,
            shares_tickets: shares.unwrap_or_default(),
        });
        let user = User {
            id,
            kind,
            role,
            locale,
            organization,
            teams: teams.get(&id).cloned().unwrap_or_default(),
            credential: Some(credential),
        };
        Some((key, Actor::User(user)))
    };
    Ok(held.into_iter().filter_map(actor).collect())
}

/// What an application said when it began a session.
#[derive(Clone, Debug)]
pub struct Embedding {
    pub context: Option<ApplicationContext>,
}

type Standing = (
    UserId,
    Kind,
    Role,
    Locale,
    Option<OrganizationId>,
    Option<bool>,
);

/// In the order of [`teams_of`].
async fn teams_of_all(
    app: &App,
    users: &[UserId],
) -> Result<HashMap<UserId, Vec<(TeamId, team::Kind)>>> {
    let team_of_member: RelationDef = team_member::Entity::belongs_to(team::Entity)
        .from(team_member::Column::TeamId)
        .to(team::Column::Id)
        .into();
    let rows: Vec<(UserId, TeamId, team::Kind)> = team_member::Entity::find()
        .select_only()
        .column(team_member::Column::UserId)
        .column(team_member::Column::TeamId)
        .column(team::Column::Kind)
        .join(JoinType::InnerJoin, team_of_member)
        .filter(team_member::Column::UserId.is_in(padded(users)))
        .order_by_asc(team_member::Column::TeamId)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let mut teams: HashMap<UserId, Vec<_>> = HashMap::new();
    for (user_id, team_id, kind) in rows {
        teams.entry(user_id).or_default().push((team_id, kind));
    }
    Ok(teams)
}

/// The last one repeated up to a power of two: so statements of any number of ids have few texts,
/// and stay prepared.
pub fn padded<T: Copy>(ids: &[T]) -> Vec<T> {
    let mut padded = ids.to_vec();
    if let Some(last) = ids.last() {
        padded.resize(ids.len().next_power_of_two(), *last);
    }
    padded
}

/// How the actor's session began, where an application began it.
pub async fn embedding_of(app: &App, actor: &Actor) -> Result<Option<Embedding>> {
    let Actor::User(user) = actor else {
        return Ok(None);
    };
    let Some(id) = user.session_id().filter(|_| policy::is_requester(actor)) else {
        return Ok(None);
    };
    let session = session::Entity::find_by_id(id)
        .filter(session::Column::ApplicationId.is_not_null())
        .one(&app.store.read)
        .await?;
    Ok(session.map(|session| Embedding {
        context: session.context,
    }))
}

async fn find_user(app: &App, claims: &Claims) -> Result<Option<user::Model>> {
    let session = session::Entity::find()
        .select_only()
        .column(session::Column::UserId)
        .filter(session::Column::Id.eq(claims.sid))
        .filter(session::Column::UserId.eq(claims.sub))
        .filter(session::Column::RevokedAt.is_null())
        .into_query();
    // An application speaks for requesters only.
    let embedded = session::Entity::find()
        .select_only()
        .column(session::Column::UserId)
        .filter(session::Column::Id.eq(claims.sid))
        .filter(session::Column::ApplicationId.is_not_null())
        .into_query();
    let is_welcome = policy::asking_for_help();
    let is_welcome = Condition::any()
        .add(is_welcome)
        .add(user::Column::Id.not_in_subquery(embedded));
    let user = user::Entity::find()
        .filter(user::Column::Id.in_subquery(session))
        .filter(is_welcome)
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(user::Column::DisabledAt.is_null())
        .one(&app.store.read)
        .await?;
    Ok(user)
}

/// Somebody with their rights of now, outside any session; none where they are disabled.
pub async fn acting(app: &App, id: UserId) -> Result<Option<Actor>> {
    let user = user::Entity::find_by_id(id)
        .filter(user::Column::DisabledAt.is_null())
        .one(&app.store.read)
        .await?;
    match user {
        Some(user) => Ok(Some(actor_of(app, &user, None).await?)),
        None => Ok(None),
    }
}

/// The user as one who acts by what they hold, if they hold anything.
pub async fn actor_of(
    app: &App,
    user: &user::Model,
    credential: impl Into<Option<Credential>>,
) -> Result<Actor> {
    let organization = match user.organization_id {
        Some(id) => membership(app, id).await?,
        None => None,
    };
    Ok(Actor::User(User {
        id: user.id,
        kind: user.kind,
        role: user.role,
        locale: user.locale,
        organization,
        teams: teams_of(app, user.id).await?,
        credential: credential.into(),
    }))
}

async fn membership(app: &App, id: OrganizationId) -> Result<Option<Membership>> {
    let organization = organization::Entity::find_by_id(id)
        .one(&app.store.read)
        .await?;
    Ok(organization.map(|organization| Membership {
        id,
        shares_tickets: organization.shares_tickets,
    }))
}

async fn teams_of(app: &App, id: UserId) -> Result<Vec<(TeamId, team::Kind)>> {
    let ids = team_member::Entity::find()
        .select_only()
        .column(team_member::Column::TeamId)
        .filter(team_member::Column::UserId.eq(id))
        .into_query();
    let teams = team::Entity::find()
        .filter(team::Column::Id.in_subquery(ids))
        .order_by_asc(team::Column::Id)
        .all(&app.store.read)
        .await?;
    Ok(teams.into_iter().map(|team| (team.id, team.kind)).collect())
}
