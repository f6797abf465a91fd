//! What makes a good article, and which of its translations a reader gets: pure.

use std::iter;

use entity::{
    article::Visibility,
    ids::{ArticleId, UploadId},
    user::Locale,
};

use crate::{
    error::{Result, refuse_if_any},
    input::Checked,
    people,
    refusal::{Refusal, Why},
    text::{
        self, BODY_CHARS_MAX, NAME_CHARS_MAX, SLUG_CHARS_MAX, SUBJECT_CHARS_MAX,
        analysis::guess_language, beginning, markdown,
    },
};

/// Tags of one article.
const TAGS_MAX: usize = 50;
/// Longest summary that a person writes, in Unicode scalar values.
const SUMMARY_CHARS_MAX: usize = 500;
/// How much of a ticket's description goes into a draft, in Unicode scalar values: the answer needs room too.
const QUESTION_CHARS_MAX: usize = 20_000;
/// Articles of one title whose slugs are told apart by a number.
const TWINS_MAX: u32 = 20;

/// An article as its author gives it. Blank optional texts are as good as absent.
#[derive(Clone, Debug)]
pub struct NewArticle {
    pub text: NewText,
    pub url: Option<String>,
    pub visibility: Visibility,
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub slug: Option<String>,
    /// Its files, each the actor's own (none: an id that names no upload).
    pub uploads: Vec<Option<UploadId>>,
}

/// The texts of one locale, as their author gives them.
#[derive(Clone, Debug)]
pub struct NewText {
    pub locale: String,
    pub title: String,
    pub body: Option<String>,
    /// Made from the body where it is absent.
    pub summary: Option<String>,
}

/// A [`NewArticle`] that can be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub slug: Option<String>,
    pub url: Option<String>,
    pub visibility: Visibility,
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub text: Text,
}

/// The texts of one locale that can be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub locale: Locale,
    pub title: String,
    pub title_folded: String,
    pub summary: String,
    pub body: Option<String>,
    pub body_html: Option<String>,
}

/// The locale in which a reader gets an article: their own, else the one it was first written in.
pub(super) fn locale_for(reader: Locale, first: Locale, has: impl Fn(Locale) -> bool) -> Locale {
    if has(reader) { reader } else { first }
}

/// The slugs to try for an article of this title, the best first: `vpn`, `vpn-2`, … At last one with
/// its id, which nobody can have taken.
pub(super) fn slugs(title: &str, id: ArticleId) -> impl Iterator<Item = String> {
    let best = text::slug(title);
    let last = format!("{best}-{}", id.0.simple());
    let twins: Vec<_> = (2..=TWINS_MAX).map(|n| format!("{best}-{n}")).collect();
    iter::once(best).chain(twins).chain(iter::once(last))
}

/// What a solved ticket says, all of it for the readers of the article.
#[derive(Clone, Copy, Debug)]
pub(super) struct Solved<'a> {
    pub subject: &'a str,
    pub description: &'a str,
    pub solutions: &'a [String],
    pub tags: &'a [String],
}

/// The article that a person can make of a solved ticket. Its locale is the one that is said, else what the ticket's
/// texts look like, else `reader`'s.
pub(super) fn from_ticket(
    solved: Solved<'_>,
    visibility: Visibility,
    locale: Option<&str>,
    reader: Locale,
) -> NewArticle {
    let question = beginning(solved.description, QUESTION_CHARS_MAX);
    let answer = solved.solutions.join("\n\n");
    let texts = [solved.subject, question, &answer].join("\n");
    let guessed = guess_language(&texts).unwrap_or(reader);
    let locale = locale.map_or_else(|| people::locale_name(guessed).to_owned(), str::to_owned);
    let answer_heading = match people::locale_of(&locale).unwrap_or(guessed) {
        Locale::En => "Answer",
        Locale::Fr => "Réponse",
    };
    let body = format!("## Question\n\n{question}\n\n## {answer_heading}\n\n{answer}");
    NewArticle {
        text: NewText {
            locale,
            title: solved.subject.to_owned(),
            body: Some(beginning(&body, BODY_CHARS_MAX).to_owned()),
            // The body's own beginning would be a heading.
            summary: Some(markdown::excerpt(question).replace(char::is_control, "")),
        },
        url: None,
        visibility,
        category: None,
        tags: solved.tags.to_vec(),
        slug: None,
        uploads: Vec::new(),
    }
}

