//! What somebody searches for: words that must all be there, the last one perhaps only begun, and phrases in quotes.

use std::collections::BTreeSet;

use entity::user::Locale;

use super::terms;
use crate::{
    error::{Error, Result},
    text::analysis::{self, Token, tokens},
};

/// Longest text to search for, in characters.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// Words and phrases of one search; what comes after does not count.
const PARTS_MAX: usize = 32;
/// Words in which typos are forgiven, and how long these are: a shorter word is too many others by one letter.
const WIDENED_MAX: usize = 5;
const WIDENED_CHARS: std::ops::RangeInclusive<usize> = 4..=24;

/// A text to search for, as it is asked of the index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    parts: Vec<Part>,
}

/// What must be there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Word(Word),
    /// These words one after the other, as they are.
    Phrase(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Word {
    /// Without case and accents.
    pub(super) folded: String,
    pub(super) stems: BTreeSet<String>,
    /// Whether it may be the beginning of a longer one.
    pub(super) is_begun: bool,
    /// What may have been meant; nothing unless typos are forgiven.
    pub(super) near: Near,
}

/// Words one slip away: a letter too many, one missing, another one, or two that changed places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Near {
    pub(super) stems: BTreeSet<String>,
    pub(super) beginnings: BTreeSet<String>,
}

/// Terms of which one must be there.
pub(super) struct Alternatives<'a> {
    pub(super) terms: BTreeSet<&'a str>,
    pub(super) beginnings: BTreeSet<&'a str>,
}

impl Query {
    /// Reads what somebody who speaks `locale` typed. There is no syntax but quotes, and nothing that cannot be read:
    /// a text without a word finds nothing.
    pub fn read(text: &str, locale: Locale) -> Result<Self> {
        if text.chars().nth(TEXT_CHARS_MAX).is_some() {
            return Err(Error::BadInput(
                "a text to search for has at most 1,000 characters",
            ));
        }
        let language = analysis::guess_language(text).unwrap_or(locale);
        let mut parts: Vec<(Part, bool)> = Vec::new();
        for (segment, is_quoted) in segments(text) {
            if is_quoted {
                let words: Vec<String> = tokens(segment)
                    .filter_map(|token| terms::folded(&token.lower))
                    .collect();
                parts.extend((!words.is_empty()).then_some((Part::Phrase(words), true)));
                continue;
            }
            parts.extend(tokens(segment).filter_map(|token| {
                let is_telling = !analysis::is_stop_word(&token.lower, language);
                Some((Part::Word(Word::of(&token)?), is_telling))
            }));
        }
        if let Some((Part::Word(last), _)) = parts.last_mut() {
            last.is_begun = true;
        }
        if parts.iter().any(|(_, is_telling)| *is_telling) {
            parts.retain(|(_, is_telling)| *is_telling);
        }
        let mut distinct: Vec<Part> = Vec::new();
        for (part, _) in parts {
            if !distinct.contains(&part) && distinct.len() < PARTS_MAX {
                distinct.push(part);
            }
        }
        Ok(Self { parts: distinct })
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// How many words and phrases must be there.
    pub const fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether it finds nothing, having no word.
    pub const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether small typos are forgiven in it.
    pub(super) fn is_forgiving(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Word(word) => !word.near.stems.is_empty(),
            Part::Phrase(_) => false,
        })
    }

    /// The same with small typos forgiven; none where no word can have one.
    pub fn forgiving(&self) -> Option<Self> {
        let mut query = self.clone();
        let words = query.parts.iter_mut().filter_map(|part| match part {
            Part::Word(word) if word.can_be_mistyped() => Some(word),
            Part::Word(_) | Part::Phrase(_) => None,
        });
        let mut is_any = false;
        for word in words.take(WIDENED_MAX) {
            word.near = Near::of(&word.folded, word.is_begun);
            is_any = true;
        }
        is_any.then_some(query)
    }
}

impl Word {
    fn of(token: &Token) -> Option<Self> {
        let folded = terms::folded(&token.lower)?;
        Some(Self {
            stems: terms::stems(&token.lower, &folded).collect(),
            folded,
            is_begun: false,
            near: Near::default(),
        })
    }

    /// Numbers and codes are other ones by one letter.
    fn can_be_mistyped(&self) -> bool {
        WIDENED_CHARS.contains(&self.folded.len())
            && self.folded.bytes().all(|byte| byte.is_ascii_lowercase())
    }

    pub(super) fn alternatives(&self) -> Alternatives<'_> {
        let own = std::iter::once(self.folded.as_str());
        let stems = self.stems.iter().chain(&self.near.stems);
        let begun = own.clone().filter(|_| self.is_begun);
        Alternatives {
            terms: own.chain(stems.map(String::as_str)).collect(),
            beginnings: begun
                .chain(self.near.beginnings.iter().map(String::as_str))
                .collect(),
        }
    }
}

impl Near {
    fn of(word: &str, is_begun: bool) -> Self {
        let words = slips(word);
        let stems = words
            .iter()
            .flat_map(|near| terms::stems(near, near))
            .collect();
        Self {
            stems,
            beginnings: if is_begun { words } else { BTreeSet::new() },
        }
    }
}

/// Every word of `a` to `z` that is one slip away from this one.
fn slips(word: &str) -> BTreeSet<String> {
    let letters: Vec<char> = word.chars().collect();
    let with = |head: &[char], middle: &[char], tail: &[char]| {
        [head, middle, tail]
            .concat()
            .into_iter()
            .collect::<String>()
    };
    let mut words = BTreeSet::new();
    for at in 0..=letters.len() {
        let (head, tail) = letters.split_at(at);
        for letter in 'a'..='z' {
            words.insert(with(head, &[letter], tail));
        }
        let [first, rest @ ..] = tail else { continue };
        words.insert(with(head, &[], rest));
        for letter in 'a'..='z' {
            words.insert(with(head, &[letter], rest));
        }
        if let [second, rest @ ..] = rest {
            words.insert(with(head, &[*second, *first], rest));
        }
    }
    words.remove(word);
    words
}

/// The text in its quoted and unquoted pieces. A quote that nobody closes is none.
fn segments(text: &str) -> Vec<(&str, bool)> {
    let mut segments = Vec::new();
    let mut rest = text;
    loop {
        let Some((before, quoted, after)) = first_quoted(rest) else {
            segments.push((rest, false));
            return segments;
        };
        segments.extend([(before, false), (quoted, true)]);
        rest = after;
    }
}

fn first_quoted(text: &str) -> Option<(&str, &str, &str)> {
    let (before, opened) = text.split_once(is_quote)?;
    let (quoted, after) = opened.split_once(is_quote)?;
    Some((before, quoted, after))
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}
