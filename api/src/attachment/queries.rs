//! Every read of files, through what the actor may see.

use std::{collections::HashMap, io, ops::Range};

use bytes::Bytes;
use entity::{
    attachment,
    ids::{ArticleId, AttachmentId, CommentId, TicketId, UploadId},
    upload::{self, Preview, State},
};
use futures_util::stream::BoxStream;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::{link::Variant, preview, rules};
use crate::{actor::Actor, app::App, error::Result, policy};

/// What a file is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    Ticket(TicketId),
    Comment(CommentId),
    Article(ArticleId),
}

impl Owner {
    pub(super) const fn ticket_id(self) -> Option<TicketId> {
        match self {
            Self::Ticket(id) => Some(id),
            Self::Comment(_) | Self::Article(_) => None,
        }
    }

    pub(super) const fn comment_id(self) -> Option<CommentId> {
        match self {
            Self::Comment(id) => Some(id),
            Self::Ticket(_) | Self::Article(_) => None,
        }
    }

    pub(super) const fn article_id(self) -> Option<ArticleId> {
        match self {
            Self::Article(id) => Some(id),
            Self::Ticket(_) | Self::Comment(_) => None,
        }
    }

    /// None: a row that no server of ours wrote.
    fn of(row: &attachment::Model) -> Option<Self> {
        let ticket = row.ticket_id.map(Self::Ticket);
        let comment = row.comment_id.map(Self::Comment);
        ticket.or(comment).or(row.article_id.map(Self::Article))
    }
}

/// An attachment and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    pub attachment: attachment::Model,
    pub upload: upload::Model,
}

/// What a reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    key: String,
    pub file_name: String,
    pub content_type: String,
    pub byte_size: u64,
    /// Names these bytes and no others.
    pub tag: String,
}

/// A file that the actor may read.
pub async fn find(app: &App, actor: &Actor, id: AttachmentId) -> Result<Option<Attached>> {
    let wanted = Condition::all().add(attachment::Column::Id.eq(id));
    Ok(find_all(app, actor, wanted).await?.pop())
}

/// Those of these that the actor may read.
pub(super) async fn find_by_ids(
    app: &App,
    actor: &Actor,
    ids: &[AttachmentId],
) -> Result<Vec<Attached>> {
    let wanted = Condition::all().add(attachment::Column::Id.is_in(ids.iter().copied()));
    find_all(app, actor, wanted).await
}

/// The files of each, as far as the actor may read them, in the order in which they were attached.
pub(super) async fn find_of(
    app: &App,
    actor: &Actor,
    owners: &[Owner],
) -> Result<HashMap<Owner, Vec<Attached>>> {
    use attachment::Column::{ArticleId, CommentId, TicketId};
    let wanted = Condition::any()
        .add(TicketId.is_in(owners.iter().filter_map(|owner| owner.ticket_id())))
        .add(CommentId.is_in(owners.iter().filter_map(|owner| owner.comment_id())))
        .add(ArticleId.is_in(owners.iter().filter_map(|owner| owner.article_id())));
    let mut of: HashMap<Owner, Vec<Attached>> = HashMap::new();
    for attached in find_all(app, actor, wanted).await? {
        if let Some(owner) = Owner::of(&attached.attachment) {
            of.entry(owner).or_default().push(attached);
        }
    }
    Ok(of)
}

async fn find_all(app: &App, actor: &Actor, wanted: Condition) -> Result<Vec<Attached>> {
    let rows = attachment::Entity::find()
        .filter(wanted)
        .filter(policy::visible_attachments(actor))
        .order_by_asc(attachment::Column::Id)
        .all(&app.store.read)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let uploads = upload::Entity::find()
        .filter(upload::Column::Id.is_in(rows.iter().map(|row| row.upload_id)))
        .filter(upload::Column::State.eq(State::Stored))
        .all(&app.store.read)
        .await?;
    let uploads: HashMap<UploadId, upload::Model> = uploads
        .into_iter()
        .map(|upload| (upload.id, upload))
        .collect();
    let attached = rows.into_iter().filter_map(|attachment| {
        let upload = uploads.get(&attachment.upload_id)?.clone();
        Some(Attached { attachment, upload })
    });
    Ok(attached.collect())
}

/// What is read of a file, or of the small picture beside it; none where there is none.
pub fn served(attached: &Attached, variant: Variant) -> Option<Served> {
    let upload = &attached.upload;
    let key = upload.storage_key.as_ref()?;
    let hash = upload.sha256.as_ref()?;
    let tag = rules::hex(hash);
    let small = |content_type: &str, ending: &str| Served {
        key: preview::key_of(key),
        file_name: format!("{}.{ending}", upload.file_name),
        content_type: content_type.to_owned(),
        byte_size: u64::try_from(upload.preview_byte_size).unwrap_or_default(),
        tag: format!("{tag}-preview"),
    };
    match (variant, upload.preview) {
        (Variant::File, _) => Some(Served {
            key: key.clone(),
            file_name: upload.file_name.clone(),
            content_type: upload.content_type.clone(),
            byte_size: u64::try_from(upload.byte_size).unwrap_or_default(),
            tag,
        }),
        (Variant::Preview, Preview::None) => None,
        (Variant::Preview, Preview::Jpeg) => Some(small("image/jpeg", "jpg")),
        (Variant::Preview, Preview::Png) => Some(small("image/png", "png")),
    }
}

impl Served {
    /// These of its bytes, piece by piece.
    pub async fn read(
        &self,
        app: &App,
        range: Range<u64>,
    ) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        app.files.read(&self.key, range).await
    }
}
