//! What came of suggestions: an outcome, or a ticket all the same.

use chrono::TimeDelta;
use entity::{
    article,
    help_outcome::{self, Outcome},
    help_session,
    ids::{ArticleId, HelpSessionId},
    ticket,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};

use super::session::{HelpSession, find_session};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result},
    events::Event,
    input::Named,
    knowledge, policy,
    refusal::Refusal,
};

/// Each key press names a new session; what the same person says within this time is of one try.
const TRY_WITHIN: TimeDelta = TimeDelta::minutes(30);
/// Outcomes of one try.
const OUTCOMES_MAX: u64 = 100;

/// Records what came of a suggestion, and tells of which article. The same again changes nothing.
pub async fn record_outcome(
    app: &App,
    actor: &Actor,
    session: &str,
    article: Named<ArticleId>,
    outcome: Outcome,
) -> Result<Option<article::Model>> {
    let session = find_session(app, actor, session).await?;
    let session = session.ok_or(Refusal::NotFound { field: "session" })?;
    let article_id = match article {
        Named::Absent | Named::Null if outcome == Outcome::NotHelped => None,
        Named::Absent | Named::Null => {
            return Err(Refusal::Required { field: "articleId" }.into());
        }
        Named::Id(id) if session.articles.contains(&id) => Some(id),
        Named::Id(_) | Named::Unknown => {
            return Err(Refusal::NotFound { field: "articleId" }.into());
        }
    };
    let mut tx = app.begin(actor).await?;
    let article = match article_id {
        Some(id) => Some(lock_article(&tx, id).await?),
        None => None,
    };
    let row = begin(&tx, &session).await?;
    let said = help_outcome::Entity::find()
        .filter(help_outcome::Column::SessionId.eq(row.id))
        .limit(OUTCOMES_MAX)
        .all(&*tx)
        .await?;
    let is_same =
        |said: &help_outcome::Model| said.article_id == article_id && said.outcome == outcome;
    if said.iter().any(is_same) || said.len() as u64 >= OUTCOMES_MAX {
        return Ok(article);
    }
    let article = match (outcome, article) {
        (Outcome::Helped, Some(article)) => Some(helped(&mut tx, article, row, &session).await?),
        (outcome, article) => {
            insert(&tx, row.id, article_id, outcome, None).await?;
            article
        }
    };
    tx.commit().await?;
    Ok(article)
}

/// One vote for a requester, an article and a day: more are recorded and teach nothing.
async fn helped(
    tx: &mut Tx<'_>,
    article: article::Model,
    session: help_session::Model,
    typed: &HelpSession,
) -> Result<article::Model> {
    let votes = help_outcome::Entity::find()
        .filter(help_outcome::Column::ArticleId.eq(article.id))
        .filter(help_outcome::Column::CreatedAt.gte(tx.now() - TimeDelta::days(1)))
        .filter(help_outcome::Column::UserId.eq(session.user_id))
        .filter(help_outcome::Column::Outcome.eq(Outcome::Helped))
        .count(&**tx)
        .await?;
    let is_vote = votes == 0 && !policy::is_at_desk(tx.actor());
    let text = is_vote.then(|| typed.text.clone());
    let session_id = session.id;
    let mut session = session.into_active_model();
    session.is_helped = Set(true);
    session.update(&**tx).await?;
    insert(tx, session_id, Some(article.id), Outcome::Helped, text).await?;
    if !is_vote {
        return Ok(article);
    }
    let (id, count) = (article.id, article.helpful_count + 1);
    let mut article = article.into_active_model();
    article.helpful_count = Set(count);
    let article = article.update(&**tx).await?;
    tx.record(Event::ArticleHelped { article_id: id });
    Ok(article)
}

async fn insert(
    tx: &Tx<'_>,
    session_id: HelpSessionId,
    article_id: Option<ArticleId>,
    outcome: Outcome,
    text: Option<String>,
) -> Result<()> {
    let row = help_outcome::ActiveModel {
        id: Set(tx.new_id()),
        session_id: Set(session_id),
        article_id: Set(article_id),
        outcome: Set(outcome),
        user_id: Set(tx.actor().id().ok_or(Error::Unauthenticated)?),
        organization_id: Set(tx.actor().organization_id()),
        text: Set(text),
        created_at: Set(tx.now()),
    };
    help_outcome::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Says of a new ticket that it was opened in spite of what was suggested, and puts that on it.
pub async fn attach(tx: &mut Tx<'_>, ticket: &ticket::Model, session: &HelpSession) -> Result<()> {
    let mut row = begin(tx, session).await?.into_active_model();
    row.ticket_id = Set(Some(ticket.id));
    row.update(&**tx).await?;
    knowledge::suggest_on(tx, ticket, &session.articles).await
}

/// The try that a session belongs to: one that goes on, or a new one. Who opened a ticket begins anew.
async fn begin(tx: &Tx<'_>, session: &HelpSession) -> Result<help_session::Model> {
    use help_session::Column;

    let user_id = tx.actor().id().ok_or(Error::Unauthenticated)?;
    let known = help_session::Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(
            sea_orm::Condition::any()
                .add(Column::Id.eq(session.id))
                .add(
                    sea_orm::Condition::all()
                        .add(Column::TicketId.is_null())
                        .add(Column::CreatedAt.gte(tx.now() - TRY_WITHIN)),
                ),
        )
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .lock_exclusive()
        .one(&**tx)
        .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let row = help_session::Model {
        id: session.id,
        user_id,
        ticket_id: None,
        is_helped: false,
        created_at: tx.now(),
    };
    help_session::Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(&**tx)
        .await?;
    Ok(row)
}

async fn lock_article(tx: &Tx<'_>, id: ArticleId) -> Result<article::Model> {
    let found = article::Entity::find_by_id(id)
        .filter(policy::visible_articles(tx.actor()))
        .lock_exclusive()
        .one(&**tx)
        .await?;
    found.ok_or_else(|| Refusal::NotFound { field: "articleId" }.into())
}
