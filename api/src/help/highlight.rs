//! Where an article answers: the best part of its text, with the words that match marked.

use std::{collections::HashSet, ops::Range};

use entity::user::Locale;

use crate::text::{
    analysis::{Token, grams, is_stop_word, stem, tokens},
    beginning,
};

/// Words that an excerpt has.
const WORDS: usize = 30;
/// How far into a text an answer is looked for, in characters.
const TEXT_CHARS_MAX: usize = 12_000;
/// A word of which so many hundredths of its pieces were typed is meant, though it is spelled differently.
const PIECES_SHARE: usize = 60;

/// The best thirty words of a plain text, as HTML that can be shown as it is: `<mark>` around what matches, and nothing
/// else that is not text.
pub(super) fn excerpt_html(text: &str, asked: &str, language: Locale) -> String {
    let text = beginning(text, TEXT_CHARS_MAX);
    let asked = Asked::of(asked, language);
    let words: Vec<Token> = tokens(text).collect();
    if words.is_empty() {
        return escape(text.trim());
    }
    let matches: Vec<Option<String>> = words.iter().map(|word| asked.find(word)).collect();
    let window = best_window(&matches);
    let start = match window.start {
        0 => 0,
        first => words[first].at.start,
    };
    let end = if window.end == words.len() {
        text.len()
    } else {
        words[window.end - 1].at.end
    };
    let mut html = String::new();
    if start > 0 {
        html.push('…');
    }
    let mut done = start;
    for (word, matched) in words[window.clone()].iter().zip(&matches[window]) {
        html.push_str(&escape(&text[done..word.at.start]));
        let shown = escape(&text[word.at.clone()]);
        let (before, after) = match matched {
            Some(_) => ("<mark>", "</mark>"),
            None => ("", ""),
        };
        html.extend([before, shown.as_str(), after]);
        done = word.at.end;
    }
    html.push_str(&escape(text[done..end].trim_end()));
    if end < text.len() {
        html.push('…');
    }
    html
}

/// Where the most different words match; the first such place.
fn best_window(matches: &[Option<String>]) -> Range<usize> {
    let length = matches.len().min(WORDS);
    let mut best = (0, 0);
    for start in 0..=matches.len() - length {
        // Begins with a match, or at the beginning.
        if start > 0 && matches[start].is_none() {
            continue;
        }
        let found: HashSet<&String> = matches[start..start + length].iter().flatten().collect();
        if found.len() > best.0 {
            best = (found.len(), start);
        }
    }
    best.1..best.1 + length
}

struct Asked {
    stems: HashSet<String>,
    pieces: HashSet<String>,
    language: Locale,
}

impl Asked {
    fn of(text: &str, language: Locale) -> Self {
        let mut asked = Self {
            stems: HashSet::new(),
            pieces: HashSet::new(),
            language,
        };
        let telling = tokens(text).filter(|word| !is_stop_word(&word.lower, language));
        for word in telling {
            grams(&word, |piece| {
                asked.pieces.insert(piece.to_owned());
            });
            asked.stems.insert(stem(&word.lower, language));
        }
        asked
    }

    /// The stem of a word that was asked for, or nearly so.
    fn find(&self, word: &Token) -> Option<String> {
        if is_stop_word(&word.lower, self.language) {
            return None;
        }
        let stem = stem(&word.lower, self.language);
        if self.stems.contains(&stem) {
            return Some(stem);
        }
        let (mut known, mut all) = (0, 0);
        grams(word, |piece| {
            all += 1;
            known += usize::from(self.pieces.contains(piece));
        });
        (known * 100 >= all * PIECES_SHARE).then_some(stem)
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_that_match_are_marked() {
        let text = "Ouvrez l'application. Les imprimantes réseau <b>HP</b> & autres s'installent par l’outil.";
        assert_eq!(
            excerpt_html(text, "installer une imprimantez reseau", Locale::Fr),
            "Ouvrez l&#39;application. Les <mark>imprimantes</mark> <mark>réseau</mark> &lt;b&gt;HP&lt;/b&gt; \
             &amp; autres s&#39;<mark>installent</mark> par l’outil."
        );
        assert_eq!(excerpt_html(" … ", "anything at all", Locale::En), "…");
    }

    #[test]
    fn the_part_that_answers_is_shown() {
        let text = format!(
            "{} the password is reset here {}",
            "lorem ".repeat(60),
            "end ".repeat(60)
        );
        let html = excerpt_html(&text, "reset my password", Locale::En);
        assert!(
            html.starts_with("…<mark>password</mark> is <mark>reset</mark> here end"),
            "{html}"
        );
        assert!(html.ends_with("end…"), "{html}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_but_marks_is_markup(text in any::<String>(), asked in any::<String>()) {
            let html = excerpt_html(&text, &asked, Locale::En);
            let plain = html.replace("<mark>", "").replace("</mark>", "");
            prop_assert!(!plain.contains(['<', '>', '"', '\'']));
            prop_assert_eq!(html.matches("<mark>").count(), html.matches("</mark>").count());
        }
    }
}
