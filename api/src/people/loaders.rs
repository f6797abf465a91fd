//! Batches the people that a page's fields ask for one by one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Request, dataloader::Loader};
use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization, user,
};

use super::queries;
use crate::{
    app::App,
    graphql::loader::{SharedError, install},
};

/// Users by id, whoever asks.
pub struct UserLoader(pub Arc<App>);

/// Organizations by id, whoever asks.
pub struct OrganizationLoader(pub Arc<App>);

/// The teams that a user is a member of; users of none are absent.
pub struct TeamsOfUserLoader(pub Arc<App>);

/// Puts the loaders of people into a request.
pub fn install_all(request: Request, app: &Arc<App>, remembers: bool) -> Request {
    let request = install(request, remembers, UserLoader(Arc::clone(app)));
    let request = install(request, remembers, OrganizationLoader(Arc::clone(app)));
    install(request, remembers, TeamsOfUserLoader(Arc::clone(app)))
}

impl Loader<UserId> for UserLoader {
    type Value = Arc<user::Model>;
    type Error = SharedError;

    async fn load(&self, ids: &[UserId]) -> Result<HashMap<UserId, Self::Value>, SharedError> {
        Ok(queries::load_users(&self.0, ids).await?)
    }
}

impl Loader<OrganizationId> for OrganizationLoader {
    type Value = Arc<organization::Model>;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[OrganizationId],
    ) -> Result<HashMap<OrganizationId, Self::Value>, SharedError> {
        Ok(queries::load_organizations(&self.0, ids).await?)
    }
}

impl Loader<UserId> for TeamsOfUserLoader {
    type Value = Vec<TeamId>;
    type Error = SharedError;

    async fn load(&self, ids: &[UserId]) -> Result<HashMap<UserId, Self::Value>, SharedError> {
        Ok(queries::load_teams_of_users(&self.0, ids).await?)
    }
}
