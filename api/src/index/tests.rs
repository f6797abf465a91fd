use entity::user::Locale;
use proptest::prelude::*;
use sea_orm::DbBackend;

use super::*;

fn read(text: &str) -> Query {
    Query::read(text, Locale::Fr).unwrap()
}

/// Whether a text has what is asked for, as the database would say: by its words alone.
fn has(asked: &Query, text: &str) -> bool {
    let mut matcher = Matcher::new(asked);
    let (found, _) = matcher.find(text);
    !asked.is_empty() && (0..asked.len()).all(|part| found.iter().any(|found| found.part == part))
}

#[test]
fn words_are_found_whatever_their_case_accents_and_inflection() {
    let cases = [
        ("REINITIALISATION", "Réinitialiser le mot de passe"),
        ("échoue", "les sauvegardes ECHOUEES"),
        ("l'imprimante", "Deux imprimantes"),
        ("imprimantes n'arrivent", "l’imprimante n'arrive pas"),
        ("résetting", "reset the password"),
        ("declined cards", "my card was declined"),
        ("imp", "imprimante"),
        ("panne impriman", "L'imprimante est en panne"),
        ("\"mot de passe\"", "changer le Mot de Passe"),
        ("«est-ce» cassé", "est-ce que c'est cassé"),
        ("GU-1042", "GU-1042"),
        ("密码", "密码"),
        ("le la", "le la les"),
    ];
    for (asked, text) in cases {
        assert!(has(&read(asked), text), "{asked:?} in {text:?}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let cases = [
        ("imprimante scanner", "une imprimante"),
        ("imp panne", "imprimante en panne"),
        ("\"passe mot\"", "mot de passe"),
        ("\"impriman\"", "imprimante"),
        ("1042", "GU-1043"),
        ("", "rien"),
        ("\"\" … !?", "rien"),
    ];
    for (asked, text) in cases {
        assert!(!has(&read(asked), text), "{asked:?} in {text:?}");
    }
}

#[test]
fn small_typos_are_forgiven_when_asked_for() {
    let cases = [
        ("imprimnate", "l'imprimante", true),
        ("imprimantte", "imprimantes", true),
        ("pasword", "reset my password", true),
        ("pasdword", "passwords", true),
        ("xassword", "password", true),
        ("configuratoin du", "configuration du VPN", true),
        ("impirm", "imprimante", true),
        ("imprmnt", "imprimante", false),
        ("serveur 1043", "serveur 1042", false),
    ];
    for (asked, text, is_found) in cases {
        let asked = read(asked);
        assert!(!has(&asked, text), "{asked:?}");
        let forgiving = asked.forgiving().unwrap();
        assert_eq!(has(&forgiving, text), is_found, "{text:?}");
    }
    assert_eq!(read("vpn 1042 \"imprimnate\"").forgiving(), None);
}

#[test]
fn too_long_a_text_is_refused() {
    assert!(Query::read(&"é".repeat(1_000), Locale::En).is_ok());
    assert!(Query::read(&"é".repeat(1_001), Locale::En).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// No text makes an operator, of either database.
    #[test]
    fn whatever_is_typed_is_words(text in any::<String>().prop_map(|text| text.chars().take(1_000).collect::<String>())) {
        let query = read(&text);
        for query in [Some(query.clone()), query.forgiving()].into_iter().flatten() {
            for backend in [DbBackend::Postgres, DbBackend::Sqlite] {
                let asked = format!("{:?}", HasWords::new(&query, Kind::Ticket, backend));
                prop_assert!(!asked.contains('\\') || asked.contains("\\\"") || asked.contains("\\u"), "{}", asked);
            }
            has(&query, &text);
        }
    }

    /// A text is found by any of its words, and by their beginnings.
    #[test]
    fn a_text_has_its_own_words(words in prop::collection::vec("[a-zà-öø-ÿ]{2,12}", 1..6), cut in 1_usize..3) {
        let text = words.join(" ");
        prop_assert!(has(&read(&text), &text), "{}", text);
        let mut typed = words;
        if let Some(last) = typed.last_mut() {
            *last = last.chars().take(cut).collect();
        }
        let typed = typed.join(" ");
        prop_assert!(has(&read(&typed), &text), "{} in {}", typed, text);
    }
}
