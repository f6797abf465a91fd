//! Calendars: when support works, in which time zone, and when it is closed. So far the arithmetic alone; the timers
//! of tickets do not ask it yet.

mod rules;

pub use rules::{HORIZON_DAYS, Holidays, Opening, Week};
