//! What makes a good article, and which of its translations a reader gets: pure.

mod drafting;
mod schedule;

use std::iter;

use entity::{
    article::Visibility,
    article_revision as revision, article_translation as translation,
    ids::{ArticleCategoryId, ArticleId, UploadId},
    user::Locale,
};

use crate::{
    error::{Result, refuse_if_any},
    input::{Checked, Named, Patch},
    people,
    refusal::{ArticleWhy, Refusal, Why},
    text::{self, NAME_CHARS_MAX, SLUG_CHARS_MAX, SUBJECT_CHARS_MAX, markdown},
};

pub(super) use drafting::{Solved, from_ticket};
pub(super) use schedule::{check_schedule, next_of_schedule};

/// Tags of one article.
const TAGS_MAX: usize = 50;
/// Longest summary that a person writes, in Unicode scalar values.
const SUMMARY_CHARS_MAX: usize = 500;
/// Articles of one title whose slugs are told apart by a number.
const TWINS_MAX: u32 = 20;

/// An article as its author gives it. Blank optional texts are as good as absent.
#[derive(Clone, Debug)]
pub struct NewArticle {
    pub text: NewText,
    pub url: Option<String>,
    pub visibility: Visibility,
    /// A mere name; one of the tree is in `category_id`.
    pub category: Option<String>,
    pub category_id: Named<ArticleCategoryId>,
    pub tags: Vec<String>,
    pub slug: Option<String>,
    /// Its files, each the actor's own (none: an id that names no upload).
    pub uploads: Vec<Option<UploadId>>,
}

/// What to change of an article besides its texts; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub slug: Option<String>,
    /// Of an article that is a link.
    pub url: Option<String>,
    pub visibility: Option<Visibility>,
    pub category: Patch<String>,
    pub category_id: Named<ArticleCategoryId>,
    pub tags: Option<Vec<String>>,
}

/// An [`Edit`] that can be stored; its category is looked up.
#[derive(Clone, Debug)]
pub(super) struct CleanEdit {
    pub slug: Option<String>,
    pub url: Option<String>,
    pub visibility: Option<Visibility>,
    pub category: Patch<String>,
    /// Whether it gets a category of the tree.
    pub is_in_tree: bool,
    pub tags: Option<Vec<String>>,
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

/// Cleans an article and renders its Markdown, or says all that is wrong with it.
pub(super) fn check_article(new: &NewArticle) -> Result<Draft> {
    let mut checked = Checked::default();
    if given(new.text.body.as_deref()).is_some() == given(new.url.as_deref()).is_some() {
        checked.refuse(invalid("body", Why::BodyOrUrl));
    }
    let url = given(new.url.as_deref()).map(|url| checked.take("url", text::url(url)));
    let category = given(new.category.as_deref())
        .map(|category| checked.line("category", category, NAME_CHARS_MAX));
    require_one_category(&mut checked, category.is_some(), new.category_id);
    let slug = given(new.slug.as_deref()).map(|slug| check_slug(&mut checked, slug));
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

/// Cleans what is to be changed, or says all that is wrong with it. Here an empty text is no text, and refused.
pub(super) fn check_edit(edit: &Edit) -> Result<CleanEdit> {
    let mut checked = Checked::default();
    let url = edit.url.as_deref();
    let slug = edit.slug.as_deref();
    let tags = edit.tags.as_deref();
    let clean = CleanEdit {
        slug: slug.map(|slug| check_slug(&mut checked, slug)),
        url: url.map(|url| checked.take("url", text::url(url))),
        visibility: edit.visibility,
        category: match &edit.category {
            Patch::Keep => Patch::Keep,
            Patch::Empty => Patch::Empty,
            Patch::Set(name) => Patch::Set(checked.line("category", name, NAME_CHARS_MAX)),
        },
        is_in_tree: matches!(edit.category_id, Named::Id(_)),
        tags: tags.map(|tags| checked.tags("tags", tags, TAGS_MAX)),
    };
    let has_name = matches!(edit.category, Patch::Set(_));
    require_one_category(&mut checked, has_name, edit.category_id);
    refuse_if_any(checked.refusals)?;
    Ok(clean)
}

fn check_slug(checked: &mut Checked, slug: &str) -> String {
    let slug = slug.trim().to_owned();
    if !is_slug(&slug) {
        checked.refuse(invalid("slug", Why::Slug));
    }
    slug
}

fn require_one_category(checked: &mut Checked, has_name: bool, id: Named<ArticleCategoryId>) {
    if has_name && matches!(id, Named::Id(_) | Named::Unknown) {
        let why = Why::Article(ArticleWhy::TwoCategories);
        checked.refuse(invalid("category", why));
    }
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
        (Some(_), true) => Err(body_or_url("body").into()),
        (None, false) => Err(Refusal::Required { field: "body" }.into()),
        (Some(_), false) | (None, true) => Ok(()),
    }
}

/// That an article is a link or is written here, and stays so.
pub(super) const fn body_or_url(field: &'static str) -> Refusal {
    invalid(field, Why::BodyOrUrl)
}

/// The texts as they were once, rendered as they would be now.
pub(super) fn text_of(revision: revision::Model) -> Text {
    let text = Text {
        locale: revision.locale,
        title_folded: text::fold(&revision.title),
        title: revision.title,
        summary: revision.summary,
        body: revision.body,
        body_html: None,
    };
    text.render()
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
    /// Whether these are the texts that are stored.
    pub(super) fn is_of(&self, stored: &translation::Model) -> bool {
        (&self.title, &self.summary, &self.body) == (&stored.title, &stored.summary, &stored.body)
    }

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
mod tests;
