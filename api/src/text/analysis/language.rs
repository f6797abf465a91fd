//! Which language a text is in, by what gives it away: little words, accents, elisions.

use std::borrow::Borrow;

use entity::user::Locale;

use super::{Token, stop, tokens};

/// How far into a text one has to read.
const WORDS_MAX: usize = 400;
/// A little word of one language that the other has not.
const LITTLE_WORD: i32 = 2;
const ACCENT: i32 = 1;
const ELISION: i32 = 2;

/// French or English; none where the text does not say, such as a bare error code.
pub fn guess_language(text: &str) -> Option<Locale> {
    language_of(tokens(text))
}

/// The same of words that a text was cut into.
pub fn language_of(words: impl IntoIterator<Item: Borrow<Token>>) -> Option<Locale> {
    let mut french = 0;
    for word in words.into_iter().take(WORDS_MAX) {
        let word = word.borrow();
        let stop = stop::languages_of(&word.lower);
        match (stop.is_french, stop.is_english) {
            (true, false) => french += LITTLE_WORD,
            (false, true) => french -= LITTLE_WORD,
            _ => {}
        }
        if !word.lower.is_ascii() && word.lower.chars().any(is_french_letter) {
            french += ACCENT;
        }
        if word.is_elided {
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
