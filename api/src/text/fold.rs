//! Forms of a text for comparing and for addresses, in which case and accents do not count.

use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

/// Longest slug that [`slug`] makes.
const SLUG_MADE_CHARS_MAX: usize = 80;

/// The form of a text in which case, accents and ligatures do not count, for storing and for searching alike.
///
/// Folding twice changes nothing more. Marks that make another letter rather than an accented one (kana voicing,
/// nukta, virama) stay.
pub fn fold(text: &str) -> String {
    // Most words, and nothing but case to fold in them.
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text
        .nfkd()
        .filter(|&c| !is_accent(c))
        .flat_map(char::to_lowercase)
    {
        match c {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            accent if is_accent(accent) => {}
            other => folded.push(other),
        }
    }
    folded
}

/// The part of an address that names an article: ASCII letters, digits and single hyphens, never empty.
///
/// At most 80 characters, cut at a word where there is one. A title without a Latin letter or digit becomes `article`;
/// the caller makes the slug unique.
pub fn slug(title: &str) -> String {
    let folded = fold(title);
    let mut slug = String::new();
    for word in folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let room = SLUG_MADE_CHARS_MAX.saturating_sub(slug.len() + usize::from(!slug.is_empty()));
        if word.len() > room {
            if slug.is_empty() {
                slug.push_str(&word[..room]);
            }
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    if slug.is_empty() {
        "article".to_owned()
    } else {
        slug
    }
}

/// Marks that Unicode places above, below or beside a letter of their own (classes 200 to 240), and the vowel points
/// of Hebrew, Arabic and Syriac (10 to 36).
fn is_accent(c: char) -> bool {
    matches!(canonical_combining_class(c), 10..=36 | 200..=240)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_accents_and_ligatures_do_not_count() {
        let cases = [
            ("Éléphant À LA FENÊTRE", "elephant a la fenetre"),
            ("Cœur, ŒUVRE, Lætitia", "coeur, oeuvre, laetitia"),
            ("Straße STRASSE ẞ", "strasse strasse ss"),
            ("ﬁn ½ Ⅷ ①", "fin 1⁄2 viii 1"),
            ("İstanbul ısı", "istanbul isi"),
            ("Łódź Ørsted Đà", "lodz orsted da"),
            ("ΟΔΟΣ", "οδοσ"),
            ("e\u{301}\u{302}", "e"),
            ("か が", "か か\u{3099}"),
            ("مُحَمَّد", "محمد"),
        ];
        for (given, expected) in cases {
            assert_eq!(fold(given), expected, "{given:?}");
        }
    }

    #[test]
    fn every_character_folds_once() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn slugs_are_short_words_of_an_address() {
        let cases = [
            (
                "Réinitialiser l'accès au VPN !",
                "reinitialiser-l-acces-au-vpn",
            ),
            ("  --C++ & C#--  ", "c-c"),
            ("密码", "article"),
            ("", "article"),
            ("<script>", "script"),
            ("Œuvre ½", "oeuvre-1-2"),
        ];
        for (given, expected) in cases {
            assert_eq!(slug(given), expected, "{given:?}");
        }
        assert_eq!(slug(&"a".repeat(500)).len(), 80);
        assert_eq!(slug(&format!("{} second", "a".repeat(75))), "a".repeat(75));
        assert_eq!(
            slug(&"ab ".repeat(100)).len(),
            80,
            "26 words of two letters and their hyphens, and one more"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn folding_twice_changes_nothing_more(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn a_slug_is_always_an_address(text in any::<String>()) {
            let slug = slug(&text);
            prop_assert!(!slug.is_empty() && slug.len() <= SLUG_MADE_CHARS_MAX);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        }
    }
}
