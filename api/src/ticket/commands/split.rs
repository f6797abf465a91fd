//! Splitting a ticket: what a comment asks goes on by itself.

use entity::{
    comment::{self, Column, Visibility},
    ids::{CommentId, TicketId, TicketLinkId, UserId},
    organization, text_revision,
    ticket::{self, Status},
    ticket_link::{self, Kind},
    user,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, sea_query::Expr,
};

use super::{
    super::Change,
    create::{Part, open_part},
    link::require_room,
};
use crate::{
    actor::Actor,
    app::{App, Tx},
    attachment,
    comment::{digest, show_on_ticket},
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::Checked,
    people,
    policy::{self, Action},
    refusal::{Refusal, Why},
    text,
};

/// Comments that move at once.
const MOVED_MAX: usize = 500;

/// Where to split, and how.
#[derive(Clone, Debug)]
pub struct Split {
    pub ticket_id: Option<TicketId>,
    pub comment_id: Option<CommentId>,
    /// None: the subject of the ticket.
    pub subject: Option<String>,
    /// Whether the comments after it move along.
    pub moves_later: bool,
    pub expected_version: Option<i32>,
}

/// Both tickets, as they are after it.
#[derive(Debug)]
pub struct Parts {
    pub ticket: ticket::Model,
    pub new: ticket::Model,
}

/// Opens a ticket with what a public comment says, for who wrote it if that is a requester. The comment stays; those
/// after it move to the new ticket where that is asked for.
pub async fn split(app: &App, actor: &Actor, split: &Split) -> Result<Parts> {
    let mut checked = Checked::default();
    let subject = split.subject.as_deref();
    let subject = subject.map(|text| checked.line("subject", text, text::SUBJECT_CHARS_MAX));
    refuse_if_any(checked.refusals)?;
    let directory = app.directory().await?;

    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock(&mut tx, split.ticket_id).await?;
    policy::authorize(actor, Action::SplitTicket(&change.after))?;
    change.expect_version(split.expected_version)?;
    let at = find_comment(&tx, change.after.id, split.comment_id).await?;
    let (requester_id, organization_id) = requester_of(&tx, &change.after, &at).await?;
    let mut part = Part {
        subject: String::new(),
        description: at.body.clone(),
        requester_id,
        organization_id,
    };
    let is_alike = is_read_alike(&tx, &change.after, &part).await?;
    part.subject = match subject {
        Some(subject) => subject,
        None if is_alike => change.after.subject.clone(),
        None => return Err(Refusal::Required { field: "subject" }.into()),
    };
    let moved = match (split.moves_later, is_alike) {
        (false, _) => Vec::new(),
        (true, true) => comments_after(&tx, &at).await?,
        (true, false) => return Err(invalid("movesLater", Why::OtherReaders)),
    };

    let new = open_part(&mut tx, &change.after, part, &directory).await?;
    attachment::share_with_ticket(&tx, at.id, new.id).await?;
    let mut new = Change::of_locked(&mut tx, new).await?;
    move_comments(&mut tx, &moved, &mut change, &mut new).await?;
    link(&mut tx, new.after.id, change.after.id).await?;
    let new = settle(&mut tx, new).await?;
    tx.record(Event::TicketSplit {
        ticket_id: change.after.id,
        into_id: new.id,
        comment_id: at.id,
        moved: moved.iter().map(|comment| comment.id).collect(),
    });
    if !change.is_change() {
        tx.record_change(Some(&change.after), &change.after)?;
    }
    let ticket = change.finish(tx).await?;
    Ok(Parts { ticket, new })
}

/// On this ticket itself: what a merged one brought is split there, once that is undone.
async fn find_comment(
    tx: &Tx<'_>,
    ticket_id: TicketId,
    id: Option<CommentId>,
) -> Result<comment::Model> {
    let missing = Refusal::NotFound { field: "commentId" };
    let Some(id) = id else {
        return Err(missing.into());
    };
    let found = comment::Entity::find_by_id(id)
        .filter(Column::TicketId.eq(ticket_id))
        .filter(policy::visible_comments_of_visible_tickets(tx.actor()));
    let comment = found.one(&**tx).await?.ok_or(missing)?;
    match comment.visibility {
        Visibility::Public => Ok(comment),
        // The description of a ticket is its requester's to read.
        Visibility::Internal => Err(invalid("commentId", Why::InternalComment)),
    }
}

async fn requester_of(
    tx: &Tx<'_>,
    ticket: &ticket::Model,
    comment: &comment::Model,
) -> Result<(UserId, Option<entity::ids::OrganizationId>)> {
    let of_ticket = (ticket.requester_id, ticket.organization_id);
    match comment.author_id {
        Some(author) if author != ticket.requester_id => {
            let author = people::find_in(tx, author).await?;
            Ok(if policy::asks_for_help(&author) {
                (author.id, author.organization_id)
            } else {
                of_ticket
            })
        }
        _ => Ok(of_ticket),
    }
}

