//! Documents that clients ask for by their hash: those that signed-in clients have sent once, kept for all servers, and
//! those that the operator trusts.

mod keeping;
mod manifest;

pub use keeping::{find, keep, start, trim};
pub use manifest::{TrustedDocument, read};

use aws_lc_rs::digest::{SHA256, digest};

/// SHA-256 of a document's text.
pub type Hash = [u8; 32];

/// Hexadecimal digits of a hash.
const HEX_LENGTH: usize = 64;

pub fn hash_of(text: &str) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

/// The hash that hexadecimal digits, in lower case as clients write them, stand for.
pub fn hash_from_hex(hex: &str) -> Option<Hash> {
    if hex.len() != HEX_LENGTH {
        return None;
    }
    let mut hash = Hash::default();
    for (byte, digits) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = (value_of(digits[0])? << 4) | value_of(digits[1])?;
    }
    Some(hash)
}

const fn value_of(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_read_as_clients_write_them() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash_from_hex(hex), Some(hash_of("")));
        for wrong in ["", "e3", &hex.to_uppercase(), &hex.replace('e', "g")] {
            assert_eq!(hash_from_hex(wrong), None, "{wrong}");
        }
    }
}
