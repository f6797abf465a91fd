//! Every change to articles and their links: may they? is it right? then rows and event in one `Tx`.

use entity::{
    article::{self, Column, Status},
    article_translation as translation,
    ids::{ArticleId, KnowledgeLinkId, TicketId, UserId},
    json::Tags,
    knowledge_link::{self, Role},
    ticket,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
    sea_query::OnConflict,
};

use super::{
    queries::Linked,
    rules::{self, Draft, NewArticle, NewText, Text},
};
use crate::{
    actor::Actor,
    app::{App, Tx},
    attachment::{self, Owner},
    error::{Error, Result},
    events::Event,
    policy::{self, Action},
    refusal::{Refusal, Why},
    ticket::Change,
};

/// Knowledge links of one ticket.
const LINKS_MAX: usize = 100;

/// Creates a draft.
pub async fn create_article(app: &App, actor: &Actor, new: &NewArticle) -> Result<article::Model> {
    policy::authorize(actor, Action::CreateArticle)?;
    let draft = rules::check_article(new)?;

    let mut tx = app.begin(actor).await?;
    let article = insert_draft(&mut tx, draft).await?;
    attachment::attach(&tx, &new.uploads, Owner::Article(article.id)).await?;
    tx.commit().await?;
    Ok(article)
}

/// Writes a draft and its texts.
pub(super) async fn insert_draft(tx: &mut Tx<'_>, draft: Draft) -> Result<article::Model> {
    let article = insert_article(tx, &draft).await?;
    write_text(tx, article.id, draft.text).await?;
    tx.record(Event::ArticleCreated {
        article_id: article.id,
    });
    Ok(article)
}

/// Tries one slug after the other; only the given one can be refused.
async fn insert_article(tx: &Tx<'_>, draft: &Draft) -> Result<article::Model> {
    let id = ArticleId(tx.new_id());
    let slugs: Vec<_> = match &draft.slug {
        Some(given) => vec![given.clone()],
        None => rules::slugs(&draft.text.title, id).collect(),
    };
    for slug in slugs {
        let article = new_article(tx, id, slug, draft);
        let insert = article::Entity::insert(article.clone().into_active_model().reset_all());
        let if_free = OnConflict::column(Column::Slug).do_nothing().to_owned();
        if insert
            .on_conflict(if_free)
            .exec_without_returning(&**tx)
            .await?
            > 0
        {
            return Ok(article);
        }
    }
    Err(Refusal::Taken { field: "slug" }.into())
}

fn new_article(tx: &Tx<'_>, id: ArticleId, slug: String, draft: &Draft) -> article::Model {
    article::Model {
        id,
        slug,
        status: Status::Draft,
        visibility: draft.visibility,
        category: draft.category.clone(),
        tags: Tags(draft.tags.clone()),
        url: draft.url.clone(),
        locale: draft.text.locale,
        solved_count: 0,
        helpful_count: 0,
        external_id: None,
        created_by_id: tx.actor().id(),
        created_at: tx.now(),
        updated_at: tx.now(),
        published_at: None,
    }
}

/// Adds the texts of a locale, or replaces those that were there.
async fn write_text(tx: &Tx<'_>, article_id: ArticleId, text: Text) -> Result<()> {
    use translation::Column::{
        ArticleId, Body, BodyHtml, Locale, Summary, Title, TitleFolded, UpdatedAt,
    };
    let row = translation::ActiveModel {
        article_id: Set(article_id),
        locale: Set(text.locale),
        title: Set(text.title),
        title_folded: Set(text.title_folded),
        summary: Set(text.summary),
        body: Set(text.body),
        body_html: Set(text.body_html),
        updated_at: Set(tx.now()),
    };
    let replace = OnConflict::columns([ArticleId, Locale])
        .update_columns([Title, TitleFolded, Summary, Body, BodyHtml, UpdatedAt])
        .to_owned();
    let insert = translation::Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(&**tx).await?;
    Ok(())
}

/// Adds the texts of another locale, or replaces those of one.
pub async fn translate_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
    new: &NewText,
) -> Result<article::Model> {
    let text = rules::check_translation(new)?;

    let mut tx = app.begin(actor).await?;
    let article = lock(&tx, id).await?;
    policy::authorize(actor, Action::EditArticle(&article))?;
    rules::require_kind(&text, article.url.is_some())?;
    let (article_id, locale) = (article.id, text.locale);
    write_text(&tx, article_id, text).await?;
    let mut row = article.into_active_model();
    row.updated_at = Set(tx.now());
    let article = row.update(&*tx).await?;
    tx.record(Event::ArticleTranslated { article_id, locale });
    tx.commit().await?;
    Ok(article)
}

/// Publishes a draft, or again what was archived.
pub async fn publish_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
) -> Result<article::Model> {
    policy::authorize(actor, Action::PublishArticle)?;
    let tx = app.begin(actor).await?;
    let article = lock(&tx, id).await?;
    let event = Event::ArticlePublished {
        article_id: article.id,
    };
    set_status(tx, article, Status::Published, event).await
}

/// Takes an article out of sight of requesters; staff still find it.
pub async fn archive_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
) -> Result<article::Model> {
    policy::authorize(actor, Action::ArchiveArticle)?;
    let tx = app.begin(actor).await?;
    let article = lock(&tx, id).await?;
    let event = Event::ArticleArchived {
        article_id: article.id,
    };
    set_status(tx, article, Status::Archived, event).await
}

