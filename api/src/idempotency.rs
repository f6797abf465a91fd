//! Changes that may be sent again: what was answered to one is kept in the transaction of the change itself, under its
//! client's key, and is the answer to every repetition (ADR 28).

use std::{future::Future, sync::Arc, time::Duration};

use aws_lc_rs::{digest, hmac};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ids::UserId,
    kept_answer::{self, ActiveModel, Column, Entity},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::{
    actor::Actor,
    app::{App, End, Tx},
    background::Background,
    error::{Error, Result},
};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(48);
/// Bytes of an answer that is kept: about what a request can write anyway.
const ANSWER_BYTES_MAX: usize = 128 * 1024;
/// How often answers that are too old are deleted. One that is still there counts for nothing.
const SWEEP: Duration = Duration::from_mins(10);
/// Answers that are deleted in one transaction. SQLite has one writer, who should not wait long.
const BATCH: u64 = 500;
/// Batches that are deleted in a row: what is left waits for the next time.
const BATCHES_MAX: usize = 200;

/// Mutations that take or give what nobody but its holder may know. An answer that is kept would keep it too, in plain
/// text; and whoever sends one of them twice gets two secrets or one refusal, but nothing is lost.
const SECRET: [&str; 17] = [
    "addApplicationKey",
    "changePassword",
    "completeSignIn",
    "confirmTotp",
    "createApiToken",
    "createUpload",
    "createWebhookEndpoint",
    "disableTotp",
    "refreshSession",
    "regenerateRecoveryCodes",
    "rotateApiToken",
    "rotateWebhookSecret",
    "setPassword",
    "signIn",
    "signInWithApplication",
    "signOut",
    "startTotpEnrollment",
];

/// Whether a mutation can be sent with a key.
pub fn is_allowed_for(mutation: &str) -> bool {
    !SECRET.contains(&mutation)
}

/// A request that its client may send again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeatable {
    key_hash: [u8; 32],
    request_hash: [u8; 32],
}

impl Repeatable {
    /// `parts` say what is asked, always as many and in the same order. A password may be among them: so the key, which is
    /// not kept, is their secret.
    pub fn new(key: &str, parts: &[&[u8]]) -> Self {
        let key_hash = digest::digest(&digest::SHA256, key.as_bytes());
        let secret = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let mut hash = hmac::Context::with_key(&secret);
        for part in parts {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self {
            key_hash: bytes(key_hash.as_ref()),
            request_hash: bytes(hash.sign().as_ref()),
        }
    }
}

/// Both kinds of hash have 32 bytes.
fn bytes(hash: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash);
    bytes
}

/// What was worked out for a request.
#[derive(Debug)]
pub enum Worked<T> {
    /// It ran to its end: this is its answer.
    Done(String),
    /// Nothing of it is kept, neither what it did nor what it is answered with.
    Undone(T),
}

/// What a request is answered with.
#[derive(Debug)]
pub enum Answer<T> {
    /// What came of it just now.
    First(String),
    /// What came of it when it was sent before.
    Again(String),
    Undone(T),
}

/// Does `work` unless the same was done before. Whoever sends it at the same time, wherever, waits for the first to end.
pub async fn once<T>(
    app: &App,
    actor: &Actor,
    request: &Repeatable,
    work: impl Future<Output = Worked<T>>,
) -> Result<Answer<T>> {
    let user_id = actor.id().ok_or(Error::Unauthenticated)?;
    let whole = async {
        if let Some(answer) = claim(app, actor, user_id, request).await? {
            return Ok(End::Undo(Answer::Again(answer)));
        }
        match work.await {
            Worked::Done(answer) => {
                keep(app, actor, user_id, request, &answer).await?;
                Ok(End::Keep(Answer::First(answer)))
            }
            Worked::Undone(answer) => Ok(End::Undo(Answer::Undone(answer))),
        }
    };
    app.together_in_sight(Box::pin(whole)).await
}

/// Makes the row that only one of several can make; what is there instead was done before.
async fn claim(
    app: &App,
    actor: &Actor,
    user_id: UserId,
    request: &Repeatable,
) -> Result<Option<String>> {
    let tx = app.begin(actor).await?;
    let row = ActiveModel {
        user_id: Set(user_id),
        key_hash: Set(request.key_hash.to_vec()),
        request_hash: Set(request.request_hash.to_vec()),
        answer: Set(String::new()),
        created_at: Set(tx.now()),
    };
    let over = Expr::col((Entity, Column::CreatedAt)).lte(app.clock.now() - KEPT);
    let unless_over = OnConflict::columns([Column::UserId, Column::KeyHash])
        .update_columns([Column::RequestHash, Column::Answer, Column::CreatedAt])
        .action_and_where(over)
        .to_owned();
    let claimed = Entity::insert(row)
        .on_conflict(unless_over)
        .exec_without_returning(&*tx)
        .await?;
    if claimed > 0 {
        tx.commit().await?;
        return Ok(None);
    }
    let kept = find(&tx, user_id, request).await?;
    if kept.request_hash != request.request_hash {
        return Err(Error::IdempotencyMismatch);
    }
    Ok(Some(kept.answer))
}

