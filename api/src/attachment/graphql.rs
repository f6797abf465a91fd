//! Files as clients see them.

use std::sync::Arc;

use async_graphql::{Context, Description, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    ids::{ArticleId, AttachmentId, UploadId},
    upload::Preview,
};

use super::{
    Attached, NewUpload, Owner, Variant, address,
    commands::{self, Created},
    link::Link,
    loaders::AttachmentLoader,
    rules,
};
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, loader::Batched, split_errors},
    knowledge::graphql::Article,
};

/// A file on a ticket, a comment or an article. Whoever may read that may read the file, and nobody else.
#[derive(Clone, Description)]
pub struct Attachment(Arc<Attached>);

#[Object(use_type_description)]
impl Attachment {
    /// The file's global id.
    pub async fn id(&self) -> ID {
        self.0.attachment.id.global()
    }

    /// Its name, as it was uploaded, without what could mislead: folders, signs that reorder text, signs that some system
    /// takes for something else.
    async fn name(&self) -> &str {
        &self.0.upload.file_name
    }

    /// Its media type, such as `image/png`; `application/octet-stream` where the file is not what it was announced as, or is
    /// something that a browser or a machine would run.
    async fn content_type(&self) -> &str {
        &self.0.upload.content_type
    }

    /// Its size in bytes.
    async fn size(&self) -> i32 {
        i32::try_from(self.0.upload.byte_size).unwrap_or(i32::MAX)
    }

    /// The SHA-256 of its bytes, in 64 hexadecimal digits.
    async fn sha256(&self) -> String {
        rules::hex(self.0.upload.sha256.as_deref().unwrap_or_default())
    }

    /// Where to read it: a link for this viewer that is good for five minutes, and while the viewer may read the file and is
    /// signed in, or their token is good. Whoever is given the link reads the file in the viewer's name, so it is not for sharing; ask again for
    /// another. It is always a download.
    async fn url(&self, ctx: &Context<'_>) -> Result<String> {
        self.address(ctx, Variant::File).await
    }

    /// Where to read a small picture of it, of at most 512 pixels on its longer edge, as PNG or JPEG and without what a camera
    /// wrote into the file: a link like `url`. Null where there is none: the file is no PNG, JPEG, GIF or WebP, has more than
    /// 40 million pixels, or is broken.
    async fn preview_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if self.0.upload.preview == Preview::None {
            return Ok(None);
        }
        self.address(ctx, Variant::Preview).await.map(Some)
    }

    /// When it was attached.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.attachment.created_at
    }
}

impl Attachment {
    async fn address(&self, ctx: &Context<'_>, variant: Variant) -> Result<String> {
        let Caller { app, actor } = Caller::of(ctx)?;
        Ok(Link::address(app, actor, self.0.attachment.id, variant).await?)
    }
}

/// A file by its id; none where the viewer may not read it.
pub async fn attachment_node(ctx: &Context<'_>, id: AttachmentId) -> Result<Option<Attachment>> {
    let loader = ctx.data_unchecked::<Batched<AttachmentLoader>>();
    Ok(loader.load_one(id).await?.map(Attachment))
}

/// The files of something that the viewer may read, in the order in which they were attached.
pub async fn attachments_field(
    ctx: &Context<'_>,
    owner: impl Into<Owner>,
) -> Result<Vec<Attachment>> {
    let loader = ctx.data_unchecked::<Batched<AttachmentLoader>>();
    let of = loader.load_one(owner.into()).await?.unwrap_or_default();
    Ok(of.into_iter().map(Attachment).collect())
}

/// The uploads that an input names; none for each that is not the id of one.
pub fn uploads_of(ids: Option<&[ID]>) -> Vec<Option<UploadId>> {
    let ids = ids.unwrap_or_default();
    ids.iter().map(UploadId::of).collect()
}

