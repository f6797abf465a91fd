//! What the database has for the index: published articles, and tickets that taught something.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use entity::{
    article::{self, Status as ArticleStatus, Visibility},
    article_translation as translation, help_outcome,
    ids::{ArticleId, OrganizationId, TeamId, TicketId, UserId},
    knowledge_link::{self, Role},
    ticket::{self, Status},
    ticket_detail,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, RelationDef, Select,
    prelude::{DateTimeUtc, Expr},
};
use uuid::Uuid;

use super::rank::{ArticleTexts, Change, Evidence, Kind, TICKET_CHARS_MAX, Text};
use crate::{app::App, error::Result, text::markdown};

/// Texts read in one statement.
pub(super) const TEXTS_MAX: usize = 500;
/// The newest tickets of one article that teach anything.
const LINKS_MAX: usize = 200;
/// How many of its links are looked at, to find as many votes.
const LINKS_READ_MAX: u64 = 2 * LINKS_MAX as u64;
/// Links read at the start; the newest.
const ALL_LINKS_MAX: u64 = 400_000;
/// Solved tickets without an article in the index, for staff; the newest at the start.
const WITHOUT_ARTICLE_MAX: u64 = 20_000;

/// Whether a ticket of this status teaches anything.
pub(super) const fn is_solved(status: Status) -> bool {
    matches!(status, Status::Solved | Status::Closed)
}

const SOLVED: [Status; 2] = [Status::Solved, Status::Closed];
/// What an agent said of an article on a ticket. What the system offered proves nothing.
pub(super) const TEACHING: [Role; 2] = [Role::Shared, Role::Solution];

/// A document that should be in the index; its text is read once it is known to be missing.
pub(super) struct Wanted {
    id: Uuid,
    kind: Kind,
    article: Option<ArticleId>,
    organization: Option<OrganizationId>,
    team: Option<TeamId>,
    level: i16,
    version: i32,
    at: DateTimeUtc,
    /// Who voted, and in which words.
    vote: (UserId, String),
    text: Option<String>,
}

impl Wanted {
    pub(super) const fn key(&self) -> (Uuid, Option<ArticleId>, i32) {
        (self.id, self.article, self.version)
    }
}

/// The articles as they may be offered: all that are published, or what became of `ids`.
pub(super) async fn articles(app: &App, ids: Option<&[ArticleId]>) -> Result<Vec<Change>> {
    let mut offered: HashMap<ArticleId, ArticleTexts> = HashMap::new();
    let mut rows = Vec::new();
    match ids {
        None => rows.extend(published(app, None).await?),
        Some(ids) => {
            for some in ids.chunks(TEXTS_MAX) {
                rows.extend(published(app, Some(some)).await?);
            }
        }
    }
    for (row, text) in rows {
        let article = offered.entry(row.id).or_insert_with(|| ArticleTexts {
            is_public: row.visibility == Visibility::Public,
            texts: Vec::new(),
        });
        let body = text.body.as_deref().map(markdown::to_text);
        article.texts.push(Text {
            language: text.locale,
            title: text.title,
            body: body.unwrap_or(text.summary),
        });
    }
    let gone: Vec<ArticleId> = ids
        .unwrap_or_default()
        .iter()
        .filter(|id| !offered.contains_key(id))
        .copied()
        .collect();
    let gone = gone.into_iter().map(|id| Change::Article(id, None));
    let mut changes: Vec<Change> = gone.collect();
    changes.extend(
        offered
            .into_iter()
            .map(|(id, article)| Change::Article(id, Some(article))),
    );
    Ok(changes)
}

/// All articles that are published.
pub(super) async fn published_ids(app: &App) -> Result<Vec<ArticleId>> {
    let ids = article::Entity::find()
        .select_only()
        .column(article::Column::Id)
        .filter(article::Column::Status.eq(ArticleStatus::Published))
        .into_tuple();
    Ok(ids.all(&app.store.read).await?)
}

async fn published(
    app: &App,
    ids: Option<&[ArticleId]>,
) -> Result<Vec<(article::Model, translation::Model)>> {
    let of_article = translation::Entity::belongs_to(article::Entity)
        .from(translation::Column::ArticleId)
        .to(article::Column::Id);
    let rows = translation::Entity::find()
        .join(JoinType::InnerJoin, of_article.into())
        .filter(article::Column::Status.eq(ArticleStatus::Published))
        .filter(
            Condition::all()
                .add_option(ids.map(|ids| article::Column::Id.is_in(ids.iter().copied()))),
        )
        .order_by_asc(translation::Column::ArticleId)
        .order_by_asc(translation::Column::Locale)
        .select_two_required(article::Entity)
        .all(&app.store.read)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(text, article)| (article, text))
        .collect())
}

