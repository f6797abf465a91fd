//! The ranker: articles and past tickets in memory, and which of them answer what somebody types. Pure; who fills it
//! is `index.rs`.
//!
//! Three kinds of evidence make one score (ADR 19): the article's own words, the words of the tickets that it solved,
//! and how much there is of these. Each text is indexed as stemmed words and as pieces of words.

mod collection;
mod evidence;
mod lane;
mod postings;
mod score;
mod seen;
mod segment;
mod snapshot;
mod terms;

pub use collection::Collection;
pub use score::{Cosines, Suggestions, suggest};
pub use segment::{Audience, Doc, Kind, NO_ARTICLE};
pub use snapshot::{ArticleTexts, Change, Evidence, Snapshot, Text};
pub use terms::Terms;

/// How much of a ticket is evidence, in characters: what somebody asks stands at the beginning.
pub const TICKET_CHARS_MAX: usize = 1_200;
/// How much of an article is indexed, in characters.
pub const ARTICLE_CHARS_MAX: usize = 20_000;
/// How much of what is being typed is looked at, in characters.
pub const QUERY_CHARS_MAX: usize = 2_000;

#[cfg(test)]
mod tests;
