//! What the rules of articles take and refuse.

use uuid::Uuid;

use super::*;
use crate::error::Error;

fn new_article() -> NewArticle {
    NewArticle {
        text: new_text(),
        url: None,
        visibility: Visibility::Public,
        category: None,
        category_id: Named::Absent,
        tags: Vec::new(),
        slug: None,
        uploads: Vec::new(),
    }
}

fn new_text() -> NewText {
    NewText {
        locale: "en".to_owned(),
        title: "Reset a password".to_owned(),
        body: Some("Press **Forgotten?** and wait for the mail.".to_owned()),
        summary: None,
    }
}

fn refusals<T: std::fmt::Debug>(result: Result<T>) -> Vec<Refusal> {
    match result {
        Err(Error::Refused(refusals)) => refusals,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn readers_get_their_own_locale_where_there_is_one() {
    let (en, fr) = (Locale::En, Locale::Fr);
    assert_eq!(locale_for(fr, en, |_| true), fr);
    assert_eq!(locale_for(fr, en, |locale| locale == en), en);
    assert_eq!(locale_for(en, fr, |locale| locale == fr), fr);
}

#[test]
fn slugs_of_twins_are_numbered_and_end_with_one_that_is_free() {
    let id = ArticleId(Uuid::from_u128(7));
    let slugs: Vec<_> = slugs("Accès au VPN", id).collect();
    assert_eq!(
        slugs[..3],
        ["acces-au-vpn", "acces-au-vpn-2", "acces-au-vpn-3"]
    );
    assert_eq!(slugs[20], "acces-au-vpn-00000000000000000000000000000007");
    assert_eq!(slugs.len(), 21);
    let longest = "a".repeat(SUBJECT_CHARS_MAX);
    assert!(super::slugs(&longest, id).all(|slug| is_slug(&slug)));
}

#[test]
fn slugs_are_plain_words_and_hyphens() {
    for slug in ["vpn", "vpn-2", "2"] {
        assert!(is_slug(slug), "{slug}");
    }
    for slug in [
        "",
        "-vpn",
        "vpn-",
        "a--b",
        "VPN",
        "é",
        "a b",
        "a/b",
        &"a".repeat(121),
    ] {
        assert!(!is_slug(slug), "{slug}");
    }
}

#[test]
fn an_article_is_cleaned_and_rendered() {
    let draft = check_article(&NewArticle {
        category: Some("  Accounts ".to_owned()),
        tags: vec![
            "Password".to_owned(),
            "password ".to_owned(),
            "mot de passe".to_owned(),
        ],
        slug: Some(" ".to_owned()),
        ..new_article()
    })
    .unwrap();
    assert_eq!(draft.category.as_deref(), Some("Accounts"));
    assert_eq!(draft.tags, ["password", "mot-de-passe"]);
    assert_eq!(draft.slug, None);
    assert_eq!(draft.text.title_folded, "reset a password");
    assert_eq!(
        draft.text.summary,
        "Press Forgotten? and wait for the mail."
    );
    let html = draft.text.body_html.unwrap();
    assert_eq!(
        html,
        "<p>Press <strong>Forgotten?</strong> and wait for the mail.</p>\n"
    );
}

#[test]
fn an_article_has_either_a_body_or_a_url() {
    let url = Some("https://example.org/reset".to_owned());
    let mut new = NewArticle {
        url: url.clone(),
        ..new_article()
    };
    assert_eq!(
        refusals(check_article(&new)),
        [invalid("body", Why::BodyOrUrl)]
    );
    new.text.body = None;
    let draft = check_article(&new).unwrap();
    assert_eq!(
        (draft.url, draft.text.body, draft.text.body_html),
        (url, None, None)
    );
    new.url = None;
    assert_eq!(
        refusals(check_article(&new)),
        [invalid("body", Why::BodyOrUrl)]
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let new = NewArticle {
        text: NewText {
            locale: "de".to_owned(),
            title: " ".to_owned(),
            summary: Some("x".repeat(SUMMARY_CHARS_MAX + 1)),
            ..new_text()
        },
        tags: vec![String::new(); TAGS_MAX + 1],
        slug: Some("No Slug".to_owned()),
        ..new_article()
    };
    assert_eq!(
        refusals(check_article(&new)),
        [
            invalid("slug", Why::Slug),
            invalid("tags", Why::TooMany { max: TAGS_MAX }),
            invalid("locale", Why::Locale),
            Refusal::Required { field: "title" },
            Refusal::TooLong {
                field: "summary",
                max: SUMMARY_CHARS_MAX
            },
        ]
    );
}

#[test]
fn a_translation_is_of_the_kind_of_its_article() {
    let written = check_translation(&new_text()).unwrap();
    let linked = check_translation(&NewText {
        body: None,
        ..new_text()
    })
    .unwrap();
    assert!(written.body_html.is_some() && require_kind(&written, false).is_ok());
    assert!(linked.body_html.is_none() && require_kind(&linked, true).is_ok());
    assert_eq!(
        refusals(require_kind(&written, true)),
        [invalid("body", Why::BodyOrUrl)]
    );
    assert_eq!(
        refusals(require_kind(&linked, false)),
        [Refusal::Required { field: "body" }]
    );
}
