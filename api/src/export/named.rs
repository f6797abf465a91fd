//! How people, teams and organizations are named in a file: people by address, the others by name, as far as the reader
//! sees that.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization, team, user,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    actor::Actor, app::App, directory::Snapshot, error::Result, graphql::GlobalId, policy,
};

/// Whoever has no address, or none that the reader sees, has one there, which nobody else can have.
const NOWHERE: &str = "guichet.invalid";
/// Who wrote what the desk itself wrote.
const SYSTEM: &str = "system";

/// The people that a batch names.
pub(super) struct Named {
    directory: Arc<Snapshot>,
    users: HashMap<UserId, user::Model>,
    seen: HashSet<UserId>,
}

impl Named {
    pub(super) async fn load(
        app: &App,
        actor: &Actor,
        ids: impl IntoIterator<Item = UserId>,
    ) -> Result<Self> {
        let ids: HashSet<_> = ids.into_iter().collect();
        let all = user::Entity::find()
            .filter(user::Column::Id.is_in(ids))
            .all(&app.store.read)
            .await?;
        let shown = user::Entity::find()
            .filter(user::Column::Id.is_in(all.iter().map(|user| user.id)))
            .filter(policy::visible_users(actor))
            .all(&app.store.read)
            .await?;
        Ok(Self {
            directory: app.directory().await?,
            users: all.into_iter().map(|user| (user.id, user)).collect(),
            seen: shown.into_iter().map(|user| user.id).collect(),
        })
    }

    pub(super) fn email(&self, id: UserId) -> String {
        let user = self
            .users
            .get(&id)
            .filter(|user| self.seen.contains(&user.id));
        user.map_or_else(|| stand_in(id), email_of)
    }

    /// The same of a person: machines are in no file, and so nobody that an import could know.
    pub(super) fn person(&self, id: UserId) -> Option<String> {
        let is_machine = |user: &user::Model| user.kind == user::Kind::Machine;
        let is_known_machine = self.users.get(&id).is_some_and(is_machine);
        (!is_known_machine).then(|| self.email(id))
    }

    pub(super) fn name(&self, id: UserId) -> Option<&str> {
        self.users.get(&id).map(|user| user.name.as_str())
    }

    /// The address and the name of who wrote something; none is the desk itself.
    pub(super) fn author(&self, id: Option<UserId>) -> (String, Option<&str>) {
        match id {
            Some(id) => (self.email(id), self.name(id)),
            None => (format!("{SYSTEM}@{NOWHERE}"), Some(SYSTEM)),
        }
    }

    pub(super) fn team(&self, actor: &Actor, id: TeamId) -> String {
        let team = self.directory.teams.get(&id);
        let team = team.filter(|_| policy::sees_team(actor, id));
        team.map_or_else(|| id.global().0, |team| team.name.clone())
    }
}

pub(super) fn email_of(user: &user::Model) -> String {
    user.email.clone().unwrap_or_else(|| stand_in(user.id))
}

fn stand_in(id: UserId) -> String {
    format!("{}@{NOWHERE}", id.global().0)
}

/// Names of organizations that the actor sees.
pub(super) async fn organizations(
    app: &App,
    actor: &Actor,
    ids: impl IntoIterator<Item = OrganizationId>,
) -> Result<HashMap<OrganizationId, String>> {
    let ids: HashSet<_> = ids.into_iter().collect();
    let rows = organization::Entity::find()
        .filter(policy::visible_organizations(actor))
        .filter(organization::Column::Id.is_in(ids))
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// The teams that the actor sees, by their ids.
pub(super) fn teams<'a>(actor: &'a Actor, directory: &'a Snapshot) -> Vec<&'a team::Model> {
    let all = directory.teams.values();
    let mut seen: Vec<_> = all
        .filter(|team| policy::sees_team(actor, team.id))
        .collect();
    seen.sort_by_key(|team| team.id);
    seen
}
