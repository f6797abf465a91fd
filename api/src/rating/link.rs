//! Links by which a ticket is rated: what they name, and a tag that only this desk can make.

use aws_lc_rs::{digest, hmac};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ids::TicketId,
    ticket::{self, Status},
};
use uuid::Uuid;

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    policy::{self, Action},
    session,
};

/// How long after it was solved a ticket can be rated, and the rating changed.
pub const RATED_WITHIN: TimeDelta = TimeDelta::days(14);
/// Keeps these links apart from everything else that is signed.
const PURPOSE: &str = "rating links, first form";
const NAMED_BYTES: usize = 24;
const TAG_BYTES: usize = 32;

/// What rates a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatingLink {
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

/// What a good token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) ticket_id: TicketId,
    /// The solving that is rated; a later one has a link of its own.
    pub(super) solved_at: DateTime<Utc>,
}

/// The link of a ticket, for its requester alone; none while it is not solved, and once the link is over.
pub async fn link_of(
    app: &App,
    actor: &Actor,
    ticket: &ticket::Model,
) -> Result<Option<RatingLink>> {
    let solved_at = ticket.solved_at.filter(|_| can_be_rated(ticket));
    let Some(solved_at) = solved_at.filter(|_| policy::may(actor, Action::RateTicket(ticket)))
    else {
        return Ok(None);
    };
    let named = Named {
        ticket_id: ticket.id,
        solved_at,
    };
    if named.expires_at() <= app.clock.now() {
        return Ok(None);
    }
    let key = session::derived_key(app, PURPOSE).await?;
    Ok(Some(RatingLink {
        token: named.write(&key),
        expires_at: named.expires_at(),
    }))
}

/// What a token names; none where this desk did not make it.
pub(super) async fn read(app: &App, token: &str) -> Result<Option<Named>> {
    let key = session::derived_key(app, PURPOSE).await?;
    Ok(Named::read(token, &key))
}

/// A name of a good token that says nothing of it: another on each desk, and good for nothing.
pub(super) fn name_of(token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hash)
}

/// Whether it is solved, or was when it was closed.
pub(super) const fn can_be_rated(ticket: &ticket::Model) -> bool {
    matches!(ticket.status, Status::Solved | Status::Closed)
}

impl Named {
    pub(super) fn expires_at(&self) -> DateTime<Utc> {
        self.solved_at + RATED_WITHIN
    }

    fn write(&self, key: &hmac::Key) -> String {
        let mut bytes = Vec::with_capacity(NAMED_BYTES + TAG_BYTES);
        bytes.extend_from_slice(self.ticket_id.0.as_bytes());
        bytes.extend_from_slice(&self.solved_at.timestamp_micros().to_be_bytes());
        let tag = hmac::sign(key, &bytes);
        bytes.extend_from_slice(tag.as_ref());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(token: &str, key: &hmac::Key) -> Option<Self> {
        let mut bytes = [0; NAMED_BYTES + TAG_BYTES];
        let length = BASE64_URL_SAFE_NO_PAD
            .decode_slice(token, &mut bytes)
            .ok()?;
        let (named, tag) = bytes.get(..length)?.split_at_checked(NAMED_BYTES)?;
        // In constant time.
        hmac::verify(key, named, tag).ok()?;
        let (ticket_id, solved_at) = named.split_at_checked(16)?;
        let solved_at = i64::from_be_bytes(solved_at.try_into().ok()?);
        Some(Self {
            ticket_id: TicketId(Uuid::from_slice(ticket_id).ok()?),
            solved_at: DateTime::from_timestamp_micros(solved_at)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(secret: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[secret; 32])
    }

    fn named(ticket: u128, micros: i64) -> Named {
        Named {
            ticket_id: TicketId(Uuid::from_u128(ticket)),
            solved_at: DateTime::from_timestamp_micros(micros).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn a_token_names_what_it_was_made_for(ticket: u128, micros in 0..4_000_000_000_000_000_i64) {
            let named = named(ticket, micros);
            let token = named.write(&key(1));
            prop_assert_eq!(Named::read(&token, &key(1)), Some(named));
            prop_assert_eq!(Named::read(&token, &key(2)), None);
        }

        #[test]
        fn a_token_with_another_bit_names_nothing(bit in 0..(NAMED_BYTES + TAG_BYTES) * 8) {
            let token = named(7, 1_800_000_000_000_000).write(&key(1));
            let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let token = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(Named::read(&token, &key(1)), None);
        }

        #[test]
        fn what_was_made_up_names_nothing(token in ".{0,120}") {
            prop_assert_eq!(Named::read(&token, &key(1)), None);
        }
    }

    #[test]
    fn a_token_that_was_cut_names_nothing() {
        let token = named(7, 1_800_000_000_000_000).write(&key(1));
        for length in 0..token.len() {
            assert_eq!(Named::read(&token[..length], &key(1)), None);
        }
        assert_eq!(Named::read(&format!("{token}AAAA"), &key(1)), None);
    }
}
