//! When tokens were used last: kept in memory, and written once in a while, so that no request waits for it.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use entity::{api_token, ids::ApiTokenId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{actor::Actor, app::App, background::Background, error::Result};

/// How often uses are written.
const WRITE_EVERY: Duration = Duration::from_mins(1);
/// Tokens whose use is remembered between two writings; those beyond are noted at their next use.
const TOKENS_MAX: usize = 10_000;
/// Tokens in one transaction.
const BATCH: usize = 500;

/// Writes when tokens were used, from now on; what was noted last is written at the end.
pub fn write_uses(app: Arc<App>) -> Background {
    Background::start("uses of tokens", async move |mut stopping| {
        loop {
            let goes_on = stopping.rest(WRITE_EVERY).await;
            if let Err(error) = app.api_token_uses.write(&app).await {
                tracing::warn!(?error, "when tokens were used cannot be written");
            }
            if !goes_on {
                return;
            }
        }
    })
}

/// The newest use of each token since the last writing.
#[derive(Default)]
pub struct Uses(Mutex<HashMap<ApiTokenId, DateTime<Utc>>>);

impl Uses {
    pub(super) fn note(&self, id: ApiTokenId, at: DateTime<Utc>) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() < TOKENS_MAX || uses.contains_key(&id) {
            uses.insert(id, at);
        }
    }

    /// Writes what was noted. What cannot be written is forgotten: the next use tells as much.
    pub async fn write(&self, app: &App) -> Result<()> {
        let uses = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let uses: Vec<_> = uses.into_iter().collect();
        for batch in uses.chunks(BATCH) {
            let tx = app.begin(&Actor::System).await?;
            for (id, at) in batch {
                let older = Condition::any()
                    .add(api_token::Column::LastUsedAt.is_null())
                    .add(api_token::Column::LastUsedAt.lt(*at));
                api_token::Entity::update_many()
                    .col_expr(api_token::Column::LastUsedAt, Expr::val(*at))
                    .filter(api_token::Column::Id.eq(*id))
                    .filter(older)
                    .exec(&*tx)
                    .await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}
