//! Search as clients see it.

use async_graphql::{Context, Description, Enum, Object, Result, Union};
use entity::index_fill::Kind;

use super::{
    queries::{self, ORDER},
    shown::{self, Row, Shown},
};
use crate::{
    comment::graphql::Comment,
    connection,
    graphql::{Caller, selects_total},
    index::Query,
    knowledge::graphql::Article,
    page::Args,
    people::graphql::User,
    ticket::graphql::Ticket,
};

/// What can be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
pub enum SearchKind {
    /// Tickets, by number, subject and description.
    Ticket,
    /// Comments, by what they say.
    Comment,
    /// Articles, by title, summary and body, in all their languages.
    Article,
    /// Persons, by name and e-mail address.
    User,
}

/// What was found.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "one is made for each answer")]
pub enum SearchItem {
    Ticket(Ticket),
    Comment(Comment),
    Article(Article),
    User(User),
}

/// Something that was found, and what of it.
#[derive(Description)]
pub struct SearchResult {
    kind: SearchKind,
    item: SearchItem,
    score: f64,
    title_html: String,
    excerpt_html: String,
}

connection! {
    /// What was found, best first. At most 1,000 of each kind can be paged through, and are counted: the 200 newest in
    /// the order of how good they are, then older ones, the newer first.
    SearchResultConnection, SearchResultEdge, SearchResult
}

#[Object(use_type_description)]
impl SearchResult {
    /// What kind of thing it is.
    async fn kind(&self) -> SearchKind {
        self.kind
    }

    /// The thing itself.
    async fn item(&self) -> &SearchItem {
        &self.item
    }

    /// How good it is, compared to others of the same search; 0 where it is too far down to be ranked.
    async fn score(&self) -> f64 {
        self.score
    }

    /// The ticket's subject (of a comment: its ticket's), the article's title or the person's name, as HTML that is safe
    /// to show: escaped, with `<mark>` around what was found.
    async fn title_html(&self) -> &str {
        &self.title_html
    }

    /// The part of the text that says most of what was searched for, as one line of HTML that is safe to show: escaped,
    /// with `<mark>` around what was found, and `…` where the text goes on. Of persons their e-mail address.
    async fn excerpt_html(&self) -> &str {
        &self.excerpt_html
    }
}

/// Search.
#[derive(Default)]
pub struct SearchQuery;

#[Object]
impl SearchQuery {
    /// Searches what the viewer may read, best first. Every word must be found in the same thing, in whichever of its
    /// texts: whatever its case, accents and inflection, in French and in English; the last word may be only begun, and
    /// words in quotes must stand together. Words that say nothing, such as "the", do not count beside others. Where
    /// nothing has the words as they are typed, one wrong letter in a word of four letters or more is forgiven.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "What to search for; at most 1,000 characters. Without a word it finds nothing."
        )]
        text: String,
        #[graphql(desc = "What kinds of things; all where absent.")] kinds: Option<Vec<SearchKind>>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<SearchResultConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let window = Args::forward(first, after).window(ORDER)?;
        let query = Query::read(&text, actor.locale())?;
        let kinds = distinct(kinds);
        let is_counted = selects_total(ctx);
        let hits = queries::search(app, actor, query, &kinds, &window, is_counted);
        let hits = Box::pin(hits).await?;
        let total = hits.total;
        let page = Box::pin(shown::show(app, actor, hits)).await?;
        Ok(SearchResultConnection::of(
            page,
            ORDER,
            total,
            |shown| shown.hit.place(),
            SearchResult::of,
        ))
    }
}

impl SearchResult {
    fn of(shown: Shown) -> Self {
        let item = match shown.row {
            Row::Ticket(row) => SearchItem::Ticket(Ticket(*row)),
            Row::Comment(row) => SearchItem::Comment(Comment::of(row)),
            Row::Article(row) => SearchItem::Article(Article(*row)),
            Row::User(row) => SearchItem::User(User::of(row)),
        };
        Self {
            kind: shown.hit.thing.kind().into(),
            item,
            score: shown.hit.score(),
            title_html: shown.title_html,
            excerpt_html: shown.excerpt_html,
        }
    }
}

/// Each kind once, in one order.
fn distinct(kinds: Option<Vec<SearchKind>>) -> Vec<Kind> {
    let all = [Kind::Ticket, Kind::Comment, Kind::Article, Kind::User];
    let Some(asked) = kinds else {
        return all.to_vec();
    };
    let is_asked = |kind: &Kind| asked.contains(&SearchKind::from(*kind));
    all.into_iter().filter(is_asked).collect()
}
