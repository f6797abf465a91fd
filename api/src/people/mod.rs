//! People: persons and machines that can act, their organizations and their teams.

mod cache;
pub mod graphql;
pub mod loaders;
mod lookup;
pub mod queries;

use entity::user::Locale;

pub use cache::Cache;
pub use lookup::{find_in, find_or_create_requester, find_visible_in, is_member};

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
