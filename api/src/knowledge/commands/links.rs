//! Putting articles on tickets.

use entity::{
    article::{self, Column},
    ids::{ArticleId, KnowledgeLinkId, TicketId, UserId},
    knowledge_link::{self, Role},
    ticket,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
};

use super::lock;
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::Result,
    events::Event,
    knowledge::queries::Linked,
    policy::{self, Action},
    refusal::{Refusal, Why},
    ticket::Change,
};

/// Knowledge links of one ticket.
const LINKS_MAX: usize = 100;

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
