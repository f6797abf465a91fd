//! How often articles are opened: counted in memory, and written down every few seconds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::{
    article_view::{self, Column},
    ids::ArticleId,
};
use sea_orm::{
    ActiveModelTrait, EntityTrait, IntoActiveModel,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::{
    actor::Actor,
    app::App,
    background::{Background, Stopping},
    error::Result,
};

/// How long a count stays in memory; what a crash loses at most.
const FLUSH_EVERY: Duration = Duration::from_secs(2);
/// Articles that are counted between two writes; those past that are not.
const ARTICLES_MAX: usize = 10_000;
/// Articles in one statement.
const STATEMENT_ROWS_MAX: usize = 1_000;

/// What was counted and is not written yet.
#[derive(Debug, Default)]
pub struct Views(Mutex<HashMap<ArticleId, i64>>);

impl Views {
    /// Counts that an article was opened.
    pub fn note(&self, id: ArticleId) {
        self.add(id, 1);
    }

    fn add(&self, id: ArticleId, count: i64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < ARTICLES_MAX || counts.contains_key(&id) {
            *counts.entry(id).or_default() += count;
        }
    }

    /// In the order of ids, so that two servers that write do not wait for each other crosswise.
    fn take(&self) -> Vec<(ArticleId, i64)> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut counts: Vec<_> = taken.into_iter().collect();
        counts.sort_unstable_by_key(|(id, _)| *id);
        counts
    }
}

/// Writes down what is counted, from now on.
pub fn keep_views(app: Arc<App>) -> Background {
    Background::start("views", |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    let mut is_failing = false;
    loop {
        let goes_on = stopping.rest(FLUSH_EVERY).await;
        match flush(&app).await {
            Ok(()) => is_failing = false,
            Err(error) if !std::mem::replace(&mut is_failing, true) => {
                tracing::warn!(?error, "views of articles cannot be written; trying again");
            }
            Err(_) => {}
        }
        if !goes_on {
            return;
        }
    }
}

/// What cannot be written is counted again.
async fn flush(app: &App) -> Result<()> {
    let counts = app.views.take();
    let mut written = 0;
    let mut result = Ok(());
    for some in counts.chunks(STATEMENT_ROWS_MAX) {
        result = write(app, some).await;
        if result.is_err() {
            break;
        }
        written += some.len();
    }
    for (id, count) in &counts[written..] {
        app.views.add(*id, *count);
    }
    result
}

async fn write(app: &App, counts: &[(ArticleId, i64)]) -> Result<()> {
    let tx = app.begin(&Actor::System).await?;
    let row = |(article_id, count): &(ArticleId, i64)| {
        let row = article_view::Model {
            article_id: *article_id,
            count: *count,
            viewed_at: tx.now(),
        };
        row.into_active_model().reset_all()
    };
    let sum = Expr::col((article_view::Entity, Column::Count)).add(Expr::cust("excluded.count"));
    let add = OnConflict::column(Column::ArticleId)
        .value(Column::Count, sum)
        .update_column(Column::ViewedAt)
        .to_owned();
    article_view::Entity::insert_many(counts.iter().map(row))
        .on_conflict(add)
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn counts_are_taken_once_and_are_bounded() {
        let views = Views::default();
        let id = |n: usize| ArticleId(Uuid::from_u128(n as u128));
        for n in (0..ARTICLES_MAX + 5).chain([0, 0]) {
            views.note(id(n));
        }
        let taken = views.take();
        assert_eq!(taken.len(), ARTICLES_MAX);
        assert_eq!(taken[0], (id(0), 3));
        assert_eq!(taken[1], (id(1), 1));
        assert!(taken.is_sorted());
        assert!(views.take().is_empty());
    }
}
