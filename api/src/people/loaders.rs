//! Batches the people that a page's fields ask for one by one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Request, dataloader::Loader};
use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization, user,
};

use super::queries;
use crate::{
    actor::Actor,
    app::App,
    graphql::loader::{SharedError, Source, install},
    page::{Window, by_window},
};

/// Users by id, whoever asks.
pub struct UserLoader(pub Arc<App>);

/// Organizations by id, whoever asks.
pub struct OrganizationLoader(pub Arc<App>);

/// The teams that a user is a member of; users of none are absent.
pub struct TeamsOfUserLoader(pub Arc<App>);

/// The members of teams, as far as the viewer may see them.
pub struct MemberLoader(pub Source);

/// Puts the loaders of people into a request; who is not signed in is shown no members.
pub fn install_all(
    request: Request,
    app: &Arc<App>,
    viewer: Option<&Actor>,
    remembers: bool,
) -> Request {
    let request = install(request, remembers, UserLoader(Arc::clone(app)));
    let request = install(request, remembers, OrganizationLoader(Arc::clone(app)));
    let request = install(request, remembers, TeamsOfUserLoader(Arc::clone(app)));
    let Some(viewer) = viewer else { return request };
    let source = Source {
        app: Arc::clone(app),
        actor: viewer.clone(),
        remembers,
    };
    install(request, remembers, MemberLoader(source))
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

/// A page of one team's members.
pub type PageKey = (TeamId, Window);

impl Loader<PageKey> for MemberLoader {
    type Value = Vec<Arc<user::Model>>;
    type Error = SharedError;

    /// The rows that [`Window::page`] cuts to a page; one statement for each different window, and one
    /// for the people.
    async fn load(&self, keys: &[PageKey]) -> Result<HashMap<PageKey, Self::Value>, SharedError> {
        let Source { app, actor, .. } = &self.0;
        let mut pages: HashMap<PageKey, Self::Value> = HashMap::new();
        for (window, teams) in by_window(keys) {
            let pairs = queries::list_members_of_each(app, actor, &teams, window).await?;
            let ids: Vec<_> = pairs.iter().map(|(_, user)| *user).collect();
            let users = queries::load_users(app, &ids).await?;
            for (team, user) in pairs {
                let page = pages.entry((team, window.clone())).or_default();
                page.extend(users.get(&user).cloned());
            }
        }
        Ok(pages)
    }
}

impl Loader<TeamId> for MemberLoader {
    type Value = u64;
    type Error = SharedError;

    async fn load(&self, teams: &[TeamId]) -> Result<HashMap<TeamId, u64>, SharedError> {
        Ok(queries::count_members_of_each(&self.0.app, &self.0.actor, teams).await?)
    }
}
