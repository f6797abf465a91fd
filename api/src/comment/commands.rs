//! Every change to comments, and what a comment does to its ticket.

use entity::{
    comment::{self, Visibility},
    ids::{CommentId, TextRevisionId, TicketId, UploadId, UserId},
    json::CommentDigest,
    text_revision,
    ticket::{self, Status},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};

use crate::{
    actor::Actor,
    app::{App, Tx},
    attachment::{self, Owner},
    error::{Error, Result, refuse_if_any},
    events::Event,
    index::Document,
    input::Checked,
    notification,
    policy::{self, Action},
    refusal::Refusal,
    text,
    ticket::{Change, after_requester_comment, open_follow_up, require_not_closed},
};

/// A comment to be written; the body is checked already.
#[derive(Clone, Debug)]
pub struct NewComment {
    pub body: String,
    pub visibility: Visibility,
    pub is_solution: bool,
}

/// What came of a comment: where it stands in the end.
#[derive(Debug)]
pub struct Added {
    pub comment: comment::Model,
    pub ticket: ticket::Model,
}

/// Adds a comment. The requester's wakes a waiting ticket and reopens a solved one; on a closed one
/// it opens a follow-up and stands there, and on a merged one it stands on the other. The first public reply of staff opens a new ticket.
/// `uploads` are its files, each the actor's own (none: an id that names no upload).
pub async fn add(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    body: &str,
    visibility: Visibility,
    is_solution: bool,
    uploads: &[Option<UploadId>],
) -> Result<Added> {
    let mut checked = Checked::default();
    let body = checked.body("body", body);
    refuse_if_any(checked.refusals)?;
    let new = NewComment {
        body,
        visibility,
        is_solution,
    };
    let directory = app.directory().await?;

    let (mut tx, mut change) = lock_addressed(app, actor, id, visibility).await?;
    change.meet_targets(&mut tx).await?;
    policy::authorize(actor, Action::AddComment(&change.after, visibility))?;
    if is_solution {
        let may_mark = policy::may(actor, Action::MarkSolution(&change.after));
        refuse_if_any(if may_mark {
            vec![]
        } else {
            vec![Refusal::Forbidden {
                field: Some("isSolution"),
            }]
        })?;
    }
    if !asks(actor, &change.after, visibility) {
        require_not_closed(change.after.status)?;
    } else if change.after.status == Status::Closed {
        let follow_up = open_follow_up(&mut tx, &change.after, &directory).await?;
        change = Change::lock(&mut tx, Some(follow_up.id)).await?;
    }
    let comment = write(&mut tx, &mut change, new).await?;
    attachment::attach(&tx, uploads, Owner::Comment(comment.id)).await?;
    if visibility == Visibility::Public {
        note_reply(&tx, &mut change);
        follow_with_status(&mut tx, &mut change);
    }
    let ticket = change.finish(tx).await?;
    Ok(Added { comment, ticket })
}

/// Locks the ticket that a comment on this one belongs on. What is asked on a merged ticket is asked on the one that it
/// goes on as, where the actor sees that one. Only one of them is locked at a time.
async fn lock_addressed<'a>(
    app: &'a App,
    actor: &'a Actor,
    id: Option<TicketId>,
    visibility: Visibility,
) -> Result<(Tx<'a>, Change)> {
    let mut id = id;
    loop {
        let mut tx = app.begin(actor).await?;
        let change = Change::lock_whatever_status(&mut tx, id).await?;
        let onward = match change.after.merged_into_id {
            Some(into_id) if asks(actor, &change.after, visibility) => {
                find_visible(&tx, into_id).await?
            }
            _ => None,
        };
        // Merges form no circle, so this comes to an end.
        match onward {
            Some(into) => id = Some(into.id),
            None => return Ok((tx, change)),
        }
    }
}

/// Whether a comment is one by which the requester, or who counts as them, asks.
fn asks(actor: &Actor, ticket: &ticket::Model, visibility: Visibility) -> bool {
    visibility == Visibility::Public && policy::is_requesting(actor, ticket)
}

async fn find_visible(tx: &Tx<'_>, id: TicketId) -> Result<Option<ticket::Model>> {
    let visible = ticket::Entity::find_by_id(id).filter(policy::visible_tickets(tx.actor()));
    Ok(visible.one(&**tx).await?)
}

/// Writes the comment's row and what the ticket shows of it; its status is the caller's to decide.
pub async fn write(
    tx: &mut Tx<'_>,
    change: &mut Change,
    new: NewComment,
) -> Result<comment::Model> {
    let ticket_id = change.after.id;
    let comment = comment::Model {
        id: CommentId(tx.new_id()),
        ticket_id,
        author_id: tx.actor().id(),
        visibility: new.visibility,
        body_html: text::markdown::to_html(&new.body),
        excerpt: text::markdown::excerpt(&new.body),
        body: new.body,
        is_solution: new.is_solution,
        external_id: None,
        created_at: tx.now(),
        edited_at: None,
    };
    let row = comment.clone().into_active_model().reset_all();
    comment::Entity::insert(row)
        .exec_without_returning(&**tx)
        .await?;
    show_on_ticket(&mut change.after, &comment);
    tx.index_as(Document::comment(&comment));
    tx.record(Event::CommentAdded {
        ticket_id,
        comment_id: comment.id,
        visibility: comment.visibility,
        mentioned: notification::mentioned(&comment.body),
    });
    Ok(comment)
}

