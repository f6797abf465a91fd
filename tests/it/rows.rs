//! Rows written past the commands, for tests that need many of them or odd ones.

use std::sync::atomic::{AtomicI32, Ordering};

use entity::{
    article, article_translation, comment,
    ids::{ArticleId, CommentId, TicketId},
    json::{Fields, Tags},
    ticket::{self, Channel, NEVER, Priority, ServicePhase, Status, Warning},
    ticket_detail, ticket_tag,
    user::Locale,
};
use guichet::{
    actor::Actor,
    app::Tx,
    custom_field,
    sla::{Stored, Targets, Timers},
    text,
};
use harness::TestServer;
use sea_orm::{ActiveModelTrait, IntoActiveModel};

/// Far from the numbers that commands give.
static NUMBERS: AtomicI32 = AtomicI32::new(1_000_000);

/// A ticket of Rosa's with nothing on it.
pub(crate) fn ticket(server: &TestServer) -> ticket::Model {
    let app = server.app();
    let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
    let targets = Targets {
        first_reply_s: Some(4 * 3_600),
        next_reply_s: None,
        resolution_s: Some(8 * 3_600),
    };
    ticket::Model {
        id: TicketId(app.clock.new_id()),
        number,
        // Two tickets of one integration cannot have the same external id.
        integration_id: app.clock.new_id(),
        external_id: None,
        version: 1,
        subject: format!("Ticket {number}"),
        subject_folded: format!("ticket {number}"),
        status: Status::New,
        waiting_reason: None,
        waiting_until: None,
        priority: Priority::Normal,
        level_rank: 1,
        channel: Channel::Portal,
        requester_id: server.requester().user_id(),
        organization_id: Some(server.organization()),
        team_id: None,
        assignee_id: None,
        tags: Tags::default(),
        fields: Fields::default(),
        public_comment_count: 0,
        internal_comment_count: 0,
        last_public_comment: None,
        last_internal_comment: None,
        timers: serde_json::to_string(&Stored::from(&Timers::start(targets.into(), server.now())))
            .unwrap(),
        service_phase: ServicePhase::Cancelled,
        next_due_at: NEVER,
        at_risk_at: NEVER,
        warning: Warning::None,
        next_deadline_at: None,
        terms_version: 0,
        reopen_count: 0,
        merged_into_id: None,
        merged_tickets: None,
        follow_up_of_id: None,
        created_at: server.now(),
        updated_at: server.now(),
        first_replied_at: None,
        solved_at: None,
        closed_at: None,
    }
}

/// A public comment of Rosa's.
pub(crate) fn comment(server: &TestServer, ticket: TicketId) -> comment::Model {
    comment::Model {
        id: CommentId(server.app().clock.new_id()),
        ticket_id: ticket,
        author_id: Some(server.requester().user_id()),
        visibility: comment::Visibility::Public,
        body: "Hello".to_owned(),
        body_html: "<p>Hello</p>".to_owned(),
        excerpt: "Hello".to_owned(),
        is_solution: false,
        external_id: None,
        created_at: server.now(),
        edited_at: None,
    }
}

/// A public, published article.
pub(crate) fn article(server: &TestServer) -> article::Model {
    let id = server.app().clock.new_id();
    article::Model {
        id: ArticleId(id),
        slug: format!("article-{}", id.simple()),
        status: article::Status::Published,
        visibility: article::Visibility::Public,
        category: None,
        tags: Tags::default(),
        url: None,
        locale: Locale::En,
        solved_count: 0,
        helpful_count: 0,
        external_id: None,
        created_by_id: None,
        created_at: server.now(),
        updated_at: server.now(),
        published_at: Some(server.now()),
        version: 1,
        publish_at: None,
        archive_at: None,
        scheduled_at: None,
        reviewed_at: None,
        reviewed_by_id: None,
        category_id: None,
    }
}

pub(crate) async fn insert_ticket(tx: &Tx<'_>, model: ticket::Model) {
    let (id, tags, fields) = (model.id, model.tags.0.clone(), model.fields.clone());
    insert(tx, model).await;
    let details = ticket_detail::Model {
        ticket_id: id,
        description: "It **burns**.".to_owned(),
        description_html: "<p>It <strong>burns</strong>.</p>".to_owned(),
        context: None,
        custom_fields: entity::json::CustomFields::default(),
        satisfaction: None,
    };
    insert(tx, details).await;
    for tag in tags {
        insert(tx, ticket_tag::Model { ticket_id: id, tag }).await;
    }
    custom_field::store(tx, id, &Fields::default(), &fields)
        .await
        .unwrap();
}

pub(crate) async fn insert_article(tx: &Tx<'_>, model: article::Model) {
    let text = article_translation::Model {
        article_id: model.id,
        locale: model.locale,
        title: "Printers".to_owned(),
        title_folded: text::fold("Printers"),
        summary: String::new(),
        body: Some("Water.".to_owned()),
        body_html: Some("<p>Water.</p>".to_owned()),
        updated_at: model.updated_at,
        edited_by_id: None,
    };
    insert(tx, model).await;
    insert(tx, text).await;
}

/// Inserts every column as it is.
pub(crate) async fn insert<M, A>(tx: &Tx<'_>, model: M)
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait + sea_orm::ActiveModelBehavior + Send,
    <A::Entity as sea_orm::EntityTrait>::Model: IntoActiveModel<A>,
{
    model
        .into_active_model()
        .reset_all()
        .insert(&**tx)
        .await
        .unwrap();
}

/// Runs `write` in a transaction of its own.
pub(crate) async fn commit(server: &TestServer, write: impl AsyncFnOnce(&Tx<'_>)) {
    let tx = server.app().begin(&Actor::System).await.unwrap();
    write(&tx).await;
    tx.commit().await.unwrap();
}
