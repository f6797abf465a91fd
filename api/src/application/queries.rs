//! Which applications there are, with their keys.

use std::collections::HashMap;

use entity::{
    application::{Column, Entity, Model},
    application_key,
    ids::ApplicationId,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    policy::{self, Action},
};

/// An application, and its keys, the oldest first.
#[derive(Clone, Debug)]
pub struct Application {
    pub row: Model,
    pub keys: Vec<application_key::Model>,
}

/// All applications by name, in two statements.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Application>> {
    policy::authorize(actor, Action::ReadApplications)?;
    let db = &app.store.read;
    let rows = Entity::find()
        .order_by_asc(Column::NameFolded)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let mut keys: HashMap<ApplicationId, Vec<_>> = HashMap::new();
    for key in application_key::Entity::find()
        .order_by_asc(application_key::Column::Id)
        .all(db)
        .await?
    {
        keys.entry(key.application_id).or_default().push(key);
    }
    let with_keys = |row: Model| Application {
        keys: keys.remove(&row.id).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(with_keys).collect())
}

/// One application with its keys, after a change of it.
pub(super) async fn find(db: &impl ConnectionTrait, id: ApplicationId) -> Result<Application> {
    let row = Entity::find_by_id(id).one(db).await?;
    let keys = application_key::Entity::find()
        .filter(application_key::Column::ApplicationId.eq(id))
        .order_by_asc(application_key::Column::Id)
        .all(db)
        .await?;
    let row = row.ok_or(Error::NotFound("application"))?;
    Ok(Application { row, keys })
}

/// What tokens of an application must say in `aud`: no other token of anybody does.
pub fn audience(of: ApplicationId) -> String {
    format!("guichet-application:{}", of.0.simple())
}
