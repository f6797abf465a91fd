//! What of a text is indexed, as numbers: a hash of each term, so that no strings are kept.

use std::hash::{Hash, Hasher};

use entity::user::Locale;
use rustc_hash::{FxHashMap, FxHasher};

use crate::text::analysis::{Token, grams, guess_language, is_stop_word, stem, tokens};

/// The languages that words are stemmed in.
const LANGUAGES: [Locale; 2] = [Locale::En, Locale::Fr];

/// A term, as the index knows it. Sixty-four bits: two terms that share one are rarer than typing errors that do.
pub(super) type Term = u64;

/// The terms of a text and how often each is in it.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub(super) words: Counts,
    pub(super) grams: Counts,
}

/// Terms in their order, each once, with its frequency up to 255.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) terms: Vec<(Term, u8)>,
    /// How many there are, repetitions counted.
    pub(super) length: u32,
}

impl Terms {
    /// Those of a stored text.
    pub fn of(text: &str, language: Locale) -> Self {
        let mut words = Vec::new();
        let mut pieces = Vec::new();
        for token in tokens(text) {
            grams(&token, |gram| pieces.push(hash_gram(gram)));
            if !is_stop_word(&token.lower, language) {
                words.push(hash_word(&stem(&token.lower, language), language));
            }
        }
        Self {
            words: Counts::of(words),
            grams: Counts::of(pieces),
        }
    }
}

impl Counts {
    fn of(mut terms: Vec<Term>) -> Self {
        let length = u32::try_from(terms.len()).unwrap_or(u32::MAX);
        terms.sort_unstable();
        let mut counted: Vec<(Term, u8)> = Vec::with_capacity(terms.len());
        for term in terms {
            match counted.last_mut() {
                Some((last, count)) if *last == term => *count = count.saturating_add(1),
                _ => counted.push((term, 1)),
            }
        }
        counted.shrink_to_fit();
        Self {
            terms: counted,
            length,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) words: Wanted,
    pub(super) grams: Wanted,
}

/// Terms to look up, a group for each thing that was typed. A word has a form in each language: a text is searched as
/// it was indexed, and names are the same in both.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    terms: Vec<Term>,
    forms: usize,
}

impl Wanted {
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Term]> {
        self.terms.chunks(self.forms.max(1))
    }
}

impl Asked {
    pub(super) fn of(text: &str) -> Self {
        let guess = guess_language(text);
        let is_telling = |token: &&Token| !is_stop_word(&token.lower, guess);
        let all: Vec<Token> = tokens(text).collect();
        let mut telling: Vec<&Token> = all.iter().filter(is_telling).collect();
        if telling.is_empty() {
            telling = all.iter().collect();
        }
        let mut words: Vec<[Term; LANGUAGES.len()]> = telling.into_iter().map(forms).collect();
        words.sort_unstable();
        words.dedup();
        let mut pieces = Vec::new();
        for token in &all {
            grams(token, |gram| pieces.push(hash_gram(gram)));
        }
        pieces.sort_unstable();
        pieces.dedup();
        Self {
            words: Wanted {
                terms: words.into_flattened(),
                forms: LANGUAGES.len(),
            },
            grams: Wanted {
                terms: pieces,
                forms: 1,
            },
        }
    }
}

fn forms(token: &Token) -> [Term; LANGUAGES.len()] {
    LANGUAGES.map(|language| hash_word(&stem(&token.lower, language), language))
}

fn hash_word(stem: &str, language: Locale) -> Term {
    let mut hasher = FxHasher::default();
    (1 + language as u8).hash(&mut hasher);
    stem.hash(&mut hasher);
    hasher.finish()
}

fn hash_gram(gram: &str) -> Term {
    let mut hasher = FxHasher::default();
    gram.hash(&mut hasher);
    hasher.finish()
}

/// A map from terms to something.
pub(super) type ByTerm<T> = FxHashMap<Term, T>;
