//! What is accepted from outside, and the one form that it takes inside.

use unicode_normalization::UnicodeNormalization;

use super::{BODY_CHARS_MAX, EMAIL_BYTES_MAX, TAG_CHARS_MAX, TextError, URL_CHARS_MAX};

const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';

/// A text of one line (subject, name, tag): NFC, runs of white space as one space, nothing invisible.
///
/// Control characters other than tabs and line ends are refused; what only hides or reorders text is
/// dropped. `chars_max` counts Unicode scalar values of the result.
pub fn clean_line(text: &str, chars_max: usize) -> Result<String, TextError> {
    if text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(TextError::Control);
    }
    let visible: String = text.chars().filter(|&c| !hides_text(c)).nfc().collect();
    let words: Vec<String> = visible
        .split_whitespace()
        .map(without_loose_joiners)
        .collect();
    // Taking a character out can bring together two that NFC makes one.
    let line: String = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .nfc()
        .collect();
    bounded(line, chars_max)
}

/// A text of many lines (description, comment, reason): line ends are `\n`, no white space at the end.
///
/// Only NUL is refused, because PostgreSQL cannot store it: people paste logs, and logs hold everything.
/// `chars_max` counts Unicode scalar values of the result.
pub fn clean_body(text: &str, chars_max: usize) -> Result<String, TextError> {
    if text.contains('\0') {
        return Err(TextError::Control);
    }
    let body = text.replace("\r\n", "\n").replace('\r', "\n");
    bounded(body.trim_end().to_owned(), chars_max)
}

/// A tag in its one form: lower case, a hyphen for each space and comma, at most [`TAG_CHARS_MAX`].
pub fn tag(text: &str) -> Result<String, TextError> {
    let line = clean_line(&text.to_lowercase(), BODY_CHARS_MAX)?;
    bounded(line.replace([' ', ','], "-"), TAG_CHARS_MAX)
}

/// An e-mail address in the one form in which addresses are compared: trimmed, lower case, NFC.
///
/// A domain without a dot is accepted, as intranets have them; quoted local parts and address literals are not.
pub fn email(text: &str) -> Result<String, TextError> {
    let address: String = text.trim().to_lowercase().nfc().collect();
    if address.is_empty() {
        return Err(TextError::Empty);
    }
    if address.contains(char::is_control) {
        return Err(TextError::Control);
    }
    if address.len() > EMAIL_BYTES_MAX {
        return Err(TextError::TooLong {
            max: EMAIL_BYTES_MAX,
        });
    }
    let is_address = address
        .split_once('@')
        .is_some_and(|(local, domain)| is_dotted(local) && is_dotted(domain));
    if is_address {
        Ok(address)
    } else {
        Err(TextError::Email)
    }
}

/// The address of a page, as the URL standard writes it: `http` or `https`, a host, no user and no password.
pub fn url(text: &str) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.contains(char::is_control) {
        return Err(TextError::Control);
    }
    let address = url::Url::parse(text).map_err(|_| TextError::Url)?;
    let is_web = matches!(address.scheme(), "http" | "https");
    if !is_web || !address.username().is_empty() || address.password().is_some() {
        return Err(TextError::Url);
    }
    bounded(address.into(), URL_CHARS_MAX)
}

fn bounded(text: String, chars_max: usize) -> Result<String, TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().nth(chars_max).is_some() {
        return Err(TextError::TooLong { max: chars_max });
    }
    Ok(text)
}

/// Characters that show nothing and change what a reader sees: bidirectional controls, zero-width spaces,
/// soft hyphens, blank fillers, interlinear and tag characters. Joiners are judged by their neighbours instead.
pub(super) fn hides_text(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    )
}

/// Keeps a joiner only where a script can need it: one at a time, inside the word, next to a letter beyond ASCII.
fn without_loose_joiners(word: &str) -> String {
    let mut kept = String::with_capacity(word.len());
    let mut held = None;
    for c in word.chars() {
        if is_joiner(c) {
            held = held.or(Some(c));
            continue;
        }
        if let (Some(joiner), Some(before)) = (held.take(), kept.chars().next_back())
            && !(before.is_ascii() && c.is_ascii())
        {
            kept.push(joiner);
        }
        kept.push(c);
    }
    kept
}