/// The articles that tickets are linked to.
pub(super) async fn articles_of(app: &App, tickets: &[TicketId]) -> Result<HashSet<ArticleId>> {
    let mut articles = HashSet::new();
    for some in tickets.chunks(TEXTS_MAX) {
        let rows: Vec<ArticleId> = knowledge_link::Entity::find()
            .select_only()
            .column(knowledge_link::Column::ArticleId)
            .filter(knowledge_link::Column::TicketId.is_in(some.iter().copied()))
            .filter(knowledge_link::Column::Role.is_in(TEACHING))
            .into_tuple()
            .all(&app.store.read)
            .await?;
        articles.extend(rows);
    }
    Ok(articles)
}

/// All that should be in the index beside articles.
pub(super) async fn wanted(app: &App) -> Result<Vec<Wanted>> {
    let mut by_article: HashMap<ArticleId, Vec<Wanted>> = HashMap::new();
    let mut all = linked(app, None, ALL_LINKS_MAX).await?;
    all.extend(helped(app, None, ALL_LINKS_MAX).await?);
    for wanted in all {
        if let Some(article) = wanted.article {
            by_article.entry(article).or_default().push(wanted);
        }
    }
    let mut wanted: Vec<Wanted> = by_article.into_values().flat_map(votes).collect();
    wanted.extend(wanted_without_article(app, None).await?);
    Ok(wanted)
}

/// What should be in the index for one article.
pub(super) async fn wanted_of_article(app: &App, article: ArticleId) -> Result<Vec<Wanted>> {
    let mut all = linked(app, Some(article), LINKS_READ_MAX).await?;
    all.extend(helped(app, Some(article), LINKS_READ_MAX).await?);
    Ok(votes(all))
}

/// The newest votes for one article. Who says the same of it twice on a day says it once; a requester whom it helped
/// has one vote a day, whatever they typed.
fn votes(mut all: Vec<Wanted>) -> Vec<Wanted> {
    all.sort_unstable_by_key(|wanted| Reverse((wanted.at, wanted.id)));
    let mut seen = HashSet::new();
    all.retain(|wanted| {
        let (by, words) = &wanted.vote;
        seen.insert((*by, words.clone(), wanted.at.date_naive()))
    });
    // A ticket may be linked twice, as shared and as the solution.
    let mut seen = HashSet::new();
    all.retain(|wanted| seen.insert(wanted.id));
    all.truncate(LINKS_MAX);
    all
}

type LinkRow = (
    TicketId,
    ArticleId,
    DateTimeUtc,
    UserId,
    Option<OrganizationId>,
    Option<TeamId>,
    i16,
    i32,
    String,
);

/// The newest links of solved tickets.
async fn linked(app: &App, article: Option<ArticleId>, max: u64) -> Result<Vec<Wanted>> {
    let rows: Vec<LinkRow> = knowledge_link::Entity::find()
        .join(JoinType::InnerJoin, ticket_of_link())
        .select_only()
        .column(knowledge_link::Column::TicketId)
        .column(knowledge_link::Column::ArticleId)
        .column(knowledge_link::Column::CreatedAt)
        .column(ticket::Column::RequesterId)
        .column(ticket::Column::OrganizationId)
        .column(ticket::Column::TeamId)
        .column(ticket::Column::LevelRank)
        .column(ticket::Column::Version)
        .column(ticket::Column::SubjectFolded)
        .filter(knowledge_link::Column::Role.is_in(TEACHING))
        .filter(ticket::Column::Status.is_in(SOLVED))
        .filter(ticket::Column::MergedIntoId.is_null())
        .filter(
            Condition::all().add_option(article.map(|id| knowledge_link::Column::ArticleId.eq(id))),
        )
        .order_by_desc(knowledge_link::Column::CreatedAt)
        .order_by_desc(knowledge_link::Column::Id)
        .limit(max)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let wanted =
        |(id, article, at, by, organization, team, level, version, words): LinkRow| Wanted {
            id: id.0,
            kind: Kind::Ticket,
            article: Some(article),
            organization,
            team,
            level,
            version,
            at,
            vote: (by, words),
            text: None,
        };
    Ok(rows.into_iter().map(wanted).collect())
}

fn ticket_of_link() -> RelationDef {
    knowledge_link::Entity::belongs_to(ticket::Entity)
        .from(knowledge_link::Column::TicketId)
        .to(ticket::Column::Id)
        .into()
}

