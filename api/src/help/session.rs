//! The session of somebody who is typing: a name that says for itself what was suggested, so that reading writes
//! nothing and any server knows it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ArticleId, HelpSessionId};
use uuid::Uuid;

use crate::{actor::Actor, app::App, error::Result, session, text::beginning};

/// How long a session can be named.
const LIFE: TimeDelta = TimeDelta::days(1);
/// How much of what was typed it carries, in characters.
const TEXT_CHARS_MAX: usize = 300;
/// Articles that one answer suggests.
pub(super) const ARTICLES_MAX: usize = 10;
/// A longer name was never given.
const NAME_CHARS_MAX: usize = 2_400;
const PURPOSE: &str = "help-session";
const UUID_BYTES: usize = 16;
const MAC_BYTES: usize = 16;

/// What was suggested to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpSession {
    pub id: HelpSessionId,
    pub at: DateTime<Utc>,
    pub articles: Vec<ArticleId>,
    /// The beginning of what was typed.
    pub text: String,
}

/// Its name, which only this desk can give and only its owner can use.
pub(super) async fn name_of(app: &App, actor: &Actor, session: &HelpSession) -> Result<String> {
    let mut bytes = write(session);
    let code = session::mac(app, PURPOSE, &signed(actor, &bytes)).await?;
    bytes.extend(code);
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// The session of this name; none where it was never given to this actor, or long ago.
pub async fn find_session(app: &App, actor: &Actor, name: &str) -> Result<Option<HelpSession>> {
    if name.len() > NAME_CHARS_MAX {
        return Ok(None);
    }
    let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(name) else {
        return Ok(None);
    };
    let Some((bytes, code)) = bytes.split_last_chunk::<MAC_BYTES>() else {
        return Ok(None);
    };
    let expected = session::mac(app, PURPOSE, &signed(actor, bytes)).await?;
    if aws_lc_rs::constant_time::verify_slices_are_equal(&expected, code).is_err() {
        return Ok(None);
    }
    let is_alive = |session: &HelpSession| app.clock.now() - session.at <= LIFE;
    Ok(read(bytes).filter(is_alive))
}

fn signed(actor: &Actor, bytes: &[u8]) -> Vec<u8> {
    let owner = actor.id().map_or(Uuid::nil(), |id| id.0);
    [owner.as_bytes(), bytes].concat()
}

/// Id, time, the number of articles, these, and the text to the end.
fn write(session: &HelpSession) -> Vec<u8> {
    let articles = &session.articles[..session.articles.len().min(ARTICLES_MAX)];
    let mut bytes = session.id.0.as_bytes().to_vec();
    bytes.extend(session.at.timestamp_millis().to_be_bytes());
    bytes.push(u8::try_from(articles.len()).unwrap_or_default());
    for article in articles {
        bytes.extend(article.0.as_bytes());
    }
    bytes.extend(beginning(&session.text, TEXT_CHARS_MAX).as_bytes());
    bytes
}

fn read(bytes: &[u8]) -> Option<HelpSession> {
    let (id, bytes) = bytes.split_first_chunk::<UUID_BYTES>()?;
    let (at, bytes) = bytes.split_first_chunk()?;
    let (count, bytes) = bytes.split_first()?;
    let (articles, text) = bytes.split_at_checked(usize::from(*count) * UUID_BYTES)?;
    let articles = articles
        .chunks_exact(UUID_BYTES)
        .map(|id| Uuid::from_slice(id).ok().map(ArticleId));
    Some(HelpSession {
        id: HelpSessionId(Uuid::from_bytes(*id)),
        at: DateTime::from_timestamp_millis(i64::from_be_bytes(*at))?,
        articles: articles.collect::<Option<_>>()?,
        text: str::from_utf8(text).ok()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(
            id in any::<u128>(),
            at in 0..4_000_000_000_000_i64,
            articles in proptest::collection::vec(any::<u128>(), 0..ARTICLES_MAX),
            text in "\\PC{0,300}",
        ) {
            let session = HelpSession {
                id: HelpSessionId(Uuid::from_u128(id)),
                at: DateTime::from_timestamp_millis(at).unwrap(),
                articles: articles.into_iter().map(|id| ArticleId(Uuid::from_u128(id))).collect(),
                text,
            };
            let bytes = write(&session);
            prop_assert!(bytes.len() * 4 / 3 + 64 < NAME_CHARS_MAX);
            prop_assert_eq!(read(&bytes), Some(session));
        }

        #[test]
        fn anything_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes);
        }
    }
}
