//! What a page shows of its hits, read again under the rights of who asks: what has gone meanwhile is left out.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use entity::{
    article, article_translation as translation, comment,
    ids::{ArticleId, CommentId, TicketId, UserId},
    ticket, ticket_detail, user,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    candidates::found_users,
    highlight,
    queries::{Hit, Hits},
};
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    index::{Matcher, Thing},
    knowledge,
    page::Page,
    policy,
    text::markdown,
    ticket as tickets,
};

/// What was found.
pub(super) enum Row {
    Ticket(Box<ticket::Model>),
    Comment(Arc<comment::Model>),
    Article(Box<article::Model>),
    User(Arc<user::Model>),
}

/// A hit as it is shown.
pub(super) struct Shown {
    pub(super) hit: Hit,
    pub(super) row: Row,
    pub(super) title_html: String,
    pub(super) excerpt_html: String,
}

/// The page with everything on it.
pub(super) async fn show(app: &App, actor: &Actor, hits: Hits) -> Result<Page<Shown>> {
    let mut rows = Rows::read(app, actor, &hits.page.rows).await?;
    let mut matcher = Matcher::new(&hits.query);
    let Page {
        rows: on_page,
        has_next,
        has_previous,
    } = hits.page;
    let shown = on_page
        .into_iter()
        .filter_map(|hit| rows.show(&mut matcher, hit));
    Ok(Page {
        rows: shown.collect(),
        has_next,
        has_previous,
    })
}

/// Everything that a page shows, by id.
#[derive(Default)]
struct Rows {
    tickets: HashMap<TicketId, ticket::Model>,
    descriptions: HashMap<TicketId, String>,
    comments: HashMap<CommentId, comment::Model>,
    subjects: HashMap<TicketId, String>,
    articles: HashMap<ArticleId, article::Model>,
    texts: HashMap<ArticleId, Vec<translation::Model>>,
    users: HashMap<UserId, user::Model>,
}

impl Rows {
    async fn read(app: &App, actor: &Actor, hits: &[Hit]) -> Result<Self> {
        let mut rows = Self::default();
        let tickets = ids(hits, |thing| match thing {
            Thing::Ticket(id) => Some(id),
            _ => None,
        });
        if !tickets.is_empty() {
            rows.tickets = tickets::find_many(app, actor, &tickets).await?;
            rows.descriptions = descriptions(app, &rows.tickets).await?;
        }
        let comments = ids(hits, |thing| match thing {
            Thing::Comment(id) => Some(id),
            _ => None,
        });
        if !comments.is_empty() {
            rows.read_comments(app, actor, &comments).await?;
        }
        let articles = ids(hits, |thing| match thing {
            Thing::Article(id) => Some(id),
            _ => None,
        });
        if !articles.is_empty() {
            rows.articles = knowledge::find_articles(app, actor, &articles).await?;
            rows.texts = texts(app, &rows.articles).await?;
        }
        let users = ids(hits, |thing| match thing {
            Thing::User(id) => Some(id),
            _ => None,
        });
        if !users.is_empty() {
            let found = user::Entity::find()
                .filter(found_users(actor))
                .filter(user::Column::Id.is_in(users))
                .all(&app.store.read)
                .await?;
            rows.users = by_id(found, |user| user.id);
        }
        Ok(rows)
    }

    async fn read_comments(&mut self, app: &App, actor: &Actor, ids: &[CommentId]) -> Result<()> {
        let found = comment::Entity::find()
            .filter(policy::visible_comments(actor))
            .filter(comment::Column::Id.is_in(ids.iter().copied()))
            .all(&app.store.read)
            .await?;
        let subjects: Vec<(TicketId, String)> = ticket::Entity::find()
            .filter(policy::visible_tickets(actor))
            .filter(ticket::Column::Id.is_in(found.iter().map(|comment| comment.ticket_id)))
            .select_only()
            .columns([ticket::Column::Id, ticket::Column::Subject])
            .into_tuple()
            .all(&app.store.read)
            .await?;
        self.comments = by_id(found, |comment| comment.id);
        self.subjects = subjects.into_iter().collect();
        Ok(())
    }

    /// None: it has gone.
    fn show(&mut self, matcher: &mut Matcher<'_>, hit: Hit) -> Option<Shown> {
        let (row, title, text) = match hit.thing {
            Thing::Ticket(id) => {
                let ticket = self.tickets.remove(&id)?;
                let text = markdown::to_text(&self.descriptions.remove(&id)?);
                let title = ticket.subject.clone();
                (Row::Ticket(Box::new(ticket)), title, text)
            }
            Thing::Comment(id) => {
                let comment = self.comments.remove(&id)?;
                let subject = self.subjects.get(&comment.ticket_id)?.clone();
                let text = markdown::to_text(&comment.body);
                (Row::Comment(Arc::new(comment)), subject, text)
            }
            Thing::Article(id) => {
                let article = self.articles.remove(&id)?;
                let texts = self.texts.remove(&id)?;
                let (title, text) = best_language(matcher, &texts)?;
                (Row::Article(Box::new(article)), title, text)
            }
            Thing::User(id) => {
                let user = self.users.remove(&id)?;
                let (name, email) = (user.name.clone(), user.email.clone().unwrap_or_default());
                (Row::User(Arc::new(user)), name, email)
            }
        };
        Some(Shown {
            hit,
            row,
            title_html: highlight::title(matcher, &title),
            excerpt_html: highlight::excerpt(matcher, &text),
        })
    }
}

fn ids<I>(hits: &[Hit], id: impl Fn(Thing) -> Option<I>) -> Vec<I> {
    hits.iter().filter_map(|hit| id(hit.thing)).collect()
}

fn by_id<I: Eq + Hash, T>(rows: Vec<T>, id: impl Fn(&T) -> I) -> HashMap<I, T> {
    rows.into_iter().map(|row| (id(&row), row)).collect()
}

/// Of tickets that the actor sees.
async fn descriptions(
    app: &App,
    tickets: &HashMap<TicketId, ticket::Model>,
) -> Result<HashMap<TicketId, String>> {
    use ticket_detail::Column;
    let rows: Vec<(TicketId, String)> = ticket_detail::Entity::find()
        .filter(Column::TicketId.is_in(tickets.keys().copied()))
        .select_only()
        .columns([Column::TicketId, Column::Description])
        .into_tuple()
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Of articles that the actor sees.
async fn texts(
    app: &App,
    articles: &HashMap<ArticleId, article::Model>,
) -> Result<HashMap<ArticleId, Vec<translation::Model>>> {
    let rows = translation::Entity::find()
        .filter(translation::Column::ArticleId.is_in(articles.keys().copied()))
        .order_by_asc(translation::Column::Locale)
        .all(&app.store.read)
        .await?;
    let mut texts: HashMap<ArticleId, Vec<translation::Model>> = HashMap::new();
    for row in rows {
        texts.entry(row.article_id).or_default().push(row);
    }
    Ok(texts)
}

/// The title and text of the language in which most was found.
fn best_language(
    matcher: &mut Matcher<'_>,
    texts: &[translation::Model],
) -> Option<(String, String)> {
    let mut best: Option<(f64, (String, String))> = None;
    for row in texts {
        let body = row.body.as_deref().map(markdown::to_text);
        let text = body.unwrap_or_else(|| row.summary.clone());
        let weight = highlight::weight(matcher, &format!("{}\n{text}", row.title));
        if best.as_ref().is_none_or(|(most, _)| weight > *most) {
            best = Some((weight, (row.title.clone(), text)));
        }
    }
    best.map(|(_, texts)| texts)
}