/// The newest words that an article spared a ticket for.
async fn helped(app: &App, article: Option<ArticleId>, max: u64) -> Result<Vec<Wanted>> {
    let rows = help_outcome::Entity::find()
        .filter(help_outcome::Column::Text.is_not_null())
        .filter(help_outcome::Column::ArticleId.is_not_null())
        .filter(
            Condition::all().add_option(article.map(|id| help_outcome::Column::ArticleId.eq(id))),
        )
        .order_by_desc(help_outcome::Column::CreatedAt)
        .order_by_desc(help_outcome::Column::Id)
        .limit(max)
        .all(&app.store.read)
        .await?;
    let wanted = |row: help_outcome::Model| Wanted {
        id: row.id,
        kind: Kind::Helped,
        article: row.article_id,
        organization: row.organization_id,
        team: None,
        level: 0,
        version: 0,
        at: row.created_at,
        vote: (row.user_id, String::new()),
        text: row.text,
    };
    Ok(rows.into_iter().map(wanted).collect())
}

/// Solved tickets that no article is known for, the newest or some of `ids`: staff are shown them, and levels are
/// learnt from them.
pub(super) async fn wanted_without_article(
    app: &App,
    ids: Option<&[TicketId]>,
) -> Result<Vec<Wanted>> {
    let mut rows = Vec::new();
    match ids {
        None => rows.extend(without_article(None).all(&app.store.read).await?),
        Some(ids) => {
            for some in ids.chunks(TEXTS_MAX) {
                rows.extend(without_article(Some(some)).all(&app.store.read).await?);
            }
        }
    }
    let wanted = |row: ticket::Model| Wanted {
        id: row.id.0,
        kind: Kind::Ticket,
        article: None,
        organization: row.organization_id,
        team: row.team_id,
        level: row.level_rank,
        version: row.version,
        at: row.created_at,
        vote: (row.requester_id, row.subject_folded),
        text: None,
    };
    Ok(rows.into_iter().map(wanted).collect())
}

fn without_article(ids: Option<&[TicketId]>) -> Select<ticket::Entity> {
    use knowledge_link::Column::{Role, TicketId};

    // Said twice, or all links there are would be read for one ticket.
    let taught = knowledge_link::Entity::find()
        .select_only()
        .column(TicketId)
        .filter(Role.is_in(TEACHING))
        .filter(Condition::all().add_option(ids.map(|ids| TicketId.is_in(ids.iter().copied()))))
        .into_query();
    ticket::Entity::find()
        .filter(ticket::Column::Status.is_in(SOLVED))
        .filter(ticket::Column::MergedIntoId.is_null())
        .filter(
            Condition::all()
                .add_option(ids.map(|ids| ticket::Column::Id.is_in(ids.iter().copied()))),
        )
        .filter(ticket::Column::Id.not_in_subquery(taught))
        .order_by_desc(ticket::Column::CreatedAt)
        .order_by_desc(ticket::Column::Id)
        .limit(WITHOUT_ARTICLE_MAX)
}

/// The documents with their texts. A ticket that is gone meanwhile is left out.
pub(super) async fn texts(app: &App, wanted: &[Wanted]) -> Result<Vec<Evidence>> {
    let tickets = wanted.iter().filter(|wanted| wanted.kind == Kind::Ticket);
    let ids: Vec<TicketId> = tickets.map(|wanted| TicketId(wanted.id)).collect();
    let mut texts = ticket_texts(app, &ids).await?;
    for wanted in wanted {
        if let Some(text) = &wanted.text {
            texts.insert(wanted.id, text.clone());
        }
    }
    let evidence = |wanted: &Wanted| {
        Some(Evidence {
            id: wanted.id,
            kind: wanted.kind,
            article: wanted.article,
            organization: wanted.organization,
            team: wanted.team,
            level: wanted.level,
            version: wanted.version,
            text: texts.get(&wanted.id)?.clone(),
        })
    };
    Ok(wanted.iter().filter_map(evidence).collect())
}

/// What tickets say, as far as it is looked at: each its subject and the beginning of its description.
pub(super) async fn ticket_texts(app: &App, ids: &[TicketId]) -> Result<HashMap<Uuid, String>> {
    let of_ticket = ticket_detail::Entity::belongs_to(ticket::Entity)
        .from(ticket_detail::Column::TicketId)
        .to(ticket::Column::Id);
    let beginning = Expr::cust(format!(
        r#"substr("ticket_details"."description", 1, {TICKET_CHARS_MAX})"#
    ));
    let rows: Vec<(TicketId, String, String)> = ticket_detail::Entity::find()
        .join(JoinType::InnerJoin, of_ticket.into())
        .select_only()
        .column(ticket::Column::Id)
        .column(ticket::Column::Subject)
        .column_as(beginning, "beginning")
        .filter(ticket_detail::Column::TicketId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let text = |(id, subject, description): (TicketId, String, String)| {
        (id.0, joined(&subject, &description))
    };
    Ok(rows.into_iter().map(text).collect())
}

/// Subject and description; many descriptions begin with the subject.
fn joined(subject: &str, description: &str) -> String {
    if description.starts_with(subject) {
        description.to_owned()
    } else {
        format!("{subject}\n{description}")
    }
}