/// Keeps on the ticket what lists show: how many comments, and the newest of each visibility.
pub fn show_on_ticket(ticket: &mut ticket::Model, comment: &comment::Model) {
    let (count, newest) = match comment.visibility {
        Visibility::Public => (
            &mut ticket.public_comment_count,
            &mut ticket.last_public_comment,
        ),
        Visibility::Internal => (
            &mut ticket.internal_comment_count,
            &mut ticket.last_internal_comment,
        ),
    };
    *count += 1;
    *newest = Some(digest(comment));
}

/// What lists show of a comment.
pub fn digest(comment: &comment::Model) -> CommentDigest {
    CommentDigest {
        id: comment.id,
        author_id: comment.author_id,
        excerpt: comment.excerpt.clone(),
        created_at: comment.created_at,
    }
}

/// Tells the timers of a public comment by the transaction's actor: a reply by staff fulfils them,
/// a question by the requester starts the next one. Internal comments do neither.
pub fn note_reply(tx: &Tx<'_>, change: &mut Change) {
    let now = tx.now();
    if policy::is_requesting(tx.actor(), &change.after) {
        change.timers().requester_commented(now);
    } else {
        change.timers().agent_replied(now);
        change.after.first_replied_at.get_or_insert(now);
    }
}

fn follow_with_status(tx: &mut Tx<'_>, change: &mut Change) {
    if !policy::is_requesting(tx.actor(), &change.after) {
        return change.open_if_new(tx);
    }
    if after_requester_comment(change.after.status) != change.after.status {
        change.open(tx);
    }
}

/// Changes a comment's text and keeps the earlier one.
pub async fn edit(app: &App, actor: &Actor, id: Option<CommentId>, body: &str) -> Result<Added> {
    let mut checked = Checked::default();
    let body = checked.body("body", body);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let missing = || Error::from(Refusal::NotFound { field: "commentId" });
    let ticket_id = ticket_of(&tx, id.ok_or_else(missing)?)
        .await?
        .ok_or_else(missing)?;
    let mut change = Change::lock(&mut tx, Some(ticket_id)).await?;
    let comment = find_locked(&tx, id).await?.ok_or_else(missing)?;
    policy::authorize(actor, Action::EditComment(&change.after, &comment))?;
    if comment.body == body {
        return Ok(Added {
            comment,
            ticket: change.after,
        });
    }
    let mentioned = newly_mentioned(&comment.body, &body);
    keep_earlier_text(&tx, &comment).await?;
    let comment = replace_body(&tx, comment, body).await?;
    show_edit_on_ticket(&mut change.after, &comment);
    if comment.visibility == Visibility::Public {
        change.touch();
    }
    tx.record(Event::CommentEdited {
        ticket_id,
        comment_id: comment.id,
        visibility: comment.visibility,
        mentioned,
    });
    let ticket = change.finish(tx).await?;
    Ok(Added { comment, ticket })
}

/// Who was mentioned before was told then.
fn newly_mentioned(before: &str, after: &str) -> Vec<UserId> {
    let told = notification::mentioned(before);
    let mut mentioned = notification::mentioned(after);
    mentioned.retain(|id| !told.contains(id));
    mentioned
}

async fn ticket_of(tx: &Tx<'_>, id: CommentId) -> Result<Option<TicketId>> {
    let visible = comment::Entity::find_by_id(id).filter(policy::visible_comments(tx.actor()));
    Ok(visible.one(&**tx).await?.map(|comment| comment.ticket_id))
}

/// Read again under the ticket's lock, which every change to its comments takes.
async fn find_locked(tx: &Tx<'_>, id: Option<CommentId>) -> Result<Option<comment::Model>> {
    let Some(id) = id else { return Ok(None) };
    Ok(comment::Entity::find()
        .filter(comment::Column::Id.eq(id))
        .one(&**tx)
        .await?)
}

async fn keep_earlier_text(tx: &Tx<'_>, comment: &comment::Model) -> Result<()> {
    let revision = text_revision::ActiveModel {
        id: Set(TextRevisionId(tx.new_id())),
        ticket_id: Set(comment.ticket_id),
        comment_id: Set(Some(comment.id)),
        subject: Set(None),
        body: Set(comment.body.clone()),
        edited_by_id: Set(tx.actor().id()),
        edited_at: Set(tx.now()),
    };
    text_revision::Entity::insert(revision)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

async fn replace_body(
    tx: &Tx<'_>,
    comment: comment::Model,
    body: String,
) -> Result<comment::Model> {
    let mut row = comment.into_active_model();
    row.body_html = Set(text::markdown::to_html(&body));
    row.excerpt = Set(text::markdown::excerpt(&body));
    row.body = Set(body);
    row.edited_at = Set(Some(tx.now()));
    Ok(row.update(&**tx).await?)
}

fn show_edit_on_ticket(ticket: &mut ticket::Model, comment: &comment::Model) {
    let newest = match comment.visibility {
        Visibility::Public => &mut ticket.last_public_comment,
        Visibility::Internal => &mut ticket.last_internal_comment,
    };
    if let Some(newest) = newest.as_mut().filter(|newest| newest.id == comment.id) {
        *newest = digest(comment);
    }
}
