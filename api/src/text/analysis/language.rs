//! Which language a text is in, by what gives it away: little words, accents, elisions.

use entity::user::Locale;

use super::{stop, tokens, tokens::is_apostrophe};
use crate::text::fold;

/// How far into a text one has to read.
const CHARS_MAX: usize = 2_000;
/// A little word of one language that the other has not.
const LITTLE_WORD: i32 = 2;
const ACCENT: i32 = 1;
const ELISION: i32 = 2;

/// French or English; none where the text does not say, such as a bare error code.
pub fn guess_language(text: &str) -> Option<Locale> {
    let end = text
        .char_indices()
        .nth(CHARS_MAX)
        .map_or(text.len(), |(at, _)| at);
    let text = &text[..end];
    let mut french = 0;
    for token in tokens(text) {
        let folded = fold(&token.lower);
        let is_french = stop::words(Locale::Fr).contains(folded.as_str());
        let is_english = stop::words(Locale::En).contains(folded.as_str());
        match (is_french, is_english) {
            (true, false) => french += LITTLE_WORD,
            (false, true) => french -= LITTLE_WORD,
            _ => {}
        }
        if token.lower.chars().any(is_french_letter) {
            french += ACCENT;
        }
        if is_elided(text, token.at.start) {
            french += ELISION;
        }
    }
    match french {
        0 => None,
        1.. => Some(Locale::Fr),
        _ => Some(Locale::En),
    }
}

fn is_french_letter(c: char) -> bool {
    "éèêëàâçùûîïôœæÿ".contains(c)
}

/// Whether a word begins right after an apostrophe, as `imprimante` in `l'imprimante`: what stands before was taken off.
fn is_elided(text: &str, start: usize) -> bool {
    text[..start].chars().next_back().is_some_and(is_apostrophe)
        && text[..start]
            .chars()
            .rev()
            .nth(1)
            .is_some_and(char::is_alphabetic)
}