async fn find(tx: &Tx<'_>, user_id: UserId, request: &Repeatable) -> Result<kept_answer::Model> {
    let kept = Entity::find_by_id((user_id, request.key_hash.to_vec()))
        .one(&**tx)
        .await?;
    Ok(kept.ok_or_else(|| anyhow::anyhow!("a kept answer went away"))?)
}

async fn keep(
    app: &App,
    actor: &Actor,
    user_id: UserId,
    request: &Repeatable,
    answer: &str,
) -> Result<()> {
    if answer.len() > ANSWER_BYTES_MAX {
        return Err(Error::BadInput(
            "the answer is too long to be kept: select less",
        ));
    }
    let tx = app.begin(actor).await?;
    let kept = Entity::update_many()
        .col_expr(Column::Answer, Expr::val(answer))
        .filter(Column::UserId.eq(user_id))
        .filter(Column::KeyHash.eq(request.key_hash.to_vec()))
        .exec(&*tx)
        .await?;
    if kept.rows_affected != 1 {
        return Err(anyhow::anyhow!("an answer has no row").into());
    }
    tx.commit().await
}

/// Deletes answers that are too old, from now on.
pub fn start(app: Arc<App>) -> Background {
    Background::start("kept answers", async move |mut stopping| {
        while stopping.rest(SWEEP).await {
            if let Err(error) = delete_old(&app, || stopping.is_now()).await {
                tracing::warn!(?error, "answers that are too old stay for now");
            }
        }
    })
}

async fn delete_old(app: &App, is_stopping: impl Fn() -> bool) -> Result<()> {
    for _batch in 0..BATCHES_MAX {
        if is_stopping() || delete_batch(app, app.clock.now() - KEPT).await? < BATCH {
            break;
        }
    }
    Ok(())
}

/// How many were deleted, the oldest first. One that is claimed anew meanwhile is not.
async fn delete_batch(app: &App, until: DateTime<Utc>) -> Result<u64> {
    let keys: Vec<(UserId, Vec<u8>)> = Entity::find()
        .select_only()
        .column(Column::UserId)
        .column(Column::KeyHash)
        .filter(Column::CreatedAt.lte(until))
        .order_by_asc(Column::CreatedAt)
        .limit(BATCH)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let mut any = Condition::any();
    for (user_id, key_hash) in &keys {
        let one = Condition::all()
            .add(Column::UserId.eq(*user_id))
            .add(Column::KeyHash.eq(key_hash.clone()));
        any = any.add(one);
    }
    if keys.is_empty() {
        return Ok(0);
    }
    let tx = app.begin(&Actor::System).await?;
    let deleted = Entity::delete_many()
        .filter(any)
        .filter(Column::CreatedAt.lte(until))
        .exec(&*tx)
        .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected)
}

#[cfg(test)]
mod tests {
    use entity::user::Role;
    use sea_orm::{ActiveModelTrait, IntoActiveModel, PaginatorTrait};

    use super::*;
    use crate::testing::Desk;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_over_is_deleted_and_the_rest_stays() {
        let desk = Desk::open().await;
        let app: &App = &desk;
        let user_id = desk.person("ada", Role::Admin).await.id;
        let tx = app.begin(&Actor::System).await.unwrap();
        let row = |number: i64| {
            let age = KEPT + TimeDelta::seconds(2 - number);
            let row = kept_answer::Model {
                user_id,
                key_hash: number.to_be_bytes().to_vec(),
                request_hash: Vec::new(),
                answer: "{}".to_owned(),
                created_at: app.clock.now() - age,
            };
            row.into_active_model().reset_all()
        };
        // Number 2 is over since this moment, number 3 is not.
        for numbers in [-1_200..=0, 1..=4] {
            let rows = Entity::insert_many(numbers.map(row));
            rows.exec_without_returning(&*tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        delete_old(app, || true).await.unwrap();
        assert_eq!(Entity::find().count(&app.store.read).await.unwrap(), 1_205);
        delete_old(app, || false).await.unwrap();
        assert_eq!(Entity::find().count(&app.store.read).await.unwrap(), 2);
    }

    #[test]
    fn hashes_tell_parts_and_keys_apart() {
        let of = |key: &str, parts: &[&[u8]]| Repeatable::new(key, parts);
        assert_eq!(of("k", &[b"ab", b"c"]), of("k", &[b"ab", b"c"]));
        let one = of("k", &[b"ab", b"c"]);
        let other = of("k", &[b"a", b"bc"]);
        assert_eq!(one.key_hash, other.key_hash);
        assert_ne!(one.request_hash, other.request_hash);
        // The same request under another key has nothing in common with it.
        let elsewhere = of("l", &[b"ab", b"c"]);
        assert_ne!(one.key_hash, elsewhere.key_hash);
        assert_ne!(one.request_hash, elsewhere.request_hash);
    }
}
