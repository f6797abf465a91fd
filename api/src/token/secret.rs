//! The text of a token: `gut_`, 30 characters of chance, and 6 by which a mistyped one, or one that a scanner finds in
//! somebody's repository, is known without asking the database.

use std::fmt;

use anyhow::Context;
use aws_lc_rs::{digest, rand};

use crate::error::Result;

const PREFIX: &str = "gut_";
/// 178 bits.
const CHANCE_CHARS: usize = 30;
const CHECKSUM_CHARS: usize = 6;
const CHARS: usize = PREFIX.len() + CHANCE_CHARS + CHECKSUM_CHARS;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Bytes from here on would make some characters likelier than others.
const BYTES_USED: u8 = 248;
/// Characters of chance that are kept readable: enough to tell one's own tokens apart, and 154 bits stay.
const HINT_CHARS: usize = 4;

/// A whole token. Nothing writes it anywhere but into the one answer that shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(super) fn generate() -> Result<Self> {
        let mut text = PREFIX.to_owned();
        while text.len() < PREFIX.len() + CHANCE_CHARS {
            let mut bytes = [0; CHANCE_CHARS];
            rand::fill(&mut bytes).context("the system has no random numbers")?;
            let left = PREFIX.len() + CHANCE_CHARS - text.len();
            let usable = bytes.into_iter().filter(|byte| *byte < BYTES_USED);
            text.extend(usable.take(left).map(|byte| digit(u32::from(byte))));
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Ok(Self(text))
    }

    /// A text that has the form of a token, whether or not there is such a one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let is_formed = text.len() == CHARS
            && text.starts_with(PREFIX)
            && text
                .bytes()
                .skip(PREFIX.len())
                .all(|byte| byte.is_ascii_alphanumeric());
        if !is_formed {
            return None;
        }
        let (signed, sum) = text.split_at(CHARS - CHECKSUM_CHARS);
        (checksum(signed) == sum).then(|| Self(text.to_owned()))
    }

    /// What is stored of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }

    /// Its beginning, to tell it from others.
    pub(super) fn hint(&self) -> &str {
        &self.0[..PREFIX.len() + HINT_CHARS]
    }

    /// The token itself, for whoever asked for it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Secret").field(&self.hint()).finish()
    }
}

/// Whether a text begins as tokens of the API do: then it is one or none at all.
pub fn is_one(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Whether a text holds a token of the API somewhere.
pub fn are_in(text: &str) -> bool {
    let places = text.match_indices(PREFIX);
    let mut candidates = places.filter_map(|(start, _)| text.get(start..start + CHARS));
    candidates.any(|candidate| Secret::read(candidate).is_some())
}

/// The first 32 bits of SHA-256 over all that stands before, in base 62.
fn checksum(signed: &str) -> String {
    let hash = sha256(signed);
    let mut rest = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    let mut digits = [0; CHECKSUM_CHARS];
    for place in digits.iter_mut().rev() {
        *place = rest % 62;
        rest /= 62;
    }
    digits.into_iter().map(digit).collect()
}

fn digit(value: u32) -> char {
    char::from(ALPHABET[(value % 62) as usize])
}

fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_made() {
        let secret = Secret::generate().unwrap();
        assert_eq!(secret.reveal().len(), 40);
        assert_eq!(Secret::read(secret.reveal()), Some(secret.clone()));
        assert_ne!(Secret::generate().unwrap(), secret);
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }

    /// Worked out by hand once: what others check offline must not move.
    #[test]
    fn the_checksum_is_that_of_the_documentation() {
        let signed = "gut_000000000000000000000000000000";
        assert_eq!(checksum(signed), "1ojOGD");
        assert!(Secret::read(&format!("{signed}1ojOGD")).is_some());
    }

    #[test]
    fn what_is_mangled_is_none() {
        let secret = Secret::generate().unwrap();
        let text = secret.reveal();
        for place in PREFIX.len()..CHARS {
            let mut mangled = text.as_bytes().to_vec();
            mangled[place] = if mangled[place] == b'x' { b'y' } else { b'x' };
            let mangled = String::from_utf8(mangled).unwrap();
            assert_eq!(Secret::read(&mangled), None, "{place}");
        }
        let wide = format!("gut_{}", "é".repeat(18));
        for wrong in [
            "",
            "gut_",
            &text[1..],
            &format!("{text}x"),
            &text.to_uppercase(),
            &wide,
        ] {
            assert_eq!(Secret::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_is_found_in_an_address() {
        let secret = Secret::generate().unwrap();
        let text = secret.reveal();
        assert!(are_in(&format!("gut_é token={text}&x")));
        assert!(!are_in(&text[..CHARS - 1]));
        assert!(!are_in("gut_ and gut_é"));
    }
}
