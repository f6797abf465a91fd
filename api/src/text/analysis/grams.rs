//! Pieces of words: what forgives a typo, an inflection that no stemmer knows, and a compound.

use super::{Token, fold};

/// Lengths of the pieces, in characters; the borders of the word count as one each.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=5;

/// Tells of every piece of 3 to 5 characters of a word, borders included: `_car`, `card_`, … without case and accents.
///
/// A word that is shorter than a piece with its borders is told once, whole.
pub fn grams(token: &Token, mut tell: impl FnMut(&str)) {
    let bordered = if token.lower.is_ascii() {
        format!("_{}_", token.lower)
    } else {
        format!("_{}_", fold(&token.lower))
    };
    let mut starts: Vec<usize> = bordered.char_indices().map(|(at, _)| at).collect();
    starts.push(bordered.len());
    let chars = starts.len() - 1;
    for length in LENGTHS {
        if length > chars {
            continue;
        }
        for first in 0..=chars - length {
            tell(&bordered[starts[first]..starts[first + length]]);
        }
    }
}
