//! What a word is found by.

use std::borrow::Cow;

use entity::user::Locale;

use crate::text::{self, analysis};

/// Longest term, in characters. Folding can make a word longer than it was.
const TERM_CHARS_MAX: usize = 40;

/// A word without case and accents, of characters that neither database cuts or reads as an operator; none where
/// nothing is left of it.
pub(super) fn folded(lower: &str) -> Option<String> {
    let folded = if lower.is_ascii() {
        Cow::Borrowed(lower)
    } else {
        Cow::Owned(text::fold(lower))
    };
    let kept = |c: &char| !c.is_ascii() || c.is_ascii_alphanumeric();
    let term: String = folded.chars().filter(kept).take(TERM_CHARS_MAX).collect();
    (!term.is_empty()).then_some(term)
}

/// The stems of a word in both languages, `folded` being the same without accents.
pub(super) fn stems(lower: &str, folded: &str) -> impl Iterator<Item = String> {
    stems_in(lower, folded, None)
}

/// The stems of a word of a text in this language; of both, where that is not known. Snowball needs accents, and people
/// leave them out, so French ones are made with and without.
pub(super) fn stems_in(
    lower: &str,
    folded: &str,
    language: Option<Locale>,
) -> impl Iterator<Item = String> {
    let is_french = language != Some(Locale::En);
    let with_accents = is_french && lower != folded;
    let stems = [
        with_accents.then(|| analysis::stem(lower, Locale::Fr)),
        is_french.then(|| analysis::stem(folded, Locale::Fr)),
        (language != Some(Locale::Fr)).then(|| analysis::stem(folded, Locale::En)),
    ];
    let stems = stems.into_iter().flatten();
    stems.filter_map(|stem| self::folded(&stem))
}
