//! Who a request is from.

use entity::{
    ids::{OrganizationId, SessionId, TeamId, UserId},
    organization, session, team, team_member,
    user::{self, Kind},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::tokens::{self, Claims};
use crate::{
    actor::{Actor, Membership, User},
    app::App,
    error::{Error, Result},
};

/// The person who holds `token`, with their rights as the database has them now (another server's
/// change may take a second to be seen). Fails with [`Error::Unauthenticated`] where the token is
/// not ours or not in force, the session ended or the user is disabled.
pub async fn authenticate(app: &App, token: &str) -> Result<Actor> {
    let claims = tokens::verify(app, token).await?;
    if let Some(actor) = app.sessions.actors.get(&claims.sid) {
        return Ok(actor.as_ref().clone());
    }
    let user = find_user(app, &claims).await?;
    let actor = actor_of(app, &user.ok_or(Error::Unauthenticated)?, claims.sid).await?;
    app.sessions.actors.insert(claims.sid, actor.clone().into());
    Ok(actor)
}

async fn find_user(app: &App, claims: &Claims) -> Result<Option<user::Model>> {
    let session = session::Entity::find()
        .select_only()
        .column(session::Column::UserId)
        .filter(session::Column::Id.eq(claims.sid))
        .filter(session::Column::UserId.eq(claims.sub))
        .filter(session::Column::RevokedAt.is_null())
        .into_query();
    let user = user::Entity::find()
        .filter(user::Column::Id.in_subquery(session))
        .filter(user::Column::Kind.eq(Kind::Person))
        .filter(user::Column::DisabledAt.is_null())
        .one(&app.store.read)
        .await?;
    Ok(user)
}

/// The user as one who acts in a session.
pub(super) async fn actor_of(
    app: &App,
    user: &user::Model,
    session_id: SessionId,
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
        session_id: Some(session_id),
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
