//! What the actor may see and has the words, the newest first. No other row is read, so none can count, rank or show.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    article, article_translation as translation, comment,
    ids::{ArticleId, CommentId, TicketId, UserId},
    index_fill::Kind,
    ticket, ticket_detail, user,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Func, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    actor::Actor,
    app::App,
    custom_field,
    error::Result,
    index::{HasWords, Query, Thing},
    policy, ticket as tickets,
};

/// Hits of one kind that are ranked, the newest; older ones follow in the order of their age.
pub(super) const RANKED_MAX: u64 = 200;
/// Hits of one kind at all.
pub(super) const HITS_MAX: u64 = 1_000;
/// How far into a text ranking looks.
const CHARS_MAX: i32 = 2_000;

/// A hit that is to be ranked.
pub(super) struct Candidate {
    pub(super) thing: Thing,
    /// A title and the beginning of a text, in each of its languages.
    pub(super) texts: Vec<(String, String)>,
    /// Of what gets old.
    pub(super) at: Option<DateTime<Utc>>,
}

/// The newest hits of one kind, with what they are ranked by.
pub(super) async fn newest(
    app: &App,
    actor: &Actor,
    query: &Query,
    kind: Kind,
) -> Result<Vec<Candidate>> {
    let words = has_words(app, actor, query, kind).await?;
    match kind {
        Kind::Ticket => newest_tickets(app, actor, words).await,
        Kind::Comment => newest_comments(app, actor, words).await,
        Kind::Article => newest_articles(app, actor, words).await,
        Kind::User => newest_users(app, actor, words).await,
    }
}

async fn has_words(app: &App, actor: &Actor, query: &Query, kind: Kind) -> Result<SimpleExpr> {
    let backend = app.store.backend();
    let words = if kind == Kind::Ticket {
        let directory = app.directory().await?;
        let keys = custom_field::searched(&directory.fields, actor);
        HasWords::of_tickets(query, keys, backend)
    } else {
        HasWords::new(query, kind, backend)
    };
    Ok(words.expr())
}

async fn newest_tickets(app: &App, actor: &Actor, words: SimpleExpr) -> Result<Vec<Candidate>> {
    let details = ticket::Entity::belongs_to(ticket_detail::Entity)
        .from(ticket::Column::Id)
        .to(ticket_detail::Column::TicketId);
    let rows: Vec<(TicketId, i32, String, DateTime<Utc>, String)> = ticket::Entity::find()
        .join(JoinType::InnerJoin, details.into())
        .filter(policy::visible_tickets(actor))
        .filter(words)
        .select_only()
        .columns([
            ticket::Column::Id,
            ticket::Column::Number,
            ticket::Column::Subject,
            ticket::Column::UpdatedAt,
        ])
        .expr(beginning(ticket_detail::Column::Description))
        .order_by_desc(ticket::Column::Id)
        .limit(RANKED_MAX)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let candidate = |(id, number, subject, updated_at, text)| Candidate {
        thing: Thing::Ticket(id),
        texts: vec![(format!("{} {subject}", tickets::reference(number)), text)],
        at: Some(updated_at),
    };
    Ok(rows.into_iter().map(candidate).collect())
}

async fn newest_comments(app: &App, actor: &Actor, words: SimpleExpr) -> Result<Vec<Candidate>> {
    let rows: Vec<(CommentId, DateTime<Utc>, String)> = comment::Entity::find()
        .filter(policy::visible_comments(actor))
        .filter(words)
        .select_only()
        .columns([comment::Column::Id, comment::Column::CreatedAt])
        .expr(beginning(comment::Column::Body))
        .order_by_desc(comment::Column::Id)
        .limit(RANKED_MAX)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let candidate = |(id, created_at, text)| Candidate {
        thing: Thing::Comment(id),
        texts: vec![(String::new(), text)],
        at: Some(created_at),
    };
    Ok(rows.into_iter().map(candidate).collect())
}

