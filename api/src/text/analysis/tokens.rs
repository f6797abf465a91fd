//! Cuts a text into words, and remembers where each stood.

use std::{iter, ops::Range};

use unicode_normalization::UnicodeNormalization;

/// Longer words are cut here: nobody types that much of one, and a page of base64 is no word.
const WORD_CHARS_MAX: usize = 40;

/// Little words that French joins to the next one, without their vowel.
const ELISIONS: [&str; 14] = [
    "l", "d", "j", "qu", "n", "s", "c", "m", "t", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu",
];

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// In lower case, composed, without the elided word before it or the possessive after it; accents are kept.
    pub lower: String,
    /// Its bytes in the text, without what was elided.
    pub at: Range<usize>,
    /// Whether a little word was joined to it: `l'`.
    pub is_elided: bool,
}

/// The words of a text: runs of letters and digits. `l'imprimante` is `imprimante`, `user's` is `user`, and `aujourd'hui`
/// and `don't` are one word each.
pub fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut rest = 0;
    iter::from_fn(move || {
        loop {
            let run = next_run(text, rest)?;
            rest = run.end;
            let at = without_elisions(text, run.clone());
            if let Some(lower) = lower(&text[at.clone()]) {
                return Some(Token {
                    lower,
                    is_elided: at.start > run.start,
                    at,
                });
            }
        }
    })
}

/// Whether `c` belongs to a word. Marks do: an accent may follow its letter.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || !c.is_ascii() && unicode_normalization::char::is_combining_mark(c)
}

/// Typed, typographic, and the letter that some keyboards have.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '‘' | '´' | '`')
}

/// The next run of letters from a place on, with apostrophes that stand between two of them.
fn next_run(text: &str, from: usize) -> Option<Range<usize>> {
    let start = from + text[from..].find(char::is_alphanumeric)?;
    let mut end = start;
    let mut following = text[start..].char_indices().peekable();
    while let Some((at, c)) = following.next() {
        let is_inside = is_apostrophe(c)
            && following
                .peek()
                .is_some_and(|(_, next)| next.is_alphanumeric());
        if !is_letter(c) && !is_inside {
            break;
        }
        end = start + at + c.len_utf8();
    }
    Some(start..end)
}

/// Takes `l'`, `qu'` and their like off, also several: `s'l'`.
fn without_elisions(text: &str, mut run: Range<usize>) -> Range<usize> {
    while let Some((at, mark)) = text[run.clone()]
        .char_indices()
        .find(|(_, c)| is_apostrophe(*c))
    {
        let first = &text[run.start..run.start + at];
        if !ELISIONS
            .iter()
            .any(|elided| first.eq_ignore_ascii_case(elided))
        {
            break;
        }
        run.start += at + mark.len_utf8();
    }
    run
}

fn lower(word: &str) -> Option<String> {
    let mut lower: String = if word.is_ascii() {
        word.to_ascii_lowercase()
    } else {
        word.nfc()
            .flat_map(char::to_lowercase)
            .map(|c| if is_apostrophe(c) { '\'' } else { c })
            .collect()
    };
    if let Some(owner) = lower.strip_suffix("'s") {
        lower.truncate(owner.len());
    }
    lower.retain(|c| !is_apostrophe(c));
    if lower.len() > WORD_CHARS_MAX
        && let Some((cut, _)) = lower.char_indices().nth(WORD_CHARS_MAX)
    {
        lower.truncate(cut);
    }
    (!lower.is_empty()).then_some(lower)
}
