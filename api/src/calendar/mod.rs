//! Calendars: when support works, in which time zone, and when it is closed.

pub mod commands;
pub mod graphql;

mod icalendar;
pub mod loaders;
pub mod queries;
mod rules;
mod working;

pub use rules::{HORIZON_DAYS, Holidays, Opening, Part, Standing, Week};
pub use working::{Cache, Hours, HoursById, hours, hours_of_all};
