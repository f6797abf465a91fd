//! Taking in a file that was announced: piece by piece into its place, never whole in memory, and nothing of it left where it
//! was cut off.

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest, rand};
use bytes::Bytes;
use entity::{
    ids::{UploadId, UserId},
    upload::{self, Column, Preview, State},
    user,
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::Expr,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    commands::{SENT_WITHIN, hash},
    places::Place,
    preview, rules,
    sniff::HEAD_BYTES,
};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    files::Writing,
};

/// When to come again who sends as many files as one may, in seconds.
const RETRY_AFTER_S: u64 = 2;

/// What a sender says before the file.
#[derive(Clone, Debug)]
pub struct Announced {
    pub upload_id: UploadId,
    pub token: String,
    /// How many bytes are to come, where that is said.
    pub byte_size: Option<u64>,
    /// Who sends it, where that is said.
    pub sender: Option<UserId>,
}

/// What comes in. Where there is no end, the sender was cut off.
#[derive(Debug)]
pub enum Sent {
    Piece(Bytes),
    End,
}

/// Why a file was not taken.
#[derive(Debug)]
pub enum Unreceived {
    /// There is no such upload, or the token is not its.
    Unknown,
    /// It was sent already, or its time is over.
    Over,
    /// It is being sent by another request.
    Busy,
    /// It is not as long as was announced.
    WrongSize {
        announced: u64,
    },
    /// Files like it are not taken.
    Type,
    CutOff,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Unreceived {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Takes in the file of an upload; it is stored when this is back. Must not be dropped before: call it in a task of its own.
pub async fn receive(
    app: &App,
    announced: &Announced,
    pieces: &mut mpsc::Receiver<Sent>,
) -> Result<(), Unreceived> {
    let upload = find(app, announced).await?;
    let byte_size = u64::try_from(upload.byte_size).unwrap_or_default();
    if announced.byte_size.is_some_and(|said| said != byte_size) {
        return Err(Unreceived::WrongSize {
            announced: byte_size,
        });
    }
    let place = Place::take(upload.user_id);
    let _place = place.ok_or(Error::RateLimited {
        retry_after_s: RETRY_AFTER_S,
    })?;
    let key = random_key()?;
    claim(app, upload.id, &key).await?;
    let stored = store(app, &upload, &key, pieces).await;
    // A commit can fail and hold all the same: whose file is kept has another state.
    if stored.is_err() && give_back(app, upload.id, &key).await {
        remove(app, &key).await;
    }
    stored
}

/// Hidden, made up and somebody else's are all alike.
async fn find(app: &App, announced: &Announced) -> Result<upload::Model, Unreceived> {
    let enabled = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(ExprTrait::equals(
            Expr::col(user::Column::Id.as_column_ref()),
            Column::UserId.as_column_ref(),
        ))
        .filter(user::Column::DisabledAt.is_null())
        .into_query();
    let found = upload::Entity::find_by_id(announced.upload_id)
        .filter(Expr::exists(enabled))
        .one(&app.store.read)
        .await?;
    let upload = found.ok_or(Unreceived::Unknown)?;
    let is_known = verify_slices_are_equal(&upload.token_hash, &hash(&announced.token)).is_ok();
    let is_theirs = announced
        .sender
        .is_none_or(|sender| sender == upload.user_id);
    if !is_known || !is_theirs {
        return Err(Unreceived::Unknown);
    }
    match upload.state {
        State::Awaited if upload.created_at + SENT_WITHIN > app.clock.now() => Ok(upload),
        State::Receiving => Err(Unreceived::Busy),
        State::Awaited | State::Stored | State::Removing => Err(Unreceived::Over),
    }
}

/// Random, so that nobody learns of one file where another lies, and new for each try.
fn random_key() -> Result<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system has no random numbers"))?;
    Ok(Uuid::from_bytes(bytes).simple().to_string())
}

/// The row knows of the file before there is one, so that none lies anywhere unknown.
async fn claim(app: &App, id: UploadId, key: &str) -> Result<(), Unreceived> {
    let tx = app.begin(&Actor::System).await?;
    let claimed = upload::Entity::update_many()
        .col_expr(Column::State, Expr::val(State::Receiving))
        .col_expr(Column::StorageKey, Expr::val(key))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(State::Awaited))
        .exec(&*tx)
        .await?;
    if claimed.rows_affected == 0 {
        return Err(Unreceived::Busy);
    }
    Ok(tx.commit().await?)
}

