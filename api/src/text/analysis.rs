//! A text as search sees it: words of French and English in their stems, pieces of words, and the guess of a language.
//!
//! Stored texts and what people type go through the same functions, so that both databases and every server find the
//! same things.

mod grams;
mod language;
mod stop;
mod tokens;

use entity::user::Locale;
use rust_stemmers::{Algorithm, Stemmer};

pub use grams::grams;
pub use language::{guess_language, language_of};
pub use tokens::{Token, tokens};

use super::fold;

/// What a word is indexed as: its stem by Snowball, **then** without accents, which Snowball needs to see.
pub fn stem(lower: &str, language: Locale) -> String {
    let stemmer = Stemmer::create(match language {
        Locale::En => Algorithm::English,
        Locale::Fr => Algorithm::French,
    });
    let stem = stemmer.stem(lower);
    if stem.is_ascii() {
        stem.into_owned()
    } else {
        fold(&stem)
    }
}

/// Whether a word, lower case, says nothing of what a text is about: articles, pronouns, and the words that
/// questions begin with. Where the text's language is not known, one of the two is enough.
pub fn is_stop_word(lower: &str, language: impl Into<Option<Locale>>) -> bool {
    let languages = stop::languages_of(lower);
    match language.into() {
        Some(Locale::Fr) => languages.is_french,
        Some(Locale::En) => languages.is_english,
        None => languages.is_french || languages.is_english,
    }
}

/// The stems of a text, in its order, without stop words. A text of stop words alone keeps them: they are all it says.
pub fn stems(text: &str, language: Locale) -> Vec<String> {
    let all: Vec<Token> = tokens(text).collect();
    let telling = all
        .iter()
        .filter(|token| !is_stop_word(&token.lower, language));
    let stems: Vec<String> = telling.map(|token| stem(&token.lower, language)).collect();
    if stems.is_empty() {
        return all
            .iter()
            .map(|token| stem(&token.lower, language))
            .collect();
    }
    stems
}

#[cfg(test)]
mod tests;
