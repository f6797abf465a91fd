//! Pure rules: which addresses are taken, when what failed is tried again, and what a delivery is called.

use aws_lc_rs::digest;
use chrono::TimeDelta;
use entity::ids::WebhookEndpointId;
use url::Url;
use uuid::Uuid;

use crate::{
    events::{Epoch, Pos},
    refusal::{Refusal, WebhookWhy, Why},
};

/// Longest address.
const URL_CHARS_MAX: usize = 2_000;
/// After each attempt that failed; after the last there is none. About three days in all.
const RETRY_AFTER_S: [i64; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3_600,
    5 * 3_600,
    10 * 3_600,
    14 * 3_600,
    20 * 3_600,
    24 * 3_600,
];
/// By how much of it a pause is longer or shorter, in hundredths.
const SPREAD: i64 = 10;
/// After so long without a success an endpoint is told nothing any more.
pub(super) const FAILING_MAX: TimeDelta = TimeDelta::days(5);

/// When to try again after so many attempts, at random by `chance`: what failed together is not tried together.
pub(super) fn retry_after(attempts: i32, chance: u8) -> Option<TimeDelta> {
    let place = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let pause_ms = RETRY_AFTER_S.get(place)? * 1_000;
    let least_ms = pause_ms * (100 - SPREAD) / 100;
    let spread_ms = pause_ms * 2 * SPREAD / 100;
    Some(TimeDelta::milliseconds(
        least_ms + spread_ms * i64::from(chance) / i64::from(u8::MAX),
    ))
}

/// Reads an address that something can be sent to. Unencrypted only where operators allowed addresses inside.
pub(super) fn address(text: &str, is_inside_allowed: bool) -> Result<Url, Refusal> {
    let field = "url";
    let invalid = |why| Refusal::Invalid { field, why };
    if text.len() > URL_CHARS_MAX {
        let max = URL_CHARS_MAX;
        return Err(Refusal::TooLong { field, max });
    }
    let url = Url::parse(text.trim()).ok().filter(Url::has_host);
    let url = url.ok_or_else(|| invalid(Why::Url))?;
    let is_more =
        !url.username().is_empty() || url.password().is_some() || url.fragment().is_some();
    match url.scheme() {
        _ if is_more => Err(invalid(Why::Webhook(WebhookWhy::MoreThanAnAddress))),
        "https" => Ok(url),
        "http" if is_inside_allowed => Ok(url),
        "http" => Err(invalid(Why::Webhook(WebhookWhy::NotEncrypted))),
        _ => Err(invalid(Why::Url)),
    }
}

/// What an endpoint knows an event by: the same for each attempt, each server and each replay, and another where the
/// log has begun another life and gives places twice.
pub(super) fn webhook_id(endpoint: WebhookEndpointId, epoch: Epoch, pos: Pos) -> String {
    let mut text = endpoint.0.as_bytes().to_vec();
    text.extend(epoch.0.to_be_bytes());
    text.extend(pos.0.to_be_bytes());
    let hash = digest::digest(&digest::SHA256, &text);
    let mut half = [0; 16];
    half.copy_from_slice(&hash.as_ref()[..16]);
    format!("msg_{}", Uuid::from_bytes(half).simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_those_of_the_plan_give_or_take_a_tenth() {
        for (attempts, seconds) in (1..).zip(RETRY_AFTER_S) {
            let [least, most] = [0, u8::MAX].map(|chance| retry_after(attempts, chance).unwrap());
            assert_eq!(least, TimeDelta::milliseconds(seconds * 900));
            assert_eq!(most, TimeDelta::milliseconds(seconds * 1_100));
        }
        assert_eq!(retry_after(10, 0), None);
        assert_eq!(retry_after(0, 0), None);
    }

    #[test]
    fn addresses_are_encrypted_and_nothing_besides() {
        let why = |text, is_inside_allowed| match address(text, is_inside_allowed) {
            Ok(url) => url.to_string(),
            Err(Refusal::Invalid { why, .. }) => format!("{why:?}"),
            Err(other) => format!("{other:?}"),
        };
        for (text, expected) in [
            (
                "https://example.org/hooks?a=b",
                "https://example.org/hooks?a=b",
            ),
            (" https://EXAMPLE.org ", "https://example.org/"),
            ("http://example.org/", "Webhook(NotEncrypted)"),
            ("https://me:word@example.org/", "Webhook(MoreThanAnAddress)"),
            ("https://me@example.org/", "Webhook(MoreThanAnAddress)"),
            ("https://example.org/#a", "Webhook(MoreThanAnAddress)"),
            ("ftp://example.org/", "Url"),
            ("file:///etc/passwd", "Url"),
            ("javascript:alert(1)", "Url"),
            ("example.org", "Url"),
            ("https://", "Url"),
        ] {
            assert_eq!(why(text, false), expected, "{text}");
        }
        assert_eq!(why("http://127.0.0.1:8/", true), "http://127.0.0.1:8/");
        let long = format!("https://example.org/{}", "a".repeat(2_000));
        assert!(matches!(
            address(&long, false),
            Err(Refusal::TooLong { .. })
        ));
    }

    #[test]
    fn an_event_has_one_id_for_each_endpoint_and_life_of_the_log() {
        let [one, other] = [1, 2].map(|id| WebhookEndpointId(Uuid::from_u128(id)));
        let id = webhook_id(one, Epoch(1), Pos(1));
        assert_eq!(id, webhook_id(one, Epoch(1), Pos(1)));
        assert_eq!(id.len(), 36);
        for different in [
            webhook_id(other, Epoch(1), Pos(1)),
            webhook_id(one, Epoch(2), Pos(1)),
            webhook_id(one, Epoch(1), Pos(2)),
        ] {
            assert_ne!(id, different);
        }
    }
}
