//! One batch after the other of what is taken out, by the rights of each moment.

use entity::{
    article, article_translation, audit_entry, comment,
    ids::{ArticleId, CommentId, OrganizationId, TeamId, TicketId, UserId},
    organization, team, team_member, ticket, user,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Kind, Line, comments, events, named, tickets, tickets::time};
use crate::{
    actor::Actor,
    app::App,
    directory::Snapshot,
    error::{Error, Result},
    events::Pos,
    graphql::GlobalId,
    knowledge,
    policy::{self, Action},
    ticket::Filter,
    trail::Subject,
};

/// Records that are read at once: some are 64 KiB.
const BATCH: u64 = 200;

/// What is taken out.
pub struct Wanted {
    pub kind: Kind,
    /// Which tickets; all where absent.
    pub filter: Option<Filter>,
}

/// Where somebody is in what they take out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Record(Uuid),
    Event(Pos),
}

/// Lines, and the place where they end.
pub struct Batch {
    pub lines: Vec<Line>,
    pub end: Place,
}

impl Place {
    /// Of the `id` of a line of this kind.
    pub fn read(app: &App, kind: Kind, id: &str) -> Result<Self> {
        let other = || Error::BadInput("`after` is not the id of such a record");
        if kind == Kind::Events {
            return app.feed.place(id).map(Self::Event).ok_or_else(other);
        }
        let id = id.into();
        let id = match kind {
            Kind::Organizations => OrganizationId::of(&id).map(|id| id.0),
            Kind::Teams => TeamId::of(&id).map(|id| id.0),
            Kind::People => UserId::of(&id).map(|id| id.0),
            Kind::Articles => ArticleId::of(&id).map(|id| id.0),
            Kind::Tickets => TicketId::of(&id).map(|id| id.0),
            Kind::Comments => CommentId::of(&id).map(|id| id.0),
            Kind::Events => None,
        };
        id.map(Self::Record).ok_or_else(other)
    }
}

/// Begins to take records out; that they were is audited.
pub async fn begin(app: &App, actor: &Actor) -> Result<()> {
    policy::authorize(actor, Action::ExportRecords)?;
    let mut tx = app.begin(actor).await?;
    tx.audit(audit_entry::Action::RecordsExported, Subject::Nothing);
    tx.commit().await
}

/// The next records after a place; none at the end.
pub async fn next(
    app: &App,
    actor: &Actor,
    wanted: &Wanted,
    after: Option<Place>,
) -> Result<Option<Batch>> {
    policy::authorize(actor, Action::ExportRecords)?;
    let (record, event) = match after {
        Some(Place::Record(id)) => (Some(id), Pos::default()),
        Some(Place::Event(pos)) => (None, pos),
        None => (None, Pos::default()),
    };
    let (lines, end) = match wanted.kind {
        Kind::Organizations => organizations(app, actor, record).await?,
        Kind::Teams => {
            let directory = app.directory().await?;
            teams(actor, &directory, record)
        }
        Kind::People => people(app, actor, record).await?,
        Kind::Articles => articles(app, actor, record).await?,
        Kind::Tickets => {
            let filter = wanted.filter.as_ref().map(Filter::condition);
            let all = ticket::Entity::find()
                .filter(policy::visible_tickets(actor))
                .filter(Condition::all().add_option(filter));
            let rows = read(app, all, ticket::Column::Id, record).await?;
            let end = rows.last().map(|row| row.id.0);
            (Box::pin(tickets::lines(app, actor, &rows)).await?, end)
        }
        Kind::Comments => {
            let all = comment::Entity::find().filter(policy::visible_comments(actor));
            let rows = read(app, all, comment::Column::Id, record).await?;
            let end = rows.last().map(|row| row.id.0);
            (comments::lines(app, actor, &rows).await?, end)
        }
        Kind::Events => {
            let batch = events::next(app, actor, event).await?;
            return Ok(batch.map(|(lines, end)| Batch { lines, end }));
        }
    };
    let end = end.map(Place::Record);
    Ok(end.map(|end| Batch { lines, end }))
}

/// Rows after an id, in the order of ids.
async fn read<E: EntityTrait, C: ColumnTrait>(
    app: &App,
    all: Select<E>,
    id: C,
    after: Option<Uuid>,
) -> Result<Vec<E::Model>> {
    let beyond = after.map(|after| id.gt(after));
    let rows = all
        .filter(Condition::all().add_option(beyond))
        .order_by_asc(id)
        .limit(BATCH);
    Ok(rows.all(&app.store.read).await?)
}

type Lines = (Vec<Line>, Option<Uuid>);

