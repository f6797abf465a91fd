//! Announcing files, and attaching what was sent.

use aws_lc_rs::{digest, rand};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    article, attachment,
    ids::{ArticleId, AttachmentId, CommentId, TicketId, UploadId},
    upload::{self, Column, Preview, State},
    user,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
    sea_query::{Expr, LockType},
};

use super::{queries::Owner, rules};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result, refuse_if_any},
    input::Checked,
    knowledge,
    limits::Limit,
    policy::{self, Action},
    refusal::{Refusal, Why},
};

/// How long a file can be sent after it was announced.
pub(super) const SENT_WITHIN: TimeDelta = TimeDelta::hours(1);
/// How long an upload is kept that nothing has attached.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
/// Uploads of one person that nothing has attached yet.
const PENDING_MAX: u64 = 20;
/// Uploads that one person announces.
const UPLOADS: Limit = Limit {
    name: "uploads",
    max: 120,
    window_s: 3_600,
};
/// Files that come with one comment, or with a ticket or an article at once.
pub(super) const FILES_MAX: usize = 10;
/// Files of one article.
const ARTICLE_FILES_MAX: usize = 50;
const FIELD: &str = "uploadIds";

/// A file that is to be sent.
#[derive(Clone, Debug)]
pub struct NewUpload {
    pub file_name: String,
    pub content_type: String,
    pub byte_size: i32,
}

/// An upload, and where its file is to be sent.
#[derive(Clone, Debug)]
pub struct Created {
    pub upload: upload::Model,
    /// Of 256 bits; kept nowhere.
    pub token: String,
}

impl Created {
    /// When sending must be done.
    pub fn sent_until(&self) -> DateTime<Utc> {
        self.upload.created_at + SENT_WITHIN
    }
}

/// Announces a file, and makes the token that it is sent with.
pub async fn create_upload(app: &App, actor: &Actor, new: &NewUpload) -> Result<Created> {
    policy::authorize(actor, Action::CreateUpload)?;
    let user_id = actor.id().ok_or(Error::Forbidden)?;
    let (file_name, content_type) = check(app, new)?;
    let subject = user_id.0.simple().to_string();
    let limits = app.sessions.limits();
    limits.count(UPLOADS, &subject, app.clock.now()).await?;

    let mut secret = [0; 32];
    rand::fill(&mut secret).map_err(|_| anyhow::anyhow!("the system has no random numbers"))?;
    let token = BASE64_URL_SAFE_NO_PAD.encode(secret);
    let tx = app.begin(actor).await?;
    require_few_pending(&tx).await?;
    let upload = upload::Model {
        id: UploadId(tx.new_id()),
        user_id,
        token_hash: hash(&token),
        file_name,
        content_type,
        byte_size: new.byte_size.into(),
        state: State::Awaited,
        storage_key: None,
        sha256: None,
        preview: Preview::None,
        preview_byte_size: 0,
        expires_at: Some(tx.now() + KEPT_FOR),
        created_at: tx.now(),
    };
    let row = upload.clone().into_active_model().reset_all();
    upload::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await?;
    tx.commit().await?;
    Ok(Created { upload, token })
}

fn check(app: &App, new: &NewUpload) -> Result<(String, String)> {
    let mut checked = Checked::default();
    let file_name = checked.take("fileName", rules::file_name(&new.file_name));
    let content_type = rules::media_type(&new.content_type);
    let is_taken = |media_type: &String| rules::takes(&app.config.files, media_type);
    let content_type = content_type.filter(is_taken).unwrap_or_else(|| {
        checked.refuse(invalid("contentType", Why::FileType));
        String::new()
    });
    let max = i32::try_from(app.config.files.upload_bytes_max).unwrap_or(i32::MAX);
    if !(1..=max).contains(&new.byte_size) {
        checked.refuse(invalid("byteSize", Why::OutOfRange { min: 1, max }));
    }
    refuse_if_any(checked.refusals)?;
    Ok((file_name, content_type))
}

/// One at a time for each person, or two at once would both be the last.
async fn require_few_pending(tx: &Tx<'_>) -> Result<()> {
    let own = user::Entity::find_by_id(tx.actor().id().ok_or(Error::Forbidden)?);
    own.lock(LockType::NoKeyUpdate).one(&**tx).await?;
    let pending = upload::Entity::find()
        .filter(policy::own_uploads(tx.actor()))
        .filter(Column::ExpiresAt.gt(tx.now()));
    if pending.clone().count(&**tx).await? < PENDING_MAX {
        return Ok(());
    }
    let oldest = pending.order_by_asc(Column::ExpiresAt).one(&**tx).await?;
    let until = oldest.and_then(|upload| upload.expires_at);
    let left_s = until.map_or(1, |until| (until - tx.now()).num_seconds());
    Err(Error::RateLimited {
        retry_after_s: u64::try_from(left_s).unwrap_or(1).max(1),
    })
}

/// What is kept of a token.
pub(super) fn hash(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes())
        .as_ref()
        .to_vec()
}

