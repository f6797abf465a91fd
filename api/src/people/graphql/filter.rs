//! Which persons to list.

use async_graphql::{ID, InputObject};
use entity::user;

use super::enums::Role;
use crate::{
    graphql::GlobalId,
    people::queries,
    text::{self, NAME_CHARS_MAX, TextError},
};

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
    /// Part of the name or of the e-mail address; case and accents do not count in names. At most
    /// 255 characters.
    text: Option<String>,
    /// True: those who can sign in; false: those who were disabled.
    is_active: Option<bool>,
}

/// A value that no row can match: an id of another kind, a text that is none.
pub(super) struct NamesNothing;

impl UserFilter {
    pub(super) fn read(self) -> Result<queries::UserFilter, NamesNothing> {
        Ok(queries::UserFilter {
            roles: self.role.and_then(RoleComparator::read),
            organization: self.organization.as_ref().map(key_of).transpose()?,
            team: self.team.as_ref().map(key_of).transpose()?,
            is_active: self.is_active,
            text: self.text.as_deref().map_or(Ok(None), searchable)?,
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

/// An empty text does not matter; one that is no line is in nobody's name.
fn searchable(text: &str) -> Result<Option<String>, NamesNothing> {
    match text::clean_line(text, NAME_CHARS_MAX) {
        Ok(text) => Ok(Some(text)),
        Err(TextError::Empty) => Ok(None),
        Err(_) => Err(NamesNothing),
    }
}

fn key_of<I: GlobalId>(id: &ID) -> Result<I, NamesNothing> {
    I::of(id).ok_or(NamesNothing)
}