async fn organizations(app: &App, actor: &Actor, after: Option<Uuid>) -> Result<Lines> {
    let all = organization::Entity::find().filter(policy::visible_organizations(actor));
    let rows = read(app, all, organization::Column::Id, after).await?;
    let line = |row: &organization::Model| {
        Line::of("organization", row.id.global().0)
            .with("name", row.name.as_str())
            .with("sharesTickets", row.shares_tickets)
    };
    Ok((
        rows.iter().map(line).collect(),
        rows.last().map(|row| row.id.0),
    ))
}

/// All at once: they are few.
fn teams(actor: &Actor, directory: &Snapshot, after: Option<Uuid>) -> Lines {
    let mut rows = named::teams(actor, directory);
    rows.retain(|team| after.is_none_or(|after| team.id.0 > after));
    let line = |row: &&team::Model| {
        Line::of("team", row.id.global().0)
            .with("name", row.name.as_str())
            .with("kind", json!(row.kind))
    };
    (
        rows.iter().map(line).collect(),
        rows.last().map(|row| row.id.0),
    )
}

async fn people(app: &App, actor: &Actor, after: Option<Uuid>) -> Result<Lines> {
    // Machines are settings, not people.
    let all = user::Entity::find()
        .filter(policy::visible_users(actor))
        .filter(user::Column::Kind.eq(user::Kind::Person));
    let rows = read(app, all, user::Column::Id, after).await?;
    let belong = rows.iter().filter_map(|row| row.organization_id);
    let organizations = named::organizations(app, actor, belong).await?;
    let memberships = team_member::Entity::find()
        .filter(team_member::Column::UserId.is_in(rows.iter().map(|row| row.id)))
        .all(&app.store.read)
        .await?;
    let directory = app.directory().await?;
    let seen = named::teams(actor, &directory);
    let line = |row: &user::Model| {
        let is_in = |team: &&&team::Model| {
            let mut of = memberships.iter().filter(|member| member.user_id == row.id);
            of.any(|member| member.team_id == team.id)
        };
        let teams: Vec<_> = seen
            .iter()
            .filter(is_in)
            .map(|team| team.name.as_str())
            .collect();
        let organization = row.organization_id.and_then(|id| organizations.get(&id));
        Line::of("user", row.id.global().0)
            .with("email", named::email_of(row))
            .with("name", row.name.as_str())
            .with("role", json!(row.role))
            .with("locale", json!(row.locale))
            .with("organization", organization.map(String::as_str))
            .with(
                "teams",
                if teams.is_empty() {
                    Value::Null
                } else {
                    json!(teams)
                },
            )
    };
    Ok((
        rows.iter().map(line).collect(),
        rows.last().map(|row| row.id.0),
    ))
}

async fn articles(app: &App, actor: &Actor, after: Option<Uuid>) -> Result<Lines> {
    let all = article::Entity::find().filter(policy::visible_articles(actor));
    let rows = read(app, all, article::Column::Id, after).await?;
    let texts = article_translation::Entity::find()
        .filter(article_translation::Column::ArticleId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(article_translation::Column::Locale)
        .all(&app.store.read)
        .await?;
    let directory = app.directory().await?;
    let lines = rows
        .iter()
        .filter_map(|row| article_line(row, &texts, &directory));
    Ok((lines.collect(), rows.last().map(|row| row.id.0)))
}

fn article_line(
    row: &article::Model,
    texts: &[article_translation::Model],
    directory: &Snapshot,
) -> Option<Line> {
    let own = || texts.iter().filter(|text| text.article_id == row.id);
    let first = own()
        .find(|text| text.locale == row.locale)
        .or_else(|| own().next())?;
    let others = own()
        .filter(|text| text.locale != first.locale)
        .map(|text| {
            let mut value =
                json!({ "locale": text.locale, "title": text.title, "summary": text.summary });
            if let Some(body) = &text.body {
                value["body"] = body.as_str().into();
            }
            value
        });
    let others: Vec<_> = others.collect();
    let category = row.category_id.and_then(|id| directory.categories.get(&id));
    let category = category.map(|category| knowledge::name_in(category, row.locale));
    let line = Line::of("article", row.id.global().0)
        .with("slug", row.slug.as_str())
        .with("title", first.title.as_str())
        .with("body", first.body.as_deref())
        .with("url", row.url.as_deref())
        .with("summary", first.summary.as_str())
        .with("locale", json!(first.locale))
        .with("visibility", json!(row.visibility))
        .with("status", json!(row.status))
        .with("category", category.or(row.category.as_deref()))
        .with(
            "tags",
            if row.tags.0.is_empty() {
                Value::Null
            } else {
                json!(row.tags)
            },
        )
        .with("createdAt", time(row.created_at))
        .with("updatedAt", time(row.updated_at))
        .with(
            "translations",
            if others.is_empty() {
                Value::Null
            } else {
                others.into()
            },
        );
    Some(line)
}
