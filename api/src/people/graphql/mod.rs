//! People as clients see them.

mod enums;
mod fields;
mod filter;
mod mutation;
mod query;
mod types;

pub use enums::{Availability, Role, TeamKind};
pub use fields::{actor_field, organization_field, team_field, user_field};
pub use filter::{RoleComparator, UserFilter};
pub use mutation::PeopleMutation;
pub use query::{OrganizationConnection, PeopleQuery, TeamConnection, UserConnection};
pub use types::{Actor, Machine, Organization, System, Team, User};