async fn set_status(
    mut tx: Tx<'_>,
    article: article::Model,
    status: Status,
    event: Event,
) -> Result<article::Model> {
    if article.status == status {
        return Ok(article);
    }
    let mut row = article.into_active_model();
    row.status = Set(status);
    row.updated_at = Set(tx.now());
    if status == Status::Published {
        row.published_at = Set(Some(tx.now()));
    }
    let article = row.update(&*tx).await?;
    tx.record(event);
    tx.commit().await?;
    Ok(article)
}

async fn lock(tx: &Tx<'_>, id: Option<ArticleId>) -> Result<article::Model> {
    let missing = || Error::from(Refusal::NotFound { field: "articleId" });
    let found = article::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(policy::visible_articles(tx.actor()))
        .lock_exclusive()
        .one(&**tx)
        .await?;
    found.ok_or_else(missing)
}

/// Joins an article to a ticket. The same link again changes nothing. The ticket's version stays:
/// its requester may not see the article.
pub async fn link_knowledge(
    app: &App,
    actor: &Actor,
    ticket_id: Option<TicketId>,
    article_id: Option<ArticleId>,
    role: Role,
) -> Result<Linked> {
    let mut tx = app.begin(actor).await?;
    let ticket = Change::lock(&mut tx, ticket_id).await?.after;
    policy::authorize(actor, Action::LinkKnowledge(&ticket))?;
    if role == Role::Suggested {
        return Err(Refusal::Invalid {
            field: "role",
            why: Why::Reserved,
        }
        .into());
    }
    let Added { linked, is_new } = link(&mut tx, &ticket, article_id, role).await?;
    if is_new {
        tx.commit().await?;
    }
    Ok(linked)
}

/// A link, and whether it was not there before.
#[derive(Debug)]
pub struct Added {
    pub linked: Linked,
    pub is_new: bool,
}

/// Joins an article that the transaction's actor sees to a ticket that it holds locked, and counts
/// a solution, once a ticket. Whether the actor may is the caller's to decide.
pub async fn link(
    tx: &mut Tx<'_>,
    ticket: &ticket::Model,
    article_id: Option<ArticleId>,
    role: Role,
) -> Result<Added> {
    let mut article = lock(tx, article_id).await?;
    let links = knowledge_link::Entity::find()
        .filter(knowledge_link::Column::TicketId.eq(ticket.id))
        .all(&**tx)
        .await?;
    let count = links.len();
    let is_same = |link: &knowledge_link::Model| link.article_id == article.id && link.role == role;
    if let Some(link) = links.into_iter().find(is_same) {
        return Ok(Added {
            linked: (link, article),
            is_new: false,
        });
    }
    if count >= LINKS_MAX {
        let why = Why::TooMany { max: LINKS_MAX };
        return Err(Refusal::Invalid {
            field: "ticketId",
            why,
        }
        .into());
    }
    let added_by = tx.actor().id();
    let link = insert_link(tx, ticket.id, article.id, role, added_by).await?;
    if role == Role::Solution {
        article = count_solution(tx, article).await?;
    }
    let (link_id, article_id) = (link.id, article.id);
    tx.record(Event::KnowledgeLinked {
        ticket_id: ticket.id,
        link_id,
        article_id,
        role,
    });
    tx.record_change(Some(ticket), ticket)?;
    Ok(Added {
        linked: (link, article),
        is_new: true,
    })
}

/// Puts on a new ticket what was suggested before it was opened, as far as its actor still sees it: the system's own
/// doing, which counts for nothing.
pub async fn suggest_on(
    tx: &mut Tx<'_>,
    ticket: &ticket::Model,
    articles: &[ArticleId],
) -> Result<()> {
    let visible: Vec<ArticleId> = article::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(articles.iter().copied()))
        .filter(policy::visible_articles(tx.actor()))
        .into_tuple()
        .all(&**tx)
        .await?;
    for article_id in articles.iter().filter(|id| visible.contains(id)) {
        let link = insert_link(tx, ticket.id, *article_id, Role::Suggested, None).await?;
        let event = Event::KnowledgeLinked {
            ticket_id: ticket.id,
            link_id: link.id,
            article_id: *article_id,
            role: Role::Suggested,
        };
        tx.by_itself(|tx| {
            tx.record(event);
            tx.record_change(Some(ticket), ticket)
        })?;
    }
    Ok(())
}

async fn insert_link(
    tx: &Tx<'_>,
    ticket_id: TicketId,
    article_id: ArticleId,
    role: Role,
    added_by_id: Option<UserId>,
) -> Result<knowledge_link::Model> {
    let link = knowledge_link::Model {
        id: KnowledgeLinkId(tx.new_id()),
        ticket_id,
        article_id,
        role,
        added_by_id,
        created_at: tx.now(),
    };
    let row = link.clone().into_active_model().reset_all();
    knowledge_link::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    Ok(link)
}

/// Not an edit: `updated_at` stays. The article is locked, so no count is lost.
async fn count_solution(tx: &Tx<'_>, article: article::Model) -> Result<article::Model> {
    let count = article.solved_count + 1;
    let mut row = article.into_active_model();
    row.solved_count = Set(count);
    Ok(row.update(&**tx).await?)
}
