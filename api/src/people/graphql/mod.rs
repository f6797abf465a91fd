//! People as clients see them.

pub mod administration;
pub mod enums;
pub mod fields;
pub mod filter;
pub mod mutation;
pub mod query;
pub mod teams;
pub mod types;
pub mod upsert;

pub use administration::AdministrationMutation;
pub use enums::{Availability, Role, TeamKind};
pub use fields::{
    actor_field, organization_field, organization_node, team_field, user_field, user_node,
};
pub use filter::{RoleComparator, UserFilter};
pub use mutation::{
    CreateOrganizationInput, CreateOrganizationPayload, CreateTeamInput, CreateTeamPayload,
    CreateUserInput, CreateUserPayload, PeopleMutation,
};
pub use query::{OrganizationConnection, PeopleQuery, TeamConnection, UserConnection};
pub use teams::TeamsMutation;
pub use types::{Actor, Machine, Organization, System, Team, User};
pub use upsert::PeopleUpsertMutation;
