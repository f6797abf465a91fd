//! People and organizations by the keys that another system has for them: made where there is none with the key, changed
//! where there is.

use entity::{
    ids::{OrganizationId, TeamId},
    organization,
    user::{self, Kind, Role},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{
    administration::{EditUser, edit_user},
    commands::{NewOrganization, NewUser, create_organization, create_user_known_as},
    teams::{EditOrganization, edit_organization},
};
use crate::{
    actor::Actor,
    app::App,
    error::{Result, refuse_if_any},
    input::{Checked, KEY_CHARS_MAX, Named},
    policy::{self, Action, ROLE_OF_STRANGERS},
    refusal::Refusal,
    text,
};

/// What another system says of an organization; what is absent stays, and is as in `createOrganization` where it is new.
#[derive(Clone, Debug)]
pub struct GivenOrganization {
    pub external_id: String,
    pub name: Option<String>,
    pub shares_tickets: Option<bool>,
}

/// The same of a person.
#[derive(Clone, Debug)]
pub struct GivenUser {
    pub external_id: String,
    pub email: Option<String>,
    pub name: Option<String>,
    pub role: Option<Role>,
    pub locale: Option<String>,
    pub organization: Named<OrganizationId>,
    pub team_ids: Option<Vec<TeamId>>,
    pub time_zone: Option<String>,
}

/// A thing, and whether it was not there before.
pub type Upserted<T> = (T, bool);

/// Makes or changes an organization. Of two at once one makes it, and the other changes that.
pub async fn upsert_organization(
    app: &App,
    actor: &Actor,
    given: &GivenOrganization,
) -> Result<Upserted<organization::Model>> {
    policy::authorize(actor, Action::CreateOrganization)?;
    policy::authorize(actor, Action::EditOrganization)?;
    let key = key(&given.external_id)?;
    if let Some(id) = organization_known_as(app, &key).await? {
        return Ok((change_organization(app, actor, id, given).await?, false));
    }
    let new = NewOrganization {
        name: given.name.clone().unwrap_or_default(),
        shares_tickets: given.shares_tickets.unwrap_or_default(),
        external_id: Some(key.clone()),
    };
    match create_organization(app, actor, new).await {
        Ok(organization) => Ok((organization, true)),
        Err(error) if error.is_taken() => match organization_known_as(app, &key).await? {
            Some(id) => Ok((change_organization(app, actor, id, given).await?, false)),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

async fn organization_known_as(app: &App, key: &str) -> Result<Option<OrganizationId>> {
    let organization = organization::Entity::find()
        .filter(organization::Column::ExternalId.eq(key))
        .one(&app.store.read)
        .await?;
    Ok(organization.map(|organization| organization.id))
}

async fn change_organization(
    app: &App,
    actor: &Actor,
    id: OrganizationId,
    given: &GivenOrganization,
) -> Result<organization::Model> {
    let edit = EditOrganization {
        name: given.name.clone(),
        shares_tickets: given.shares_tickets,
        external_id: None,
    };
    edit_organization(app, actor, Some(id), &edit).await
}

/// Makes or changes a person. Nobody is found by their address: who has it and not the key is somebody else.
pub async fn upsert_user(
    app: &App,
    actor: &Actor,
    given: &GivenUser,
) -> Result<Upserted<user::Model>> {
    policy::authorize(actor, Action::CreateUser)?;
    policy::authorize(actor, Action::EditUser)?;
    let key = key(&given.external_id)?;
    if let Some(user) = user_known_as(app, &key).await? {
        return Ok((change_user(app, actor, &user, given).await?, false));
    }
    let new = new_user(given);
    match create_user_known_as(app, actor, new, Some(&key)).await {
        Ok(user) => Ok((user, true)),
        // The address, or the key: somebody else was as quick.
        Err(error) if error.is_taken() => match user_known_as(app, &key).await? {
            Some(user) => Ok((change_user(app, actor, &user, given).await?, false)),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn new_user(given: &GivenUser) -> NewUser {
    NewUser {
        name: given.name.clone().unwrap_or_default(),
        email: given.email.clone().unwrap_or_default(),
        role: given.role.unwrap_or(ROLE_OF_STRANGERS),
        password: None,
        organization_id: match given.organization {
            Named::Absent | Named::Null => None,
            Named::Id(id) => Some(id),
            // One that no row has: it is not found.
            Named::Unknown => Some(OrganizationId(uuid::Uuid::nil())),
        },
        team_ids: given.team_ids.clone().unwrap_or_default(),
        locale: given.locale.clone(),
        time_zone: given.time_zone.clone(),
    }
}

async fn user_known_as(app: &App, key: &str) -> Result<Option<user::Model>> {
    let user = user::Entity::find()
        .filter(user::Column::ExternalId.eq(key))
        .filter(user::Column::Kind.eq(Kind::Person))
        .one(&app.store.read)
        .await?;
    Ok(user)
}

/// Whoever could give others another address to sign in with could take their place.
async fn change_user(
    app: &App,
    actor: &Actor,
    user: &user::Model,
    given: &GivenUser,
) -> Result<user::Model> {
    if let Some(email) = &given.email
        && text::email(email).ok() != user.email
    {
        let field = Some("email");
        return Err(Refusal::Forbidden { field }.into());
    }
    let edit = EditUser {
        name: given.name.clone(),
        role: given.role,
        locale: given.locale.clone(),
        organization: given.organization,
        team_ids: given.team_ids.clone(),
        time_zone: given.time_zone.clone(),
    };
    edit_user(app, actor, Some(user.id), &edit).await
}

fn key(given: &str) -> Result<String> {
    let mut checked = Checked::default();
    let key = checked.line("externalId", given, KEY_CHARS_MAX);
    refuse_if_any(checked.refusals)?;
    Ok(key)
}
