//! Reads the texts of things as they are stored, whoever may see them: for the index alone.

use std::collections::{BTreeMap, BTreeSet};

use entity::{
    article_translation as translation, comment,
    ids::{ArticleId, CommentId, TicketId, UserId},
    json::CustomFields,
    ticket, ticket_detail, user,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
};

use super::{Document, Thing, document::Field, fields::FieldTexts};
use crate::{directory::Fields, error::Result};

/// Values of one `IN`.
const VALUES_MAX: usize = 500;

pub(super) async fn read(
    db: &impl ConnectionTrait,
    definitions: &Fields,
    things: BTreeSet<Thing>,
) -> Result<Vec<Document>> {
    let (mut tickets, mut comments) = (Vec::new(), Vec::new());
    let (mut articles, mut users) = (Vec::new(), Vec::new());
    for thing in things {
        match thing {
            Thing::Ticket(id) => tickets.push(id),
            Thing::Comment(id) => comments.push(id),
            Thing::Article(id) => articles.push(id),
            Thing::User(id) => users.push(id),
        }
    }
    let mut documents = Vec::new();
    for ids in tickets.chunks(VALUES_MAX) {
        documents.extend(read_tickets(db, definitions, ids).await?);
    }
    for ids in comments.chunks(VALUES_MAX) {
        documents.extend(read_comments(db, ids).await?);
    }
    for ids in articles.chunks(VALUES_MAX) {
        documents.extend(read_articles(db, ids).await?);
    }
    for ids in users.chunks(VALUES_MAX) {
        documents.extend(read_users(db, ids).await?);
    }
    Ok(documents)
}

async fn read_tickets(
    db: &impl ConnectionTrait,
    definitions: &Fields,
    ids: &[TicketId],
) -> Result<Vec<Document>> {
    let details = ticket::Entity::belongs_to(ticket_detail::Entity)
        .from(ticket::Column::Id)
        .to(ticket_detail::Column::TicketId);
    let rows: Vec<(TicketId, i32, String, String, CustomFields)> = ticket::Entity::find()
        .join(JoinType::InnerJoin, details.into())
        .filter(ticket::Column::Id.is_in(ids.iter().copied()))
        .select_only()
        .columns([
            ticket::Column::Id,
            ticket::Column::Number,
            ticket::Column::Subject,
        ])
        .column(ticket_detail::Column::Description)
        .column(ticket_detail::Column::CustomFields)
        .into_tuple()
        .all(db)
        .await?;
    let document = |(id, number, subject, description, values): (_, _, String, String, _)| {
        let custom = FieldTexts::of(definitions, &values, true);
        Document::of_ticket(Thing::Ticket(id), (number, &subject), &description, custom)
    };
    Ok(rows.into_iter().map(document).collect())
}

async fn read_comments(
    db: &impl ConnectionTrait,
    ids: &[CommentId],
) -> Result<impl Iterator<Item = Document>> {
    let rows: Vec<(CommentId, String)> = comment::Entity::find()
        .filter(comment::Column::Id.is_in(ids.iter().copied()))
        .select_only()
        .columns([comment::Column::Id, comment::Column::Body])
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, body)| Document::of_texts(Thing::Comment(id), [body])))
}

/// All of an article's languages together: it is one thing.
async fn read_articles(
    db: &impl ConnectionTrait,
    ids: &[ArticleId],
) -> Result<impl Iterator<Item = Document>> {
    let rows = translation::Entity::find()
        .filter(translation::Column::ArticleId.is_in(ids.iter().copied()))
        .order_by_asc(translation::Column::Locale)
        .all(db)
        .await?;
    let mut fields: BTreeMap<ArticleId, Vec<Field>> = BTreeMap::new();
    for row in rows {
        let fields = fields.entry(row.article_id).or_default();
        let texts = [row.title, row.summary].into_iter().chain(row.body);
        fields.extend(texts.map(|text| Field {
            text,
            language: Some(row.locale),
        }));
    }
    Ok(fields
        .into_iter()
        .map(|(id, fields)| Document::new(Thing::Article(id), fields)))
}

async fn read_users(
    db: &impl ConnectionTrait,
    ids: &[UserId],
) -> Result<impl Iterator<Item = Document>> {
    let rows = user::Entity::find()
        .filter(user::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|user| Document::user(&user)))
}
