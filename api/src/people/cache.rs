//! The users and organizations that were asked for last: every page names some, few change.

use std::{sync::Arc, time::Duration};

use entity::{
    ids::{OrganizationId, UserId},
    organization, user,
};

use crate::store;

/// How long another server's change to a user or organization may stay unseen.
const MAX_AGE: Duration = Duration::from_secs(2);
/// Rows of each kind, at about half a kilobyte a row.
const ROWS_MAX: u64 = 20_000;

/// Rows by id. What this server changes it forgets at once; the rest is read again when old.
pub struct Cache {
    users: moka::sync::Cache<UserId, Arc<user::Model>>,
    organizations: moka::sync::Cache<OrganizationId, Arc<organization::Model>>,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            users: moka::sync::Cache::builder()
                .max_capacity(ROWS_MAX)
                .time_to_live(MAX_AGE)
                .build(),
            organizations: moka::sync::Cache::builder()
                .max_capacity(ROWS_MAX)
                .time_to_live(MAX_AGE)
                .build(),
        }
    }
}

impl Cache {
    pub fn user(&self, id: UserId) -> Option<Arc<user::Model>> {
        if store::sees_uncommitted() {
            return None;
        }
        self.users.get(&id)
    }

    pub fn organization(&self, id: OrganizationId) -> Option<Arc<organization::Model>> {
        if store::sees_uncommitted() {
            return None;
        }
        self.organizations.get(&id)
    }

    /// Keeps a row that was read anyway, if it is committed.
    pub fn keep_user(&self, user: &Arc<user::Model>) {
        if !store::sees_uncommitted() {
            self.users.insert(user.id, Arc::clone(user));
        }
    }

    pub(super) fn keep_organization(&self, organization: &Arc<organization::Model>) {
        if !store::sees_uncommitted() {
            self.organizations
                .insert(organization.id, Arc::clone(organization));
        }
    }

    /// After the commit that changed the user.
    pub fn forget_user(&self, id: UserId) {
        self.users.invalidate(&id);
    }

    /// After the commit that changed the organization.
    pub fn forget_organization(&self, id: OrganizationId) {
        self.organizations.invalidate(&id);
    }
}
