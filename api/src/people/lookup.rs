//! Finding people inside the transaction that needs them.

use entity::{
    ids::{TeamId, UserId},
    team_member, user,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::{
    app::Tx,
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::Checked,
    policy, text,
};

/// A user whose id is known to be right.
pub async fn find_in(tx: &Tx<'_>, id: UserId) -> Result<user::Model> {
    let user = user::Entity::find_by_id(id).one(&**tx).await?;
    user.ok_or(Error::NotFound("user"))
}

/// A user whom the transaction's actor may look up.
pub async fn find_visible_in(tx: &Tx<'_>, id: UserId) -> Result<Option<user::Model>> {
    let visible = user::Entity::find_by_id(id).filter(policy::visible_users(tx.actor()));
    Ok(visible.one(&**tx).await?)
}

pub async fn is_member(tx: &Tx<'_>, team: TeamId, user: UserId) -> Result<bool> {
    Ok(team_member::Entity::find_by_id((team, user))
        .one(&**tx)
        .await?
        .is_some())
}

/// The person of this address; a new requester where nobody has it. `field` is what the address is
/// called in the input.
pub async fn find_or_create_requester(
    tx: &mut Tx<'_>,
    field: &'static str,
    email: &str,
) -> Result<user::Model> {
    let mut checked = Checked::default();
    let email = checked.email(field, email);
    refuse_if_any(checked.refusals)?;
    let known = user::Entity::find()
        .filter(user::Column::Email.eq(&email))
        .one(&**tx)
        .await?;
    if let Some(user) = known {
        return Ok(user);
    }
    let requester = requester(tx, email);
    let row = requester.clone().into_active_model().reset_all();
    user::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    tx.record(Event::UserCreated {
        user_id: requester.id,
    });
    Ok(requester)
}

/// Named by the part before the `@` until they say better.
fn requester(tx: &Tx<'_>, email: String) -> user::Model {
    let name = email.split('@').next().unwrap_or(&email).to_owned();
    user::Model {
        id: UserId(tx.new_id()),
        kind: user::Kind::Person,
        role: policy::ROLE_OF_NEWCOMERS,
        name_folded: text::fold(&name),
        name,
        email: Some(email),
        locale: tx.actor().locale(),
        time_zone: "UTC".to_owned(),
        organization_id: None,
        availability: user::Availability::Offline,
        capacity: 0,
        password_hash: None,
        disabled_at: None,
        external_id: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}