async fn store(
    app: &App,
    upload: &upload::Model,
    key: &str,
    pieces: &mut mpsc::Receiver<Sent>,
) -> Result<(), Unreceived> {
    let mut writing = app.files.begin(key).await.map_err(internal)?;
    let taken = match take(app, upload, &mut writing, pieces).await {
        Ok(taken) => taken,
        Err(why) => {
            writing.abort().await;
            return Err(why);
        }
    };
    writing.finish().await.map_err(internal)?;
    let preview = preview::make(app, key, &taken.content_type, taken.byte_size).await;
    keep(app, upload.id, key, taken, preview).await
}

/// Takes away what lies at a key that no row has any more.
async fn remove(app: &App, key: &str) {
    for key in [key, &preview::key_of(key)] {
        if let Err(error) = app.files.remove(key).await {
            tracing::warn!(%error, "a file that is not kept is taken away later");
        }
    }
}

/// What is known of a file once all of it is there.
struct Taken {
    content_type: String,
    byte_size: u64,
    sha256: digest::Digest,
}

async fn take(
    app: &App,
    upload: &upload::Model,
    writing: &mut Writing<'_>,
    pieces: &mut mpsc::Receiver<Sent>,
) -> Result<Taken, Unreceived> {
    let announced = u64::try_from(upload.byte_size).unwrap_or_default();
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let mut sha256 = digest::Context::new(&digest::SHA256);
    let mut byte_size = 0;
    loop {
        let piece = match pieces.recv().await {
            Some(Sent::Piece(piece)) => piece,
            Some(Sent::End) => break,
            None => return Err(Unreceived::CutOff),
        };
        byte_size += piece.len() as u64;
        if byte_size > announced {
            return Err(Unreceived::WrongSize { announced });
        }
        let missing = piece.len().min(HEAD_BYTES - head.len());
        head.extend_from_slice(&piece[..missing]);
        sha256.update(&piece);
        writing.write(piece).await.map_err(internal)?;
    }
    if byte_size != announced {
        return Err(Unreceived::WrongSize { announced });
    }
    let content_type = rules::served_as(&upload.file_name, &upload.content_type, &head);
    if !rules::takes_content(&app.config.files, &content_type, &head) {
        return Err(Unreceived::Type);
    }
    Ok(Taken {
        content_type,
        byte_size,
        sha256: sha256.finish(),
    })
}

async fn keep(
    app: &App,
    id: UploadId,
    key: &str,
    taken: Taken,
    (preview, preview_byte_size): (Preview, i32),
) -> Result<(), Unreceived> {
    let tx = app.begin(&Actor::System).await?;
    let kept = upload::Entity::update_many()
        .col_expr(Column::State, Expr::val(State::Stored))
        .col_expr(Column::ContentType, Expr::val(taken.content_type))
        .col_expr(Column::Sha256, Expr::val(taken.sha256.as_ref().to_vec()))
        .col_expr(Column::Preview, Expr::val(preview))
        .col_expr(Column::PreviewByteSize, Expr::val(preview_byte_size))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(State::Receiving))
        .filter(Column::StorageKey.eq(key))
        .exec(&*tx)
        .await?;
    if kept.rows_affected == 0 {
        return Err(Unreceived::Over);
    }
    Ok(tx.commit().await?)
}

/// Lets the upload be sent again; false where it is not this try's any more, or nobody knows.
async fn give_back(app: &App, id: UploadId, key: &str) -> bool {
    let given_back = async {
        let tx = app.begin(&Actor::System).await?;
        let given_back = upload::Entity::update_many()
            .col_expr(Column::State, Expr::val(State::Awaited))
            .col_expr(Column::StorageKey, Expr::val(None::<String>))
            .filter(Column::Id.eq(id))
            .filter(Column::State.eq(State::Receiving))
            .filter(Column::StorageKey.eq(key))
            .exec(&*tx)
            .await?;
        tx.commit().await?;
        Ok::<_, Error>(given_back.rows_affected > 0)
    };
    given_back.await.unwrap_or_else(|error| {
        tracing::warn!(?error, "an upload that was cut off cannot be sent again");
        false
    })
}

fn internal(error: std::io::Error) -> Unreceived {
    Unreceived::Failed(Error::Internal(error.into()))
}
