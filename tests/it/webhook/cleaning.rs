//! Deliveries that are old, while somebody else writes them.

use chrono::TimeDelta;
use entity::{webhook_delivery as delivery, webhook_endpoint};
use guichet::actor::Actor;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use tokio::time::sleep;

use super::{QUIET, change, desk, endpoint, receiver::Receiver, until};

/// Whoever sends holds the endpoint, and writes its deliveries.
#[tokio::test(flavor = "multi_thread")]
async fn cleaning_waits_for_whoever_holds_an_endpoint() {
    let server = desk().await;
    let admin = server.admin();
    let receiver = Receiver::start().await;
    receiver.answer(503);
    let told = endpoint(&admin, &receiver, json!({})).await;
    server.ticket().create().await;
    until(&admin, &told.id, |state| state["failingSince"].is_string()).await;
    change(&admin, "disableWebhookEndpoint", &told.id, json!({})).await;
    server.advance(TimeDelta::days(15));

    let tx = server.app().begin(&Actor::System).await.unwrap();
    let held = webhook_endpoint::Entity::find().lock_exclusive();
    assert!(held.one(&*tx).await.unwrap().is_some());
    let app = server.app().clone();
    let cleaning = tokio::spawn(async move { guichet::webhook::remove_old(&app).await });
    sleep(QUIET / 3).await;
    delivery::Entity::update_many()
        .col_expr(
            delivery::Column::AttemptCount,
            Expr::col(delivery::Column::AttemptCount).add(1),
        )
        .filter(delivery::Column::DueAt.is_not_null())
        .exec(&*tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    cleaning.await.unwrap().unwrap();
    let db = &server.app().store.read;
    assert_eq!(delivery::Entity::find().all(db).await.unwrap().len(), 0);
    let endpoint = webhook_endpoint::Entity::find().one(db).await.unwrap();
    assert!(endpoint.unwrap().lost_count > 0);
}
