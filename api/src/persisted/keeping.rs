//! The store of documents: a table with bounds, the same for all servers.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use entity::{
    ids::UserId,
    persisted_document::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use super::{Hash, hash_of};
use crate::{
    actor::Actor,
    app::App,
    background::Background,
    error::{Error, Result},
    limits::Limit,
};

/// Documents that are kept; with the guard's bound on each at most 160 MiB.
const DOCUMENTS_MAX: u64 = 10_000;
/// Where they are so many, those go that nobody has asked for the longest, down to this.
const DOCUMENTS_AFTER_TRIM: u64 = 9_000;
/// How many new ones one person or machine can have kept. A frontend has some hundred, and many users.
const KEPT_BY_ONE: Limit = Limit {
    name: "document",
    max: 200,
    window_s: 3_600,
};
/// How old the note of a document's last use may be.
const NOTED_FOR: TimeDelta = TimeDelta::days(1);
/// A document that no server has read for so long is taken away. Who asks for it sends it again.
const KEPT_FOR: TimeDelta = TimeDelta::days(60);
/// How often those are looked for that go.
const TRIM_EVERY: Duration = Duration::from_mins(10);

/// Takes away what is too old or too much, from now on.
pub fn start(app: Arc<App>) -> Background {
    Background::start("persisted documents", async move |mut stopping| {
        while stopping.rest(TRIM_EVERY).await {
            if let Err(error) = trim(&app).await {
                tracing::warn!(?error, "persisted documents cannot be trimmed");
            }
        }
    })
}

/// The text of a document that was kept. That it was asked for is noted about once a day.
pub async fn find(app: &App, hash: &Hash) -> Result<Option<String>> {
    let found = Entity::find_by_id(hash.to_vec())
        .one(&app.store.read)
        .await?;
    let Some(document) = found else {
        return Ok(None);
    };
    if document.used_at < app.clock.now() - NOTED_FOR
        && let Err(error) = note_use(app, hash).await
    {
        tracing::warn!(?error, "that a document was used cannot be noted");
    }
    Ok(Some(document.text))
}

async fn note_use(app: &App, hash: &Hash) -> Result<()> {
    let tx = app.begin(&Actor::System).await?;
    Entity::update_many()
        .col_expr(Column::UsedAt, Expr::val(tx.now()))
        .filter(Column::Hash.eq(hash.to_vec()))
        .exec(&*tx)
        .await?;
    tx.commit().await
}

/// Keeps a document that `by` has sent, unless they have sent too many, or there are; whether it is kept.
pub async fn keep(app: &App, by: UserId, text: String) -> Result<bool> {
    let hash = hash_of(&text);
    if find(app, &hash).await?.is_some() {
        return Ok(true);
    }
    let limits = app.sessions.limits();
    let subject = by.0.simple().to_string();
    match limits.count(KEPT_BY_ONE, &subject, app.clock.now()).await {
        Err(Error::RateLimited { .. }) => return Ok(false),
        counted => counted?,
    }
    let tx = app.begin(&Actor::System).await?;
    if Entity::find().count(&*tx).await? >= DOCUMENTS_MAX {
        return Ok(false);
    }
    let document = ActiveModel {
        hash: Set(hash.to_vec()),
        text: Set(text),
        used_at: Set(tx.now()),
    };
    let once = OnConflict::column(Column::Hash).do_nothing().to_owned();
    Entity::insert(document)
        .on_conflict(once)
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// Takes away what no server has read for long, and what is too much.
pub async fn trim(app: &App) -> Result<()> {
    let tx = app.begin(&Actor::System).await?;
    Entity::delete_many()
        .filter(Column::UsedAt.lt(tx.now() - KEPT_FOR))
        .exec(&*tx)
        .await?;
    if Entity::find().count(&*tx).await? >= DOCUMENTS_MAX {
        let newest: Option<sea_orm::prelude::DateTimeUtc> = Entity::find()
            .select_only()
            .column(Column::UsedAt)
            .order_by_desc(Column::UsedAt)
            .offset(DOCUMENTS_AFTER_TRIM)
            .limit(1)
            .into_tuple()
            .one(&*tx)
            .await?;
        if let Some(last_out) = newest {
            Entity::delete_many()
                .filter(Column::UsedAt.lte(last_out))
                .exec(&*tx)
                .await?;
        }
    }
    tx.commit().await
}
