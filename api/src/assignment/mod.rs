//! Assignment: who gets a ticket that comes to a team which gives out its tickets by itself, and who
//! can take tickets at all.
//!
//! Locks are taken in one order, so that nobody waits for who waits for them: tickets by id, then the
//! teams that give out, then agents. Who holds teams takes further tickets only where nobody else has
//! them, and the availability of a member changes only under the locks of their teams.

mod commands;
pub mod graphql;
mod returns;
mod roster;
mod rules;

pub use commands::{choose, roster_for, set_availability, set_capacity, set_team_assignment};
pub use returns::go_on_returning;
pub use roster::Roster;