/// Cleans an article and renders its Markdown, or says all that is wrong with it.
pub(super) fn check_article(new: &NewArticle) -> Result<Draft> {
    let mut checked = Checked::default();
    if given(new.text.body.as_deref()).is_some() == given(new.url.as_deref()).is_some() {
        checked.refuse(invalid("body", Why::BodyOrUrl));
    }
    let url = given(new.url.as_deref()).map(|url| checked.take("url", text::url(url)));
    let category = given(new.category.as_deref())
        .map(|category| checked.line("category", category, NAME_CHARS_MAX));
    let slug = given(new.slug.as_deref()).map(|slug| slug.trim().to_owned());
    if slug.as_deref().is_some_and(|slug| !is_slug(slug)) {
        checked.refuse(invalid("slug", Why::Slug));
    }
    let tags = checked.tags("tags", &new.tags, TAGS_MAX);
    let text = check_text(&mut checked, &new.text);
    refuse_if_any(checked.refusals)?;
    Ok(Draft {
        slug,
        url,
        visibility: new.visibility,
        category,
        tags,
        text: text.render(),
    })
}

/// Cleans the texts of one more locale and renders them.
pub(super) fn check_translation(new: &NewText) -> Result<Text> {
    let mut checked = Checked::default();
    let text = check_text(&mut checked, new);
    refuse_if_any(checked.refusals)?;
    Ok(text.render())
}

/// An article that is a link to a page elsewhere has no body in any locale; others have one in each.
pub(super) fn require_kind(text: &Text, is_link: bool) -> Result<()> {
    match (&text.body, is_link) {
        (Some(_), true) => Err(invalid("body", Why::BodyOrUrl).into()),
        (None, false) => Err(Refusal::Required { field: "body" }.into()),
        (Some(_), false) | (None, true) => Ok(()),
    }
}

fn check_text(checked: &mut Checked, new: &NewText) -> Text {
    let locale = people::locale_of(&new.locale);
    if locale.is_none() {
        checked.refuse(invalid("locale", Why::Locale));
    }
    let title = checked.line("title", &new.title, SUBJECT_CHARS_MAX);
    let summary = given(new.summary.as_deref());
    Text {
        locale: locale.unwrap_or_default(),
        title_folded: text::fold(&title),
        title,
        body: given(new.body.as_deref()).map(|body| checked.body("body", body)),
        summary: summary.map_or_else(String::new, |summary| {
            checked.line("summary", summary, SUMMARY_CHARS_MAX)
        }),
        body_html: None,
    }
}

impl Text {
    /// Makes what is made from the body. It costs most, so it waits until nothing is wrong.
    fn render(mut self) -> Self {
        let Some(body) = &self.body else { return self };
        if self.summary.is_empty() {
            self.summary = markdown::excerpt(body);
        }
        self.body_html = Some(markdown::to_html(body));
        self
    }
}

/// Whether a text can be the slug of an article.
pub(super) fn is_slug(slug: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_plain);
    slug.len() <= SLUG_CHARS_MAX && slug.split('-').all(is_word)
}

/// A form sends an empty text for a field that was left out.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

const fn invalid(field: &'static str, why: Why) -> Refusal {
    Refusal::Invalid { field, why }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::error::Error;

    fn new_article() -> NewArticle {
        NewArticle {
            text: new_text(),
            url: None,
            visibility: Visibility::Public,
            category: None,
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
}
