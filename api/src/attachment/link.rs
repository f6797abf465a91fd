//! Links by which files are read: for one file and one viewer, good for five minutes, made and verified without the database.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ApiTokenId, AttachmentId, SessionId, UserId};
use uuid::Uuid;

use crate::{
    actor::{Actor, Credential, CredentialId},
    app::App,
    error::{Error, Result},
    session::{self, sign_link, verify_link},
    token,
};

/// How long a link is good.
const LIFE: TimeDelta = TimeDelta::minutes(5);
/// Keeps these links apart from everything else that is signed.
const PURPOSE: &str = "attachment links, first form";
const NAMED_BYTES: usize = 1 + 3 * 16 + 8;
const CODE_BYTES: usize = 32;
/// In the first byte: the link was asked for with a token of the API.
const BY_TOKEN: u8 = 2;

/// What is read by a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    File,
    /// The small picture beside it.
    Preview,
}

/// What a good link names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub attachment_id: AttachmentId,
    pub variant: Variant,
    pub viewer_id: UserId,
    /// What it was asked for with, a sign-in or a token of the API: it ends with that, and shows no more.
    credential: Option<CredentialId>,
    expires_at: DateTime<Utc>,
}

impl Link {
    /// The address of a file for somebody who may read it. The system shows it to nobody.
    pub(super) async fn address(
        app: &App,
        actor: &Actor,
        attachment_id: AttachmentId,
        variant: Variant,
    ) -> Result<String> {
        let viewer_id = actor.id().ok_or(Error::Forbidden)?;
        let link = Self {
            attachment_id,
            variant,
            viewer_id,
            credential: actor.credential().map(Credential::id),
            expires_at: app.clock.now() + LIFE,
        };
        let mut bytes = link.write();
        let code = sign_link(app, PURPOSE, &bytes).await?;
        bytes.extend_from_slice(code.as_ref());
        let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let path = format!("attachments/{}?link={text}", attachment_id.0.simple());
        Ok(super::address(app, &path))
    }

    /// What a link names that this desk made; none for any other. Whether it is over is another question.
    pub async fn read(app: &App, text: &str) -> Result<Option<Self>> {
        let mut bytes = [0; NAMED_BYTES + CODE_BYTES];
        let length = BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes);
        if length != Ok(bytes.len()) {
            return Ok(None);
        }
        let (named, code) = bytes.split_at(NAMED_BYTES);
        if !verify_link(app, PURPOSE, named, code).await? {
            return Ok(None);
        }
        Ok(Self::read_named(named))
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now
    }

    /// Its viewer with their rights of now; none where they are signed out or disabled, or their token is over.
    pub async fn viewer(&self, app: &App) -> Result<Option<Actor>> {
        let viewer = match self.credential {
            None => session::acting(app, self.viewer_id).await?,
            Some(CredentialId::Session(id)) => session::standing(app, &[id]).await?.remove(&id),
            Some(CredentialId::ApiToken(id)) => token::standing(app, &[id]).await?.remove(&id),
        };
        Ok(viewer.filter(|viewer| viewer.id() == Some(self.viewer_id)))
    }

    fn write(&self) -> Vec<u8> {
        let (by, credential) = match self.credential {
            None => (0, Uuid::nil()),
            Some(CredentialId::Session(id)) => (0, id.0),
            Some(CredentialId::ApiToken(id)) => (BY_TOKEN, id.0),
        };
        let mut bytes = Vec::with_capacity(NAMED_BYTES + CODE_BYTES);
        bytes.push(
            by | match self.variant {
                Variant::File => 0,
                Variant::Preview => 1,
            },
        );
        for id in [self.attachment_id.0, self.viewer_id.0, credential] {
            bytes.extend_from_slice(id.as_bytes());
        }
        bytes.extend_from_slice(&self.expires_at.timestamp().to_be_bytes());
        bytes
    }

    fn read_named(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (ids, expires_at) = rest.split_at_checked(3 * 16)?;
        let mut ids = ids.chunks_exact(16).map(Uuid::from_slice);
        let mut next = || ids.next()?.ok();
        let (attachment_id, viewer_id, credential) = (next()?, next()?, next()?);
        let expires_at = i64::from_be_bytes(expires_at.try_into().ok()?);
        Some(Self {
            attachment_id: AttachmentId(attachment_id),
            variant: match kind & !BY_TOKEN {
                0 => Variant::File,
                1 => Variant::Preview,
                _ => return None,
            },
            viewer_id: UserId(viewer_id),
            credential: if kind & BY_TOKEN == 0 {
                (!credential.is_nil()).then_some(CredentialId::Session(SessionId(credential)))
            } else {
                Some(CredentialId::ApiToken(ApiTokenId(credential)))
            },
            expires_at: DateTime::from_timestamp(expires_at, 0)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_link_names_what_it_was_made_for(ids: [u128; 3], is_preview: bool, is_token: bool, at in 0..4_000_000_000_i64) {
            let [attachment, viewer, credential] = ids.map(Uuid::from_u128);
            let link = Link {
                attachment_id: AttachmentId(attachment),
                variant: if is_preview { Variant::Preview } else { Variant::File },
                viewer_id: UserId(viewer),
                credential: if is_token {
                    Some(CredentialId::ApiToken(ApiTokenId(credential)))
                } else {
                    (!credential.is_nil()).then_some(CredentialId::Session(SessionId(credential)))
                },
                expires_at: DateTime::from_timestamp(at, 0).unwrap(),
            };
            prop_assert_eq!(link.write().len(), NAMED_BYTES);
            prop_assert_eq!(Link::read_named(&link.write()), Some(link));
        }

        #[test]
        fn what_was_cut_names_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..NAMED_BYTES)) {
            prop_assert_eq!(Link::read_named(&bytes), None);
        }
    }
}