/// Attaches what the transaction's actor uploaded, each once, in the order of the ids (none: an id that is not an upload's).
/// Whether the actor may change the owner is the caller's to decide.
pub async fn attach(tx: &Tx<'_>, uploads: &[Option<UploadId>], owner: Owner) -> Result<()> {
    if uploads.is_empty() {
        return Ok(());
    }
    if uploads.len() > FILES_MAX {
        return Err(invalid(FIELD, Why::TooMany { max: FILES_MAX }).into());
    }
    let missing = || Error::from(Refusal::NotFound { field: FIELD });
    let ids: Vec<UploadId> = uploads
        .iter()
        .copied()
        .collect::<Option<_>>()
        .ok_or_else(missing)?;
    let own = upload::Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(policy::own_uploads(tx.actor()))
        .filter(Column::ExpiresAt.gt(tx.now()))
        .all(&**tx)
        .await?;
    let is_twice = (1..ids.len()).any(|at| ids[..at].contains(&ids[at]));
    if is_twice || own.len() < ids.len() {
        return Err(missing());
    }
    if own.iter().any(|upload| upload.state != State::Stored) {
        return Err(invalid(FIELD, Why::NotUploaded).into());
    }
    // Whoever does this second finds fewer: what is read above may have been attached since.
    let kept = upload::Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::val(None::<DateTime<Utc>>))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::State.eq(State::Stored))
        .filter(Column::ExpiresAt.gt(tx.now()))
        .exec(&**tx)
        .await?;
    if kept.rows_affected < ids.len() as u64 {
        return Err(missing());
    }
    insert(tx, ids, owner).await
}

async fn insert(tx: &Tx<'_>, uploads: Vec<UploadId>, owner: Owner) -> Result<()> {
    if uploads.is_empty() {
        return Ok(());
    }
    let rows = uploads
        .into_iter()
        .map(|upload_id| attachment::ActiveModel {
            id: Set(AttachmentId(tx.new_id())),
            upload_id: Set(upload_id),
            ticket_id: Set(owner.ticket_id()),
            comment_id: Set(owner.comment_id()),
            article_id: Set(owner.article_id()),
            created_at: Set(tx.now()),
        });
    attachment::Entity::insert_many(rows)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Puts the files of a comment on the ticket that was split off with what it says.
pub async fn share_with_ticket(tx: &Tx<'_>, comment: CommentId, ticket: TicketId) -> Result<()> {
    let uploads = attachment::Entity::find()
        .select_only()
        .column(attachment::Column::UploadId)
        .filter(attachment::Column::CommentId.eq(comment))
        .order_by_asc(attachment::Column::Id)
        .into_tuple()
        .all(&**tx)
        .await?;
    insert(tx, uploads, Owner::Ticket(ticket)).await
}

/// Attaches what the actor uploaded to an article.
pub(super) async fn attach_to_article(
    app: &App,
    actor: &Actor,
    id: Option<ArticleId>,
    uploads: &[Option<UploadId>],
) -> Result<article::Model> {
    let tx = app.begin(actor).await?;
    let article = lock_article(&tx, id, "articleId").await?;
    let count = attachment::Entity::find()
        .filter(attachment::Column::ArticleId.eq(article.id))
        .count(&*tx)
        .await?;
    if count + uploads.len() as u64 > ARTICLE_FILES_MAX as u64 {
        let max = ARTICLE_FILES_MAX;
        return Err(invalid(FIELD, Why::TooMany { max }).into());
    }
    attach(&tx, uploads, Owner::Article(article.id)).await?;
    touch(tx, article).await
}

/// Takes a file off an article, and away.
pub(super) async fn detach_from_article(
    app: &App,
    actor: &Actor,
    id: Option<AttachmentId>,
) -> Result<article::Model> {
    let field = "attachmentId";
    let missing = || Error::from(Refusal::NotFound { field });
    let tx = app.begin(actor).await?;
    let found = attachment::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(policy::visible_attachments(actor))
        .filter(attachment::Column::ArticleId.is_not_null())
        .one(&*tx)
        .await?;
    let attachment = found.ok_or_else(missing)?;
    let article = lock_article(&tx, attachment.article_id, field).await?;
    // Whoever comes second finds nothing.
    let gone = attachment::Entity::delete_by_id(attachment.id)
        .exec(&*tx)
        .await?;
    if gone.rows_affected == 0 {
        return Err(missing());
    }
    upload::Entity::update_many()
        .col_expr(Column::State, Expr::val(State::Removing))
        .col_expr(Column::ExpiresAt, Expr::val(tx.now()))
        .filter(Column::Id.eq(attachment.upload_id))
        .exec(&*tx)
        .await?;
    touch(tx, article).await
}

async fn lock_article(
    tx: &Tx<'_>,
    id: Option<ArticleId>,
    field: &'static str,
) -> Result<article::Model> {
    let missing = || Error::from(Refusal::NotFound { field });
    let found = article::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(policy::visible_articles(tx.actor()))
        .lock_exclusive()
        .one(&**tx)
        .await?;
    let article = found.ok_or_else(missing)?;
    policy::authorize(tx.actor(), Action::EditArticle(&article))?;
    Ok(article)
}

async fn touch(mut tx: Tx<'_>, article: article::Model) -> Result<article::Model> {
    let article = knowledge::store_other_files(&mut tx, article).await?;
    tx.commit().await?;
    Ok(article)
}

const fn invalid(field: &'static str, why: Why) -> Refusal {
    Refusal::Invalid { field, why }
}
