//! Small pictures of pictures: made once, when the file comes in, and kept beside it. Where that fails there is none.

use std::{io::Cursor, time::Duration};

use entity::upload::Preview;
use futures_util::TryStreamExt;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::app::App;

/// The longer edge, in pixels.
const EDGE_MAX: u32 = 512;
const JPEG_QUALITY: u8 = 80;
/// Of pictures that are decoded; told by the header.
const PIXELS_MAX: u64 = 40_000_000;
/// Of what is decoded of one picture.
const DECODED_BYTES_MAX: u64 = 4 * PIXELS_MAX;
/// What decoders may take besides.
const WORKING_BYTES_MAX: u64 = 2 * DECODED_BYTES_MAX;
/// Files that are looked at; larger ones would be held in memory.
const FILE_BYTES_MAX: u64 = 32 << 20;
/// Pictures that are decoded at once: each takes a core, and as much memory as is said above.
const AT_ONCE: usize = 2;
/// How long an upload waits for its turn.
const WAIT_MAX: Duration = Duration::from_secs(10);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// A small picture, encoded again: nothing of what a camera wrote into the file is in it.
#[derive(Debug)]
struct Small {
    kind: Preview,
    bytes: Vec<u8>,
}

/// The key of the small picture beside a file.
pub(super) fn key_of(key: &str) -> String {
    format!("{key}-preview")
}

/// Makes the small picture of a file that lies there; its kind and its bytes.
pub(super) async fn make(app: &App, key: &str, media_type: &str, byte_size: u64) -> (Preview, i32) {
    const NONE: (Preview, i32) = (Preview::None, 0);
    let Some(format) = format_of(media_type).filter(|_| byte_size <= FILE_BYTES_MAX) else {
        return NONE;
    };
    let Ok(Ok(turn)) = timeout(WAIT_MAX, TURNS.acquire()).await else {
        return NONE;
    };
    let Ok(bytes) = read_whole(app, key, byte_size).await else {
        return NONE;
    };
    // A decoder that panics makes no picture either.
    let small = spawn_blocking(move || {
        let small = shrink(&bytes, format);
        drop(turn);
        small
    });
    let Ok(Some(small)) = small.await else {
        return NONE;
    };
    let length = i32::try_from(small.bytes.len()).unwrap_or_default();
    match keep(app, &key_of(key), small.bytes).await {
        Ok(()) => (small.kind, length),
        Err(error) => {
            tracing::warn!(%error, "a preview could not be kept");
            NONE
        }
    }
}

fn format_of(media_type: &str) -> Option<ImageFormat> {
    match media_type {
        "image/png" => Some(ImageFormat::Png),
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}

async fn read_whole(app: &App, key: &str, byte_size: u64) -> std::io::Result<Vec<u8>> {
    let mut pieces = app.files.read(key, 0..byte_size).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(byte_size).unwrap_or_default());
    while let Some(piece) = pieces.try_next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

async fn keep(app: &App, key: &str, bytes: Vec<u8>) -> std::io::Result<()> {
    let mut writing = app.files.begin(key).await?;
    match writing.write(bytes.into()).await {
        Ok(()) => writing.finish().await,
        Err(error) => {
            writing.abort().await;
            Err(error)
        }
    }
}

/// None for what is not such a picture, is too large, or is broken.
fn shrink(bytes: &[u8], format: ImageFormat) -> Option<Small> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(WORKING_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let is_bounded = u64::from(width) * u64::from(height) <= PIXELS_MAX
        && decoder.total_bytes() <= DECODED_BYTES_MAX;
    if !is_bounded {
        return None;
    }
    let orientation = decoder.orientation().ok()?;
    let whole = DynamicImage::from_decoder(decoder).ok()?;
    let edge = EDGE_MAX.min(width.max(height));
    let mut small = whole.thumbnail(edge, edge);
    small.apply_orientation(orientation);
    encode(&small)
}

/// Pictures that can be seen through stay so.
fn encode(small: &DynamicImage) -> Option<Small> {
    let mut bytes = Vec::new();
    let kind = if small.color().has_alpha() {
        let picture = small.to_rgba8();
        picture
            .write_with_encoder(PngEncoder::new(&mut bytes))
            .ok()?;
        Preview::Png
    } else {
        let picture = small.to_rgb8();
        let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        picture.write_with_encoder(encoder).ok()?;
        Preview::Jpeg
    };
    Some(Small { kind, bytes })
}

#[cfg(test)]
mod tests {
    use image::{GenericImageView, RgbImage, RgbaImage};

    use super::*;

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_shrink_and_keep_their_shape() {
        let photo = DynamicImage::from(RgbImage::new(2_000, 1_000));
        let seen_through = DynamicImage::from(RgbaImage::new(30, 60));
        for (picture, format, kind, size) in [
            (&photo, ImageFormat::Jpeg, Preview::Jpeg, (512, 256)),
            (&photo, ImageFormat::Png, Preview::Jpeg, (512, 256)),
            (&seen_through, ImageFormat::Png, Preview::Png, (30, 60)),
            (&seen_through, ImageFormat::WebP, Preview::Png, (30, 60)),
            (&seen_through, ImageFormat::Gif, Preview::Png, (30, 60)),
        ] {
            let small = shrink(&written(picture, format), format).unwrap();
            assert_eq!(small.kind, kind, "{format:?}");
            let read = image::load_from_memory(&small.bytes).unwrap();
            assert_eq!(read.dimensions(), size, "{format:?}");
        }
    }

    /// A header that says 30,000 × 30,000 is refused before a pixel is decoded.
    #[test]
    fn a_bomb_is_not_decoded() {
        let mut bomb = written(&DynamicImage::from(RgbImage::new(8, 8)), ImageFormat::Png);
        bomb[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
        let sum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        assert!(shrink(&bomb, ImageFormat::Png).is_none());
    }

    /// Of PNG's chunks: ISO 3309.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ (0xEDB8_8320 & (!(sum & 1)).wrapping_add(1))
            })
        })
    }

    #[test]
    fn what_is_broken_makes_no_picture() {
        let whole = written(&DynamicImage::from(RgbImage::new(64, 64)), ImageFormat::Png);
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::WebP,
        ] {
            assert!(shrink(b"", format).is_none());
            assert!(shrink(&whole[..whole.len() / 2], format).is_none());
        }
    }

    /// What a camera wrote: the picture lies on its side, and where it was taken.
    #[test]
    fn what_a_camera_wrote_turns_the_picture_and_is_not_kept() {
        let plain = written(
            &DynamicImage::from(RgbImage::new(40, 20)),
            ImageFormat::Jpeg,
        );
        let mut exif =
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"48.8584 N 2.2945 E");
        let length = u16::try_from(exif.len() + 2).unwrap();
        let head = [&plain[..2], &[0xff, 0xe1], &length.to_be_bytes(), &exif].concat();
        let photo = [head, plain[2..].to_vec()].concat();
        let small = shrink(&photo, ImageFormat::Jpeg).unwrap();
        assert_eq!(
            image::load_from_memory(&small.bytes).unwrap().dimensions(),
            (20, 40)
        );
        let needle = b"48.8584";
        assert!(photo.windows(needle.len()).any(|part| part == needle));
        assert!(!small.bytes.windows(needle.len()).any(|part| part == needle));
    }
}
