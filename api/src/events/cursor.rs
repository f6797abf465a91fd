//! Cursors of live streams: a place in one life of the log, opaque to clients. A place, never a right.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{Epoch, Pos};

const VERSION: u8 = 1;
/// Of the checksum: against damage, not against forgers, who would gain nothing.
const CHECK_BYTES: usize = 4;
/// Version, epoch, place and checksum.
const BYTES: usize = 1 + 8 + 8 + CHECK_BYTES;

pub(super) fn write(epoch: Epoch, pos: Pos) -> String {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.push(VERSION);
    bytes.extend(epoch.0.to_be_bytes());
    bytes.extend(pos.0.to_be_bytes());
    let check = check_of(&bytes);
    bytes.extend(check);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// None for whatever was never a cursor.
pub(super) fn read(text: &str) -> Option<(Epoch, Pos)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (body, check) = bytes.split_at_checked(BYTES - CHECK_BYTES)?;
    if check != check_of(body) {
        return None;
    }
    let (version, numbers) = body.split_first()?;
    let (epoch, pos) = numbers.split_first_chunk::<8>()?;
    let pos: [u8; 8] = pos.try_into().ok()?;
    (*version == VERSION).then_some((
        Epoch(u64::from_be_bytes(*epoch)),
        Pos(u64::from_be_bytes(pos)),
    ))
}

fn check_of(body: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest(&SHA256, body).as_ref()[..CHECK_BYTES]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let (epoch, pos) = (Epoch(u64::MAX - 1), Pos(1_042));
        let cursor = write(epoch, pos);
        assert_eq!(read(&cursor), Some((epoch, pos)));
        for end in 0..cursor.len() {
            assert_eq!(read(&cursor[..end]), None);
        }
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        for place in 0..bytes.len() {
            bytes[place] ^= 1;
            assert_eq!(read(&BASE64_URL_SAFE_NO_PAD.encode(&bytes)), None);
            bytes[place] ^= 1;
        }
        assert_eq!(read("not base64!"), None);
    }
}