async fn newest_articles(app: &App, actor: &Actor, words: SimpleExpr) -> Result<Vec<Candidate>> {
    let ids: Vec<ArticleId> = article::Entity::find()
        .filter(policy::visible_articles(actor))
        .filter(words)
        .select_only()
        .column(article::Column::Id)
        .order_by_desc(article::Column::Id)
        .limit(RANKED_MAX)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(ArticleId, String, String, Option<String>)> = translation::Entity::find()
        .filter(translation::Column::ArticleId.is_in(ids.iter().copied()))
        .select_only()
        .columns([
            translation::Column::ArticleId,
            translation::Column::Title,
            translation::Column::Summary,
        ])
        .expr(beginning(translation::Column::Body))
        .order_by_asc(translation::Column::Locale)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let mut texts: HashMap<ArticleId, Vec<(String, String)>> = HashMap::new();
    for (id, title, summary, body) in rows {
        let text = format!("{summary}\n{}", body.unwrap_or_default());
        texts.entry(id).or_default().push((title, text));
    }
    let candidate = |id| Candidate {
        thing: Thing::Article(id),
        texts: texts.remove(&id).unwrap_or_default(),
        at: None,
    };
    Ok(ids.into_iter().map(candidate).collect())
}

async fn newest_users(app: &App, actor: &Actor, words: SimpleExpr) -> Result<Vec<Candidate>> {
    let rows: Vec<(UserId, String, Option<String>)> = user::Entity::find()
        .filter(found_users(actor))
        .filter(words)
        .select_only()
        .columns([user::Column::Id, user::Column::Name, user::Column::Email])
        .order_by_desc(user::Column::Id)
        .limit(RANKED_MAX)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let candidate = |(id, name, email): (_, _, Option<String>)| Candidate {
        thing: Thing::User(id),
        texts: vec![(name, email.unwrap_or_default())],
        at: None,
    };
    Ok(rows.into_iter().map(candidate).collect())
}

/// Machines are no persons.
pub(super) fn found_users(actor: &Actor) -> Condition {
    Condition::all()
        .add(user::Column::Kind.eq(user::Kind::Person))
        .add(policy::visible_users(actor))
}

fn beginning(column: impl ColumnTrait) -> SimpleExpr {
    let text = Expr::col(column.as_column_ref());
    Func::cust("substr")
        .arg(text)
        .arg(Expr::val(1))
        .arg(Expr::val(CHARS_MAX))
        .into()
}

/// The hits of one kind that are older than `last`.
pub(super) async fn older(
    app: &App,
    actor: &Actor,
    query: &Query,
    last: Thing,
) -> Result<Vec<Thing>> {
    let kind = last.kind();
    let words = has_words(app, actor, query, kind).await?;
    let ids = match last {
        Thing::Ticket(id) => {
            let query = ticket::Entity::find().filter(policy::visible_tickets(actor));
            older_ids(app, query.filter(words), ticket::Column::Id, id.0).await
        }
        Thing::Comment(id) => {
            let query = comment::Entity::find().filter(policy::visible_comments(actor));
            older_ids(app, query.filter(words), comment::Column::Id, id.0).await
        }
        Thing::Article(id) => {
            let query = article::Entity::find().filter(policy::visible_articles(actor));
            older_ids(app, query.filter(words), article::Column::Id, id.0).await
        }
        Thing::User(id) => {
            let query = user::Entity::find().filter(found_users(actor));
            older_ids(app, query.filter(words), user::Column::Id, id.0).await
        }
    };
    Ok(ids?.into_iter().map(|id| Thing::of(kind, id)).collect())
}

async fn older_ids<E: EntityTrait>(
    app: &App,
    query: sea_orm::Select<E>,
    id: E::Column,
    last: Uuid,
) -> Result<Vec<Uuid>> {
    Ok(query
        .filter(id.lt(last))
        .select_only()
        .column(id)
        .order_by_desc(id)
        .limit(HITS_MAX - RANKED_MAX)
        .into_tuple()
        .all(&app.store.read)
        .await?)
}
