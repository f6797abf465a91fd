use proptest::prelude::*;

use super::*;

fn words(text: &str) -> Vec<String> {
    tokens(text).map(|token| token.lower).collect()
}

fn pieces(word: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for token in tokens(word) {
        grams(&token, |gram| pieces.push(gram.to_owned()));
    }
    pieces
}

#[test]
fn words_are_runs_of_letters_and_digits() {
    let cases: [(&str, &[&str]); 9] = [
        (
            "L'imprimante n’arrive pas à s'allumer",
            &["imprimante", "arrive", "pas", "à", "allumer"],
        ),
        ("JUSQU'À lorsqu'on puisqu’il", &["à", "on", "il"]),
        ("aujourd'hui, don't", &["aujourdhui", "dont"]),
        (
            "The user's PC-42 (e-mail)",
            &["the", "user", "pc", "42", "e", "mail"],
        ),
        ("E\u{301}te\u{301}", &["été"]),
        ("'quoted' and l' alone", &["quoted", "and", "l", "alone"]),
        ("0x80070005; C++", &["0x80070005", "c"]),
        ("I'm o'clock", &["im", "oclock"]),
        ("  …!?  ", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(words(text), expected, "{text:?}");
    }
    assert_eq!(words(&"x".repeat(1_000)), ["x".repeat(40)]);
}

#[test]
fn a_word_knows_where_it_stands() {
    let text = "Où est l’Été ?";
    let places: Vec<_> = tokens(text).map(|token| &text[token.at]).collect();
    assert_eq!(places, ["Où", "est", "Été"]);
}

#[test]
fn stems_do_not_depend_on_case_accents_or_inflection() {
    let same = [
        (
            Locale::Fr,
            "Réinitialiser les imprimantes",
            "reinitialisation de l'IMPRIMANTE",
        ),
        (Locale::Fr, "sauvegardes échouées", "la sauvegarde échoue"),
        (Locale::Fr, "œuvres", "OEUVRE"),
        (Locale::En, "Resetting the passwords", "reset the password"),
        (Locale::En, "cards declined", "card declines"),
    ];
    for (language, one, other) in same {
        assert_eq!(stems(one, language), stems(other, language), "{one:?}");
    }
}

#[test]
fn stop_words_count_only_where_there_is_nothing_else() {
    assert_eq!(stems("How do I reset it?", Locale::En), ["reset"]);
    assert_eq!(stems("Comment est-ce que je paie ?", Locale::Fr), ["pai"]);
    assert_eq!(stems("is it this", Locale::En), ["is", "it", "this"]);
    assert_eq!(stems("not arrived", Locale::En), ["not", "arriv"]);
    assert!(is_stop_word("où", Locale::Fr) && is_stop_word("à", Locale::Fr));
    assert!(stems("", Locale::Fr).is_empty());
}

#[test]
fn pieces_have_three_to_five_characters_and_borders() {
    assert_eq!(
        pieces("Clé"),
        ["_cl", "cle", "le_", "_cle", "cle_", "_cle_"]
    );
    assert_eq!(pieces("x"), ["_x_"]);
}

#[test]
fn a_language_is_guessed_by_what_gives_it_away() {
    let cases = [
        ("My printer does not work", Some(Locale::En)),
        ("mon imprimante ne marche pas", Some(Locale::Fr)),
        ("problème réseau", Some(Locale::Fr)),
        ("l'imprimante", Some(Locale::Fr)),
        ("imprimante de l’accueil", Some(Locale::Fr)),
        ("where is it", Some(Locale::En)),
        ("VPN 0x80070005", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(guess_language(text), expected, "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_cut_at_its_letters(text in any::<String>()) {
        let mut end = 0;
        for token in tokens(&text) {
            prop_assert!(token.at.start >= end && text.get(token.at.clone()).is_some());
            prop_assert!(!token.lower.is_empty());
            end = token.at.end;
            grams(&token, |gram| assert!((1..=8).contains(&gram.chars().count())));
        }
        for language in [Locale::En, Locale::Fr] {
            stems(&text, language);
        }
        guess_language(&text);
    }

    #[test]
    fn case_changes_nothing(text in "[a-zà-ÿ' ]{0,60}") {
        for language in [Locale::En, Locale::Fr] {
            prop_assert_eq!(stems(&text, language), stems(&text.to_uppercase(), language));
        }
    }
}