fn is_joiner(c: char) -> bool {
    matches!(c, ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER)
}

/// A local part or a domain: non-empty pieces between dots, free of what separates addresses in a header.
fn is_dotted(text: &str) -> bool {
    let is_separator = |c: char| {
        c.is_whitespace()
            || is_joiner(c)
            || hides_text(c)
            || matches!(
                c,
                '@' | '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '\\' | '"'
            )
    };
    text.split('.').all(|piece| !piece.is_empty()) && !text.contains(is_separator)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::SUBJECT_CHARS_MAX;

    fn line(text: &str) -> Result<String, TextError> {
        clean_line(text, SUBJECT_CHARS_MAX)
    }

    #[test]
    fn lines_take_one_form() {
        let cases = [
            ("  Card declined ", "Card declined"),
            ("one\ttwo\r\n\r\nthree", "one two three"),
            ("Cafe\u{301}", "Café"),
            ("safe\u{202E}gpj.exe", "safegpj.exe"),
            ("pay\u{200B}pal \u{FEFF}now\u{2066}", "paypal now"),
            ("pass\u{200D}word", "password"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم"),
            ("PDF\u{200C}ها", "PDF\u{200C}ها"),
            ("👩\u{200D}💻 écran", "👩\u{200D}💻 écran"),
            ("\u{200D}नमस्ते\u{200C}", "नमस्ते"),
            ("é\u{200D}\u{200D}\u{200C}é", "é\u{200D}é"),
            ("e\u{200B}\u{301}", "é"),
            ("a \u{200D} b", "a b"),
        ];
        for (given, expected) in cases {
            assert_eq!(line(given).as_deref(), Ok(expected), "{given:?}");
        }
    }

    #[test]
    fn lines_are_refused_with_the_reason() {
        let cases = [
            ("", TextError::Empty),
            (" \t\n", TextError::Empty),
            ("\u{200B}\u{202E} \u{200D}", TextError::Empty),
            ("a\0b", TextError::Control),
            ("a\u{1b}[31m", TextError::Control),
            ("a\u{9f}", TextError::Control),
            ("a\u{7f}", TextError::Control),
        ];
        for (given, expected) in cases {
            assert_eq!(line(given), Err(expected), "{given:?}");
        }
        assert!(
            line(&"é".repeat(255)).is_ok(),
            "the limit counts characters, not bytes"
        );
        assert_eq!(line(&"é".repeat(256)), Err(TextError::TooLong { max: 255 }));
    }

    #[test]
    fn bodies_keep_what_people_paste() {
        let body = |text: &str| clean_body(text, BODY_CHARS_MAX);
        assert_eq!(
            body("  a\r\nb\rc\u{1b}[0m\t \r\n\n").as_deref(),
            Ok("  a\nb\nc\u{1b}[0m")
        );
        assert_eq!(body("a\0"), Err(TextError::Control));
        assert_eq!(body("\r\n "), Err(TextError::Empty));
        assert!(body(&"x".repeat(65_536)).is_ok());
        assert_eq!(
            body(&"x".repeat(65_537)),
            Err(TextError::TooLong { max: 65_536 })
        );
    }

    #[test]
    fn tags_take_one_form() {
        for (given, expected) in [
            ("  Mot de  passe ", "mot-de-passe"),
            ("VPN", "vpn"),
            ("E\u{301}CRAN", "écran"),
            ("C++", "c++"),
        ] {
            assert_eq!(tag(given).as_deref(), Ok(expected), "{given:?}");
        }
        assert_eq!(
            tag("a,b").as_deref(),
            Ok("a-b"),
            "lists of tags are written with commas"
        );
        assert_eq!(tag(" "), Err(TextError::Empty));
        assert_eq!(tag(&"x".repeat(65)), Err(TextError::TooLong { max: 64 }));
    }

    #[test]
    fn emails_take_one_form() {
        let cases = [
            (" Marie.Curie@Example.ORG\n", "marie.curie@example.org"),
            ("root@intranet", "root@intranet"),
            ("a+b'c@x-y.fr", "a+b'c@x-y.fr"),
            ("E\u{301}lise@example.fr", "élise@example.fr"),
        ];
        for (given, expected) in cases {
            assert_eq!(email(given).as_deref(), Ok(expected), "{given:?}");
        }
    }

    #[test]
    fn emails_are_refused_with_the_reason() {
        let not_addresses = [
            "marie",
            "@x.fr",
            "a@",
            "a@b@c",
            "a b@c.fr",
            "a@b c.fr",
            "a@.fr",
            "a@b..fr",
            "a.@b.fr",
            "a@b.fr,c@d.fr",
            "<a@b.fr>",
            "a\u{200B}@b.fr",
            "a\u{200D}é@b.fr",
            "a@b.fr;",
            "mailto:a@b.fr",
            "\"a\"@b.fr",
        ];
        for given in not_addresses {
            assert_eq!(email(given), Err(TextError::Email), "{given:?}");
        }
        assert_eq!(email("  "), Err(TextError::Empty));
        assert_eq!(email("a@b.fr\r\nBcc: c@d.fr"), Err(TextError::Control));
        assert_eq!(
            email(&format!("{}@b.fr", "a".repeat(250))),
            Err(TextError::TooLong { max: 254 })
        );
    }

    #[test]
    fn urls_take_one_form_or_are_refused() {
        let accepted = [
            (" HTTPS://Example.ORG/a b ", "https://example.org/a%20b"),
            (
                "http://intranet:8080/x?y=1#z",
                "http://intranet:8080/x?y=1#z",
            ),
            ("https://exämple.fr", "https://xn--exmple-cua.fr/"),
        ];
        for (given, expected) in accepted {
            assert_eq!(url(given).as_deref(), Ok(expected), "{given:?}");
        }
        for given in [
            "javascript:alert(1)",
            "ftp://x.fr",
            "/relative",
            "x.fr",
            "https://",
            "https://a:b@x.fr",
            "https://a@x.fr",
            "data:text/html,x",
        ] {
            assert_eq!(url(given), Err(TextError::Url), "{given:?}");
        }
        assert_eq!(url("java\nscript:alert(1)"), Err(TextError::Control));
        assert_eq!(url(" "), Err(TextError::Empty));
        assert_eq!(
            url(&format!("https://x.fr/{}", "é".repeat(500))),
            Err(TextError::TooLong { max: 2_048 })
        );
    }

    /// Mostly the characters that the rules are about, so that cases meet them side by side.
    fn awkward_text() -> impl Strategy<Value = String> {
        let awkward = prop::sample::select(
            "aAe\u{301}\u{327}éİK\u{200C}\u{200D}\u{200B}\u{202E}\u{FEFF} \t\n\r\0\u{1b}\u{85}\u{A0}\u{2028},-@.ßΣσ가\u{1100}\u{1161}ا👩\u{FE0F}"
                .chars()
                .collect::<Vec<_>>(),
        );
        prop::collection::vec(prop_oneof![4 => awkward, 1 => any::<char>()], 0..24)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn one_form_is_final(text in awkward_text()) {
            for clean in [line as fn(&str) -> _, |text| clean_body(text, BODY_CHARS_MAX), tag, email] {
                if let Ok(once) = clean(&text) {
                    prop_assert!(!once.contains('\0') && !once.is_empty());
                    prop_assert_eq!(clean(&once), Ok(once));
                }
            }
        }

        #[test]
        fn no_control_character_passes_a_line(text in awkward_text()) {
            if let Ok(line) = line(&text) {
                prop_assert!(!line.contains(|c: char| c.is_control() || hides_text(c)));
                prop_assert!(!line.contains("  ") && line.trim() == line);
            }
        }
    }
}
