//! The id of a request: the client's, if it sent a sane one, else ours.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName};

pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id that we take over into our logs.
const LENGTH_MAX: usize = 64;

/// Makes ids that no other process makes: a random half and a count. Not from the clock, whose ids
/// belong to what is stored.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u64,
    count: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random)
            .map_err(|_| anyhow::anyhow!("no random numbers to be had"))?;
        Ok(Self {
            process: u64::from_be_bytes(random),
            count: AtomicU64::new(0),
        })
    }

    pub(crate) fn of(&self, headers: &HeaderMap) -> String {
        let sent = headers.get(HEADER).and_then(|value| value.to_str().ok());
        match sent.filter(|id| is_sane(id)) {
            Some(id) => id.to_owned(),
            None => format!(
                "{:016x}-{:x}",
                self.process,
                self.count.fetch_add(1, Ordering::Relaxed)
            ),
        }
    }
}

fn is_sane(id: &str) -> bool {
    let is_sane_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LENGTH_MAX).contains(&id.len()) && id.bytes().all(is_sane_byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn sane_ids_are_kept_and_others_replaced() {
        let ids = RequestIds::new().expect("random");
        let id_of = |sent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(sent).expect("a header value"));
            ids.of(&headers)
        };
        assert_eq!(id_of("a-B_3.c"), "a-B_3.c");
        for wrong in ["", "a b", "a\"b", "é", &"x".repeat(65)] {
            assert_ne!(id_of(wrong), wrong);
        }
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