/// A file that was announced.
#[derive(SimpleObject)]
pub struct Upload {
    /// Its global id, for `uploadIds`: it can be used once, by whoever announced it, within 24 hours.
    id: ID,
    /// Its name, in the form in which it is kept.
    file_name: String,
    /// Where to send it: `PUT` the bytes there, as they are, once. Nobody needs to be signed in for it, so it is to be kept as
    /// a password is. A request that is cut off leaves nothing, and can be made again.
    url: String,
    /// When it must have been sent: an hour after it was announced.
    expires_at: DateTime<Utc>,
}

impl Upload {
    fn of(app: &crate::app::App, created: &Created) -> Self {
        let upload = &created.upload;
        let path = format!("uploads/{}?token={}", upload.id.0.simple(), created.token);
        Self {
            id: upload.id.global(),
            file_name: upload.file_name.clone(),
            url: address(app, &path),
            expires_at: created.sent_until(),
        }
    }
}

/// A file to announce.
#[derive(InputObject)]
pub struct CreateUploadInput {
    /// Its name; at most 200 characters. Folders and what could mislead are left out.
    file_name: String,
    /// Its media type, such as `image/png`. The desk may not take all types.
    content_type: String,
    /// Its exact size in bytes; the desk sets how much it may be, 26,214,400 (25 MiB) where it does not.
    byte_size: i32,
}

/// What came of `createUpload`.
#[derive(SimpleObject)]
pub struct CreateUploadPayload {
    /// The upload; null when refused.
    upload: Option<Upload>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Files to attach to an article.
#[derive(InputObject)]
pub struct AttachToArticleInput {
    /// The article.
    article_id: ID,
    /// Files that were uploaded for it, at most 10 at once; an article has at most 50.
    upload_ids: Vec<ID>,
}

/// What came of `attachToArticle`.
#[derive(SimpleObject)]
pub struct AttachToArticlePayload {
    /// The article; null when refused.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// A file to take off an article.
#[derive(InputObject)]
pub struct DetachFromArticleInput {
    /// The file.
    attachment_id: ID,
}

/// What came of `detachFromArticle`.
#[derive(SimpleObject)]
pub struct DetachFromArticlePayload {
    /// The article that it was on; null when refused.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Changes to files.
#[derive(Default)]
pub struct AttachmentMutation;

#[Object]
impl AttachmentMutation {
    /// Announces a file, for everybody who is signed in. Send its bytes to the `url` of the answer, then name its `id` in
    /// `addComment`, `createTicket`, `createArticle` or `attachToArticle`. At most 20 files wait for that at once, and 120 are
    /// announced in an hour: `RATE_LIMITED` past either.
    async fn create_upload(
        &self,
        ctx: &Context<'_>,
        input: CreateUploadInput,
    ) -> Result<CreateUploadPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = NewUpload {
            file_name: input.file_name,
            content_type: input.content_type,
            byte_size: input.byte_size,
        };
        let created = retry(|| commands::create_upload(app, actor, &new)).await;
        let (created, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateUploadPayload {
            upload: created.map(|created| Upload::of(app, &created)),
            user_errors,
        })
    }

    /// Attaches files to an article. Staff edit drafts; what was published is for leads and admins to edit.
    async fn attach_to_article(
        &self,
        ctx: &Context<'_>,
        input: AttachToArticleInput,
    ) -> Result<AttachToArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ArticleId::of(&input.article_id);
        let uploads = uploads_of(Some(&input.upload_ids));
        let attached = retry(|| commands::attach_to_article(app, actor, id, &uploads)).await;
        let (article, user_errors) = split_errors(attached, actor.locale())?;
        Ok(AttachToArticlePayload {
            article: article.map(Article),
            user_errors,
        })
    }

    /// Takes a file off an article, and away. Who may edit the article may do so.
    async fn detach_from_article(
        &self,
        ctx: &Context<'_>,
        input: DetachFromArticleInput,
    ) -> Result<DetachFromArticlePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = AttachmentId::of(&input.attachment_id);
        let detached = retry(|| commands::detach_from_article(app, actor, id)).await;
        let (article, user_errors) = split_errors(detached, actor.locale())?;
        Ok(DetachFromArticlePayload {
            article: article.map(Article),
            user_errors,
        })
    }
}
