//! A draft out of a solved ticket: its question and what solved it, for a person to make an article of.

use entity::{
    article::{self, Visibility},
    comment,
    ids::TicketId,
    knowledge_link::{self, Role},
    ticket_detail,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{
    commands::{insert_draft, link},
    rules::{self, Solved},
};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result},
    policy::{self, Action},
    refusal::{Refusal, Why},
    ticket::{Change, require_solved},
};

/// Solutions of one ticket that go into the draft, the newest.
const SOLUTIONS_MAX: u64 = 10;

/// Which ticket, and what is to become of it.
#[derive(Clone, Debug)]
pub struct FromTicket {
    /// None: the id names nothing.
    pub ticket_id: Option<TicketId>,
    pub visibility: Visibility,
    /// The language of the ticket; guessed where it is absent.
    pub locale: Option<String>,
}

/// Makes a draft of a solved or closed ticket and links it as what solved it. Where there is a draft that solved it
/// already, another is refused: the ticket is locked, so two who ask at once make one.
pub async fn draft_from_ticket(
    app: &App,
    actor: &Actor,
    asked: &FromTicket,
) -> Result<article::Model> {
    policy::authorize(actor, Action::CreateArticle)?;
    let mut tx = app.begin(actor).await?;
    let change = Change::lock_whatever_status(&mut tx, asked.ticket_id).await?;
    let ticket = change.after;
    policy::authorize(actor, Action::LinkKnowledge(&ticket))?;
    require_solved(ticket.status)?;
    if ticket.merged_into_id.is_some() {
        return Err(refused(Why::Merged));
    }
    refuse_second_draft(&tx, ticket.id).await?;
    let description = read_description(&tx, ticket.id).await?;
    let solutions = read_solutions(&tx, ticket.id, asked.visibility).await?;
    let new = rules::from_ticket(
        Solved {
            subject: &ticket.subject,
            description: &description,
            solutions: &solutions,
            tags: &ticket.tags.0,
        },
        asked.visibility,
        asked.locale.as_deref(),
        actor.locale(),
    );
    let draft = rules::check_article(&new)?;
    let article = insert_draft(&mut tx, draft, None).await?;
    let added = link(&mut tx, &ticket, Some(article.id), Role::Solution).await?;
    tx.commit().await?;
    let (_, article) = added.linked;
    Ok(article)
}

async fn refuse_second_draft(tx: &Tx<'_>, ticket_id: TicketId) -> Result<()> {
    let of_article = knowledge_link::Entity::belongs_to(article::Entity)
        .from(knowledge_link::Column::ArticleId)
        .to(article::Column::Id);
    let drafts = knowledge_link::Entity::find()
        .join(JoinType::InnerJoin, of_article.into())
        .filter(knowledge_link::Column::TicketId.eq(ticket_id))
        .filter(knowledge_link::Column::Role.eq(Role::Solution))
        .filter(article::Column::Status.eq(article::Status::Draft))
        .count(&**tx)
        .await?;
    if drafts == 0 {
        return Ok(());
    }
    Err(refused(Why::HasDraft))
}

fn refused(why: Why) -> Error {
    let field = "ticketId";
    Refusal::Invalid { field, why }.into()
}

async fn read_description(tx: &Tx<'_>, ticket_id: TicketId) -> Result<String> {
    let description = ticket_detail::Entity::find_by_id(ticket_id)
        .select_only()
        .column(ticket_detail::Column::Description)
        .into_tuple()
        .one(&**tx)
        .await?;
    description.ok_or(Error::NotFound("ticket"))
}

/// What was marked as the solution, in the order in which it was written. What is internal stays among staff: it goes
/// into internal articles alone.
async fn read_solutions(
    tx: &Tx<'_>,
    ticket_id: TicketId,
    visibility: Visibility,
) -> Result<Vec<String>> {
    use comment::Column;

    let readable = match visibility {
        Visibility::Public => {
            Condition::all().add(Column::Visibility.eq(comment::Visibility::Public))
        }
        Visibility::Internal => policy::visible_comments_of_visible_tickets(tx.actor()),
    };
    let mut bodies: Vec<String> = comment::Entity::find()
        .select_only()
        .column(Column::Body)
        .filter(Column::TicketId.eq(ticket_id))
        .filter(Column::IsSolution.eq(true))
        .filter(readable)
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(SOLUTIONS_MAX)
        .into_tuple()
        .all(&**tx)
        .await?;
    bodies.reverse();
    Ok(bodies)
}
