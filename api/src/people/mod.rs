//! People: persons and machines that can act, their organizations and their teams.

pub mod administration;
mod cache;
pub mod commands;
pub mod graphql;
mod known;
pub mod loaders;
mod memberships;
pub mod queries;
pub mod teams;
pub mod upsert;

use chrono_tz::Tz;
use entity::user::Locale;

use crate::text::{self, NAME_CHARS_MAX};

pub use cache::Cache;
pub use commands::{CAPACITY, TIME_ZONE, find_or_create_requester};
pub use known::{
    KnownAs, Profile, Standing, create_known, find_by_email, find_known, follow_profile,
    follow_standing, is_known_elsewhere, join,
};
pub use memberships::move_teams;
pub use queries::{find_in, find_visible_in, is_member, team_kinds};

/// A language as the API spells it (ISO 639-1).
pub const fn locale_name(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "en",
        Locale::Fr => "fr",
    }
}

/// Reads [`locale_name`]; none for other languages.
pub fn locale_of(name: &str) -> Option<Locale> {
    [Locale::En, Locale::Fr]
        .into_iter()
        .find(|locale| locale_name(*locale) == name)
}

/// The zone of this IANA name, such as `Europe/Paris`, where there is one.
pub fn time_zone_of(name: &str) -> Option<&'static str> {
    name.parse().ok().map(Tz::name)
}

/// A name as lists are ordered and searched by: case and accents do not count. No longer than a
/// name, since it stands in cursors.
pub fn folded_name(name: &str) -> String {
    text::fold(name).chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
