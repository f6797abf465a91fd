//! What is shown of a text: escaped, with marks around what was found.

use std::ops::Range;

use crate::index::{Found, Matcher};

/// Longest excerpt, in bytes of the text, and how much of it may stand before what was found.
const EXCERPT_BYTES_MAX: usize = 260;
const BEFORE_BYTES_MAX: usize = 60;

/// A whole text.
pub(super) fn title(matcher: &mut Matcher<'_>, text: &str) -> String {
    let (found, _) = matcher.find(text);
    marked(text, 0..text.len(), &found)
}

/// The part of a text that says most of what was searched for.
pub(super) fn excerpt(matcher: &mut Matcher<'_>, text: &str) -> String {
    let (found, _) = matcher.find(text);
    let shown = best_part(text, &found);
    let mut html = marked(text, shown.clone(), &found);
    if shown.start > 0 {
        html.insert(0, '…');
    }
    if shown.end < text.len() {
        html.push('…');
    }
    html
}

/// How well a text has the words, for choosing between languages.
pub(super) fn weight(matcher: &mut Matcher<'_>, text: &str) -> f64 {
    let (found, _) = matcher.find(text);
    value(&found)
}

fn best_part(text: &str, found: &[Found]) -> Range<usize> {
    let mut best = (0.0, 0);
    for (first, start) in found.iter().enumerate() {
        let end = start.at.start + EXCERPT_BYTES_MAX - BEFORE_BYTES_MAX;
        let rest = &found[first..];
        let count = rest.iter().take_while(|found| found.at.end <= end).count();
        let value = value(&rest[..count]);
        if value > best.0 {
            best = (value, start.at.start);
        }
    }
    let start = at_word(text, best.1.saturating_sub(BEFORE_BYTES_MAX), best.1);
    let end = (start + EXCERPT_BYTES_MAX).min(text.len());
    start..if end == text.len() {
        end
    } else {
        word_end(text, start, end)
    }
}

/// Each part counts once, as well as it is found best.
fn value(found: &[Found]) -> f64 {
    let mut parts: Vec<(usize, f64)> = Vec::new();
    for found in found {
        match parts.iter_mut().find(|(part, _)| *part == found.part) {
            Some((_, quality)) => *quality = quality.max(found.quality),
            None => parts.push((found.part, found.quality)),
        }
    }
    parts.iter().map(|(_, quality)| quality).sum()
}

/// The beginning of a word at or after `from`, and not after `latest`.
fn at_word(text: &str, from: usize, latest: usize) -> usize {
    if from == 0 {
        return 0;
    }
    let from = text.floor_char_boundary(from);
    let space = text[from..latest].find(char::is_whitespace);
    space.map_or(latest, |space| {
        let rest = &text[from + space..];
        text.len() - rest.trim_start().len()
    })
}

/// The end of the last word that ends before `to`; a word that is longer than everything is cut.
fn word_end(text: &str, start: usize, to: usize) -> usize {
    let to = text.floor_char_boundary(to);
    match text[start..to].rfind(char::is_whitespace) {
        Some(space) if space > 0 => start + space,
        _ => to,
    }
}

fn marked(text: &str, shown: Range<usize>, found: &[Found]) -> String {
    let mut html = String::with_capacity(shown.len() + 32);
    let mut at = shown.start;
    for found in found {
        // Words of two parts stand there twice.
        if found.at.start < at || found.at.end > shown.end {
            continue;
        }
        escape(&text[at..found.at.start], &mut html);
        html.push_str("<mark>");
        escape(&text[found.at.clone()], &mut html);
        html.push_str("</mark>");
        at = found.at.end;
    }
    escape(&text[at..shown.end], &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::user::Locale;
    use proptest::prelude::*;

    use super::*;
    use crate::index::Query;

    fn query(text: &str) -> Query {
        Query::read(text, Locale::Fr).unwrap()
    }

    #[test]
    fn what_was_found_is_marked_and_everything_escaped() {
        let cases = [
            (
                "imprimante",
                "L'imprimante <b>",
                "L&#39;<mark>imprimante</mark> &lt;b&gt;",
            ),
            (
                "ÉTÉ",
                "Un été & l’Ete",
                "Un <mark>été</mark> &amp; l’<mark>Ete</mark>",
            ),
            (
                "\"le pont\"",
                "sur le pont, le\u{a0}port",
                "sur <mark>le</mark> <mark>pont</mark>, le\u{a0}port",
            ),
            ("prin", "printer", "<mark>printer</mark>"),
        ];
        for (asked, text, expected) in cases {
            let query = query(asked);
            assert_eq!(title(&mut Matcher::new(&query), text), expected, "{asked}");
        }
    }

    #[test]
    fn an_excerpt_is_where_most_was_found() {
        let text = format!(
            "une imprimante {} imprimante en panne {}",
            "mot ".repeat(200),
            "autre ".repeat(200)
        );
        let query = query("imprimante panne");
        let excerpt = excerpt(&mut Matcher::new(&query), &text);
        assert!(
            excerpt.starts_with('…') && excerpt.ends_with('…'),
            "{excerpt}"
        );
        assert!(
            excerpt.contains("<mark>imprimante</mark> en <mark>panne</mark>"),
            "{excerpt}"
        );
        assert!(excerpt.len() < 350, "{excerpt}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn without_marks_and_escapes_a_title_is_the_text(asked in ".{0,40}", text in ".{0,200}") {
            let query = query(&asked);
            let mut matcher = Matcher::new(&query);
            let html = title(&mut matcher, &text);
            let plain = html.replace("<mark>", "").replace("</mark>", "");
            let mut escaped = String::new();
            escape(&text, &mut escaped);
            prop_assert_eq!(plain, escaped);
            prop_assert!(!html.replace("<mark>", "").replace("</mark>", "").contains(['<', '>']));
            excerpt(&mut matcher, &text.repeat(10));
        }
    }
}
