//! Which persons to list.

use async_graphql::{ID, InputObject};
use entity::user;

use super::enums::Role;
use crate::{graphql::GlobalId, people::queries};

/// Compares a role. What is absent does not matter; what is given must all hold.
#[derive(Debug, Default, InputObject)]
pub struct RoleComparator {
    /// This role.
    eq: Option<Role>,
    /// One of these roles.
    #[graphql(name = "in")]
    any_of: Option<Vec<Role>>,
}

/// Which persons to list. What is absent does not matter; what is given must all hold.
#[derive(Debug, Default, InputObject)]
pub struct UserFilter {
    /// By role.
    role: Option<RoleComparator>,
    /// Members of this organization.
    organization: Option<ID>,
    /// Members of this team.
    team: Option<ID>,
    /// True: those who can sign in; false: those who were disabled.
    is_active: Option<bool>,
}

/// An id that is of another kind, or was never one: no row matches.
pub(super) struct NamesNothing;

impl UserFilter {
    pub(super) fn read(self) -> Result<queries::UserFilter, NamesNothing> {
        Ok(queries::UserFilter {
            roles: self.role.and_then(RoleComparator::read),
            organization: self.organization.as_ref().map(key_of).transpose()?,
            team: self.team.as_ref().map(key_of).transpose()?,
            is_active: self.is_active,
        })
    }
}

impl RoleComparator {
    fn read(self) -> Option<Vec<user::Role>> {
        let one_of = |roles: Vec<Role>| {
            let mut distinct: Vec<user::Role> = Vec::new();
            for role in roles.into_iter().map(Into::into) {
                if !distinct.contains(&role) {
                    distinct.push(role);
                }
            }
            distinct
        };
        match (self.eq, self.any_of) {
            (None, None) => None,
            (None, Some(roles)) => Some(one_of(roles)),
            (Some(role), Some(roles)) if !roles.contains(&role) => Some(Vec::new()),
            (Some(role), _) => Some(vec![role.into()]),
        }
    }
}

fn key_of<I: GlobalId>(id: &ID) -> Result<I, NamesNothing> {
    I::of(id).ok_or(NamesNothing)
}
