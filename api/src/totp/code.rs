//! Codes that go by the time: RFC 6238 with SHA-1, six digits and 30 s, which is all that authenticators agree on.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY},
};
use chrono::{DateTime, Utc};
use url::Url;

/// As long as the hash, as RFC 4226 recommends.
pub(super) const SECRET_BYTES: usize = 20;
pub(super) const DIGITS: usize = 6;
const STEP_S: i64 = 30;
/// How many steps a clock may be ahead or behind.
const DRIFT: i64 = 1;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step whose code this is, near `now` and after `last`: a code that was taken is not taken again.
pub(super) fn step_of(secret: &[u8], code: &str, now: DateTime<Utc>, last: i64) -> Option<i64> {
    let current = now.timestamp().div_euclid(STEP_S);
    let mut steps = (current - DRIFT..=current + DRIFT).filter(|step| *step > last);
    steps.find(|step| {
        let right = code_of(secret, *step);
        verify_slices_are_equal(right.as_bytes(), code.as_bytes()).is_ok()
    })
}

fn code_of(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    // RFC 4226, section 5.3: the last four bits say where.
    let start = usize::from(tag[tag.len() - 1] & 0xf);
    let mut word = [0; 4];
    word.copy_from_slice(&tag[start..start + 4]);
    let number = u32::from_be_bytes(word) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// RFC 4648, without padding: authenticators know no other.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for five in bytes.chunks(5) {
        let mut padded = [0; 8];
        padded[3..3 + five.len()].copy_from_slice(five);
        let bits = u64::from_be_bytes(padded);
        let letters = (five.len() * 8).div_ceil(5);
        for place in 0..letters {
            let index = usize::try_from(bits >> (35 - 5 * place) & 31).unwrap_or_default();
            text.push(char::from(BASE32[index]));
        }
    }
    text
}

/// What an authenticator reads from a QR code.
pub(super) fn uri(desk: &Url, account: &str, secret: &[u8]) -> String {
    let issuer = escaped(desk.host_str().unwrap_or("Guichet"));
    let (account, secret) = (escaped(account), base32(secret));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
    )
}

/// Neither hosts nor addresses have spaces, so that nothing becomes a plus sign.
fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, its codes of eight digits cut to six.
    #[test]
    fn codes_are_those_of_the_rfc() {
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_of(b"12345678901234567890", at / STEP_S), code);
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_late_and_once() {
        let secret = b"12345678901234567890";
        let at = |s| DateTime::from_timestamp(s, 0).unwrap();
        let step = 2_000_000_000 / STEP_S;
        for (now, last, found) in [
            (2_000_000_000 - 60, 0, None),
            (2_000_000_000 - 30, 0, Some(step)),
            (2_000_000_000, 0, Some(step)),
            (2_000_000_000 + 30, 0, Some(step)),
            (2_000_000_000 + 60, 0, None),
            (2_000_000_000, step - 1, Some(step)),
            (2_000_000_000, step, None),
        ] {
            assert_eq!(step_of(secret, "279037", at(now), last), found, "{now}");
        }
        assert_eq!(step_of(secret, "27903", at(2_000_000_000), 0), None);
        assert_eq!(step_of(secret, "", at(2_000_000_000), 0), None);
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn an_address_is_escaped_in_the_uri() {
        let desk = Url::parse("https://desk.test/").unwrap();
        assert_eq!(
            uri(&desk, "a+b&c@desk.test", b"foobar"),
            "otpauth://totp/desk.test:a%2Bb%26c%40desk.test?secret=MZXW6YTBOI&issuer=desk.test&algorithm=SHA1&digits=6&period=30"
        );
    }
}
