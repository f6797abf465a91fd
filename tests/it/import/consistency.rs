//! What must hold of every ticket, however it came in.

use entity::{
    comment, event,
    ticket::{self, ServicePhase, Status},
    ticket_tag,
};
use guichet::app::App;
use sea_orm::{EntityTrait, QueryOrder};

/// The counts, excerpts, tags and versions on every ticket are those of the rows behind them.
pub(super) async fn assert_tickets_show_what_is_stored(app: &App) {
    let db = &app.store.read;
    let comments = comment::Entity::find()
        .order_by_asc(comment::Column::CreatedAt)
        .order_by_asc(comment::Column::Id)
        .all(db)
        .await
        .unwrap();
    let tags = ticket_tag::Entity::find().all(db).await.unwrap();
    let events = event::Entity::find()
        .order_by_asc(event::Column::Id)
        .all(db)
        .await
        .unwrap();
    for ticket in ticket::Entity::find().all(db).await.unwrap() {
        let name = ticket.external_id.as_deref().unwrap();
        let of = |visibility| {
            let is_of = move |comment: &&comment::Model| {
                comment.ticket_id == ticket.id && comment.visibility == visibility
            };
            comments.iter().filter(is_of).collect::<Vec<_>>()
        };
        for (visibility, count, newest) in [
            (
                comment::Visibility::Public,
                ticket.public_comment_count,
                &ticket.last_public_comment,
            ),
            (
                comment::Visibility::Internal,
                ticket.internal_comment_count,
                &ticket.last_internal_comment,
            ),
        ] {
            let comments = of(visibility);
            assert_eq!(usize::try_from(count).unwrap(), comments.len(), "{name}");
            let shown = newest.as_ref().map(|newest| newest.id);
            assert_eq!(shown, comments.last().map(|comment| comment.id), "{name}");
        }
        let mut rows: Vec<&str> = tags
            .iter()
            .filter(|tag| tag.ticket_id == ticket.id)
            .map(|tag| tag.tag.as_str())
            .collect();
        let mut shown: Vec<&str> = ticket.tags.0.iter().map(String::as_str).collect();
        rows.sort_unstable();
        shown.sort_unstable();
        assert_eq!(rows, shown, "{name}");

        let own: Vec<_> = events
            .iter()
            .filter(|event| event.ticket_id == Some(ticket.id))
            .collect();
        assert_eq!(own[0].data["type"], "TicketCreated", "{name}");
        // What only staff may know leaves the version; tags are no secret.
        let is_public =
            |event: &&&event::Model| !event.is_internal || event.data["type"] == "TicketTagged";
        assert_eq!(
            own.iter().filter(is_public).count(),
            usize::try_from(ticket.version).unwrap(),
            "{name}"
        );
        let last = own.last().unwrap();
        let facts = last.facts.as_ref().unwrap();
        assert_eq!(facts["version"], ticket.version, "{name}");
        assert_eq!(
            ticket.waiting_reason.is_some(),
            ticket.status == Status::Waiting,
            "{name}"
        );
        assert_eq!(
            ticket.closed_at.is_some(),
            ticket.status == Status::Closed,
            "{name}"
        );
        let is_over = matches!(ticket.status, Status::Solved | Status::Closed);
        assert_eq!(ticket.solved_at.is_some(), is_over, "{name}");
        assert_eq!(ticket.service_phase == ServicePhase::Met, is_over, "{name}");
        assert_eq!(
            ticket.next_due_at == ticket::NEVER,
            ticket.service_phase != ServicePhase::Running,
            "{name}"
        );
    }
}
