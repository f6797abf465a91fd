//! A level: how far a request must travel, and the service-level targets that go with it.

pub mod commands;
pub mod escalation;
pub mod graphql;

use entity::level;

use crate::sla::Targets;

/// The targets of a level; times in seconds.
pub const fn targets_of(level: &level::Model) -> Targets {
    Targets {
        first_reply_s: level.first_reply_s,
        next_reply_s: level.next_reply_s,
        resolution_s: level.resolution_s,
    }
}
