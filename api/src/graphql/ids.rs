//! Global ids: a word for the kind of thing, and which one. Opaque to clients.

use async_graphql::ID;
use entity::ids::{
    ApiTokenId, ApplicationId, ApplicationKeyId, ArticleCategoryId, ArticleId, ArticleRevisionId,
    AttachmentId, BulkJobId, CalendarId, CommentId, KnowledgeLinkId, MacroId, OrganizationId,
    QueueId, ServiceLevelPolicyId, TeamId, TicketId, TicketLinkId, UploadId, UserId,
    WebhookDeliveryId, WebhookEndpointId,
};
use uuid::Uuid;

/// A kind of node, and its key.
pub trait GlobalId: Sized {
    /// What its global ids begin with.
    const KIND: &'static str;

    fn read(key: &str) -> Option<Self>;

    fn write(&self) -> String;

    fn global(&self) -> ID {
        ID(format!("{}_{}", Self::KIND, self.write()))
    }

    /// Appends the global id to what is written piece by piece.
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.global().as_bytes());
    }

    /// None for ids of other kinds and for whatever was never an id: they name nothing.
    fn of(id: &ID) -> Option<Self> {
        let (kind, key) = id.split_once('_')?;
        if kind == Self::KIND {
            Self::read(key)
        } else {
            None
        }
    }
}

macro_rules! global_ids {
    ($($id:ident: $kind:literal,)+) => {$(
        impl GlobalId for $id {
            const KIND: &'static str = $kind;

            fn read(key: &str) -> Option<Self> {
                read_uuid(key).map(Self)
            }

            fn write(&self) -> String {
                let mut key = Uuid::encode_buffer();
                self.0.simple().encode_lower(&mut key).to_owned()
            }

            fn append(&self, bytes: &mut Vec<u8>) {
                let mut key = Uuid::encode_buffer();
                bytes.extend_from_slice(concat!($kind, "_").as_bytes());
                bytes.extend_from_slice(self.0.simple().encode_lower(&mut key).as_bytes());
            }
        }
    )+};
}

global_ids! {
    ApplicationId: "app",
    ApplicationKeyId: "key",
    ArticleCategoryId: "cat",
    ApiTokenId: "tok",
    ArticleId: "art",
    AttachmentId: "att",
    ArticleRevisionId: "rev",
    BulkJobId: "job",
    CalendarId: "cal",
    CommentId: "com",
    KnowledgeLinkId: "kno",
    MacroId: "mac",
    OrganizationId: "org",
    QueueId: "que",
    ServiceLevelPolicyId: "slp",
    TeamId: "tea",
    TicketId: "tic",
    TicketLinkId: "lnk",
    UploadId: "upl",
    UserId: "usr",
    WebhookDeliveryId: "dlv",
    WebhookEndpointId: "whk",
}

/// One spelling an id, so that clients can compare them.
fn read_uuid(key: &str) -> Option<Uuid> {
    let is_plain = key.len() == 32
        && key
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if is_plain {
        Uuid::parse_str(key).ok()
    } else {
        None
    }
}

/// A level's id is its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelRank(pub i16);

impl GlobalId for LevelRank {
    const KIND: &'static str = "lvl";

    fn read(key: &str) -> Option<Self> {
        key.parse()
            .ok()
            .map(Self)
            .filter(|rank| rank.write() == key)
    }

    fn write(&self) -> String {
        self.0.to_string()
    }
}

/// A custom field's id is its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldKey(pub String);

impl GlobalId for FieldKey {
    const KIND: &'static str = "fld";

    fn read(key: &str) -> Option<Self> {
        Some(Self(key.to_owned()))
    }

    fn write(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_name_one_kind_in_one_spelling() {
        let ticket = TicketId(Uuid::from_u128(7));
        let id = ticket.global();
        assert_eq!(TicketId::of(&id), Some(ticket));
        assert_eq!(UserId::of(&id), None);
        for nothing in [
            "",
            "tic",
            "tic_",
            "tic_xyz",
            "TIC_7",
            "lvl_01",
            "tic_{00000000000000000000000000000007}",
        ] {
            assert_eq!(TicketId::of(&ID::from(nothing)), None, "{nothing}");
            assert_eq!(LevelRank::of(&ID::from(nothing)), None, "{nothing}");
        }
        assert_eq!(LevelRank::of(&LevelRank(2).global()), Some(LevelRank(2)));
    }
}
