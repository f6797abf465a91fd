//! Writes comments, known by their external ids.

use std::collections::{HashMap, HashSet};

use entity::{
    comment::{self, Visibility},
    ids::{CommentId, TextRevisionId},
    json::CommentDigest,
    text_revision, ticket,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::{
    bulk,
    commands::Existing,
    known::Known,
    life::Moment,
    record::Comment,
    report::Outcome,
    tickets::{Desk, Open, Verdict, require_not_merged},
};
use crate::{app::Tx, error::Result, events::Event, policy, text::markdown};

/// Takes in what rows say of comments; changes to known ones are written at once.
pub(super) async fn take(
    tx: &Tx<'_>,
    known: &Known,
    desk: &mut Desk,
    rows: &[(u64, &Comment)],
    existing: Existing,
) -> Result<Vec<(u64, Verdict)>> {
    let external_ids: HashSet<&str> = rows
        .iter()
        .map(|(_, row)| row.external_id.as_str())
        .collect();
    let found = bulk::find_in(
        tx,
        comment::Entity::find(),
        comment::Column::ExternalId,
        external_ids,
    )
    .await?;
    let mut stored: HashMap<String, comment::Model> = found
        .into_iter()
        .filter_map(|comment| Some((comment.external_id.clone()?, comment)))
        .collect();
    let mut verdicts = Vec::new();
    for (line, row) in rows {
        let verdict = match stored.remove(&row.external_id) {
            Some(_) if existing == Existing::Keep => Ok(Outcome::Unchanged),
            Some(old) => revise(tx, desk, old, row).await?,
            None => add(tx, known, desk, row),
        };
        verdicts.push((*line, verdict));
    }
    Ok(verdicts)
}

fn add(tx: &Tx<'_>, known: &Known, desk: &mut Desk, row: &Comment) -> Verdict {
    let author = known.user("authorEmail", &row.author.email)?;
    let visibility = row.visibility.unwrap_or(Visibility::Public);
    if visibility == Visibility::Internal && !policy::joins_teams(author.role) {
        return Err("visibility: an internal comment needs an agent as its author".to_owned());
    }
    let open = ticket_of(desk, row)?;
    require_not_merged(open)?;
    let now = tx.now();
    let at = row
        .created_at
        .map_or(now, |when| when.resolve(now).min(now))
        .max(open.after.created_at);
    let comment = comment::Model {
        id: CommentId(tx.new_id()),
        ticket_id: open.after.id,
        author_id: Some(author.id),
        visibility,
        body: row.body.clone(),
        body_html: markdown::to_html(&row.body),
        excerpt: markdown::excerpt(&row.body),
        is_solution: row.is_solution.unwrap_or(false),
        external_id: Some(row.external_id.clone()),
        created_at: at,
        edited_at: None,
    };
    let event = Event::CommentAdded {
        ticket_id: comment.ticket_id,
        comment_id: comment.id,
        visibility,
        mentioned: vec![],
    };
    open.moments.push(Moment {
        at,
        by: Some(author.id),
        event,
    });
    desk.comments.insert(comment.id, comment);
    Ok(Outcome::Created)
}

fn ticket_of<'a>(desk: &'a mut Desk, row: &Comment) -> Result<&'a mut Open, String> {
    let missing = || format!("ticketExternalId: there is no ticket {}", row.ticket);
    desk.tickets.get_mut(&row.ticket).ok_or_else(missing)
}

async fn revise(
    tx: &Tx<'_>,
    desk: &mut Desk,
    old: comment::Model,
    row: &Comment,
) -> Result<Verdict> {
    let open = match ticket_of(desk, row) {
        Ok(open) if open.after.id == old.ticket_id => open,
        Ok(_) => {
            return Ok(Err(
                "externalId: belongs to a comment on another ticket".to_owned()
            ));
        }
        Err(reason) => return Ok(Err(reason)),
    };
    if row
        .visibility
        .is_some_and(|visibility| visibility != old.visibility)
    {
        return Ok(Err("visibility: cannot be changed".to_owned()));
    }
    let is_solution = row.is_solution.unwrap_or(old.is_solution);
    if old.body == row.body && old.is_solution == is_solution {
        return Ok(Ok(Outcome::Unchanged));
    }
    if let Err(reason) = require_not_merged(open) {
        return Ok(Err(reason));
    }
    if old.body != row.body {
        keep_earlier_text(tx, &old).await?;
    }
    let new = comment::Model {
        body: row.body.clone(),
        body_html: markdown::to_html(&row.body),
        excerpt: markdown::excerpt(&row.body),
        is_solution,
        edited_at: Some(tx.now()),
        ..old
    };
    comment::Entity::update(new.clone().into_active_model().reset_all())
        .exec(&**tx)
        .await?;
    show_edit(&mut open.after, &new);
    let (ticket_id, comment_id, visibility) = (new.ticket_id, new.id, new.visibility);
    open.moments.push(Moment {
        at: tx.now(),
        by: None,
        event: Event::CommentEdited {
            ticket_id,
            comment_id,
            visibility,
            mentioned: vec![],
        },
    });
    Ok(Ok(Outcome::Updated))
}

async fn keep_earlier_text(tx: &Tx<'_>, old: &comment::Model) -> Result<()> {
    let revision = text_revision::Model {
        id: TextRevisionId(tx.new_id()),
        ticket_id: old.ticket_id,
        comment_id: Some(old.id),
        subject: None,
        body: old.body.clone(),
        edited_by_id: None,
        edited_at: tx.now(),
    };
    bulk::insert::<text_revision::Entity, _>(tx, std::iter::once(revision)).await
}

fn show_edit(ticket: &mut ticket::Model, comment: &comment::Model) {
    let newest = match comment.visibility {
        Visibility::Public => &mut ticket.last_public_comment,
        Visibility::Internal => &mut ticket.last_internal_comment,
    };
    if let Some(CommentDigest { excerpt, .. }) =
        newest.as_mut().filter(|newest| newest.id == comment.id)
    {
        excerpt.clone_from(&comment.excerpt);
    }
}
