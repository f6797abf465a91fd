//! Where the words of a query stand in a text, for ranking and for marks: the index says only that they do.

use std::{collections::HashMap, ops::Range, rc::Rc};

use super::{
    query::{Part, Query, Word},
    terms,
};
use crate::text::analysis::tokens;

/// How well a word of a text is a word of the query.
const EXACT: f64 = 1.0;
const INFLECTED: f64 = 0.8;
const BEGUN: f64 = 0.7;
const MISTYPED: f64 = 0.5;

/// Finds the words of one query in texts, and remembers the words that it has seen.
pub struct Matcher<'q> {
    query: &'q Query,
    seen: HashMap<String, Rc<Seen>>,
}

/// A word of a text.
struct Seen {
    folded: String,
    /// The words of the query that it is, by their index, and how well.
    parts: Vec<(usize, f64)>,
}

/// A word of a text that is one of the query's.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its bytes in the text.
    pub at: Range<usize>,
    /// Which word of the text it is, and which part of the query.
    pub place: usize,
    pub part: usize,
    /// From 0 to 1.
    pub quality: f64,
}

impl<'q> Matcher<'q> {
    pub fn new(query: &'q Query) -> Self {
        Self {
            query,
            seen: HashMap::new(),
        }
    }

    /// What is found in a text, in its order, and how many words the text has.
    pub fn find(&mut self, text: &str) -> (Vec<Found>, usize) {
        let mut words: Vec<(Range<usize>, Rc<Seen>)> = Vec::new();
        for token in tokens(text) {
            let seen = self.see(token.lower);
            if !seen.folded.is_empty() {
                words.push((token.at, seen));
            }
        }
        let mut found = Vec::new();
        for (place, (at, seen)) in words.iter().enumerate() {
            found.extend(seen.parts.iter().map(|&(part, quality)| Found {
                at: at.clone(),
                place,
                part,
                quality,
            }));
        }
        for (part, phrase) in self.phrases() {
            find_phrase(&words, part, phrase, &mut found);
        }
        found.sort_by_key(|found| (found.place, found.part));
        (found, words.len())
    }

    fn phrases(&self) -> impl Iterator<Item = (usize, &'q [String])> {
        let parts = self.query.parts().iter().enumerate();
        parts.filter_map(|(part, what)| match what {
            Part::Phrase(words) => Some((part, words.as_slice())),
            Part::Word(_) => None,
        })
    }

    fn see(&mut self, lower: String) -> Rc<Seen> {
        if let Some(seen) = self.seen.get(&lower) {
            return Rc::clone(seen);
        }
        let folded = terms::folded(&lower).unwrap_or_default();
        let parts = self.query.parts().iter().enumerate();
        let parts = parts.filter_map(|(part, what)| match what {
            Part::Word(word) => Some((part, word.quality(&lower, &folded)?)),
            Part::Phrase(_) => None,
        });
        let seen = Rc::new(Seen {
            parts: parts.collect(),
            folded,
        });
        self.seen.insert(lower, Rc::clone(&seen));
        seen
    }
}

impl Word {
    /// How well a word of a text is this one; none where it is not.
    fn quality(&self, lower: &str, folded: &str) -> Option<f64> {
        if folded.is_empty() {
            return None;
        }
        if folded == self.folded {
            return Some(EXACT);
        }
        // Stemmers leave the first letter alone.
        if folded.chars().next() == self.folded.chars().next() {
            let is_same = |stem: &String| *stem == self.folded || self.stems.contains(stem);
            if self.stems.contains(folded) || terms::stems(lower, folded).any(|stem| is_same(&stem))
            {
                return Some(INFLECTED);
            }
            if self.is_begun && folded.starts_with(&self.folded) {
                return Some(BEGUN);
            }
        }
        self.is_near(lower, folded).then_some(MISTYPED)
    }

    fn is_near(&self, lower: &str, folded: &str) -> bool {
        if self.near.stems.is_empty() {
            return false;
        }
        let is_begun = || {
            let length = self.folded.len();
            let mut beginnings = (length - 1..=length + 1).filter_map(|end| folded.get(..end));
            beginnings.any(|beginning| self.near.beginnings.contains(beginning))
        };
        self.near.stems.contains(folded)
            || is_begun()
            || terms::stems(lower, folded).any(|stem| self.near.stems.contains(&stem))
    }
}

fn find_phrase(
    words: &[(Range<usize>, Rc<Seen>)],
    part: usize,
    phrase: &[String],
    found: &mut Vec<Found>,
) {
    for (first, window) in words.windows(phrase.len()).enumerate() {
        let is_here = window
            .iter()
            .zip(phrase)
            .all(|((_, seen), word)| seen.folded == *word);
        if !is_here {
            continue;
        }
        found.extend(window.iter().enumerate().map(|(index, (at, _))| Found {
            at: at.clone(),
            place: first + index,
            part,
            quality: EXACT,
        }));
    }
}