/// Whether the same requesters will read the new ticket.
async fn is_read_alike(tx: &Tx<'_>, ticket: &ticket::Model, part: &Part) -> Result<bool> {
    let shares = match ticket.organization_id {
        Some(id) => organization::Entity::find_by_id(id).one(&**tx).await?,
        None => None,
    };
    let shares = shares.is_some_and(|organization| organization.shares_tickets);
    let new = ticket::Model {
        requester_id: part.requester_id,
        organization_id: part.organization_id,
        ..ticket.clone()
    };
    Ok(policy::are_read_alike(ticket, &new, shares))
}

/// In the order in which they were written.
async fn comments_after(tx: &Tx<'_>, at: &comment::Model) -> Result<Vec<comment::Model>> {
    let later = Condition::any()
        .add(Column::CreatedAt.gt(at.created_at))
        .add(
            Condition::all()
                .add(Column::CreatedAt.eq(at.created_at))
                .add(Column::Id.gt(at.id)),
        );
    let comments = comment::Entity::find()
        .filter(Column::TicketId.eq(at.ticket_id))
        .filter(later)
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .limit(MOVED_MAX as u64 + 1)
        .all(&**tx)
        .await?;
    if comments.len() > MOVED_MAX {
        return Err(invalid("movesLater", Why::TooMany { max: MOVED_MAX }));
    }
    Ok(comments)
}

async fn move_comments(
    tx: &mut Tx<'_>,
    moved: &[comment::Model],
    from: &mut Change,
    to: &mut Change,
) -> Result<()> {
    if moved.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = moved.iter().map(|comment| comment.id).collect();
    let to_id = to.after.id;
    comment::Entity::update_many()
        .col_expr(Column::TicketId, Expr::val(to_id))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(&**tx)
        .await?;
    text_revision::Entity::update_many()
        .col_expr(text_revision::Column::TicketId, Expr::val(to_id))
        .filter(text_revision::Column::CommentId.is_in(ids))
        .exec(&**tx)
        .await?;
    let staff = staff_among(tx, moved).await?;
    for comment in moved {
        show_on_ticket(&mut to.after, comment);
        if comment.visibility == Visibility::Internal {
            from.after.internal_comment_count -= 1;
            continue;
        }
        from.after.public_comment_count -= 1;
        let is_reply = comment.author_id.is_some_and(|id| staff.contains(&id));
        note(tx, to, is_reply);
    }
    let newest = async |visibility| -> Result<_> {
        let left = comment::Entity::find()
            .filter(Column::TicketId.eq(from.after.id))
            .filter(Column::Visibility.eq(visibility))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id);
        Ok(left.one(&**tx).await?.as_ref().map(digest))
    };
    let [public, internal] = [
        newest(Visibility::Public).await?,
        newest(Visibility::Internal).await?,
    ];
    from.after.last_public_comment = public;
    from.after.last_internal_comment = internal;
    Ok(())
}

/// The new ticket has been answered as far as the moved comments answer it.
fn note(tx: &mut Tx<'_>, new: &mut Change, is_reply: bool) {
    let now = tx.now();
    if is_reply {
        new.timers().agent_replied(now);
        new.after.first_replied_at.get_or_insert(now);
        if new.after.status == Status::New {
            tx.by_itself(|tx| new.open_if_new(tx));
        }
    } else {
        new.timers().requester_commented(now);
    }
}

async fn staff_among(tx: &Tx<'_>, moved: &[comment::Model]) -> Result<Vec<UserId>> {
    let authors = moved.iter().filter_map(|comment| comment.author_id);
    let users = user::Entity::find()
        .filter(user::Column::Id.is_in(authors))
        .all(&**tx)
        .await?;
    let staff = users.iter().filter(|user| !policy::asks_for_help(user));
    Ok(staff.map(|user| user.id).collect())
}

async fn link(tx: &mut Tx<'_>, new_id: TicketId, other_id: TicketId) -> Result<()> {
    let kind = Kind::RelatesTo;
    require_room(tx, other_id, kind, "ticketId").await?;
    let link_id = TicketLinkId(tx.new_id());
    let row = ticket_link::ActiveModel {
        id: Set(link_id),
        from_id: Set(new_id),
        to_id: Set(other_id),
        kind: Set(kind),
        added_by_id: Set(tx.actor().id()),
        created_at: Set(tx.now()),
    };
    ticket_link::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    tx.record(Event::TicketLinked {
        ticket_id: new_id,
        link_id,
        other_id,
        kind,
    });
    Ok(())
}

async fn settle(tx: &mut Tx<'_>, new: Change) -> Result<ticket::Model> {
    if !new.is_change() {
        tx.record_change(Some(&new.after), &new.after)?;
    }
    new.save(tx).await
}

fn invalid(field: &'static str, why: Why) -> Error {
    Refusal::Invalid { field, why }.into()
}
