//! What a file is by its first bytes: the signatures of the WHATWG's MIME sniffing standard for what browsers show, and those of
//! what a machine runs.

/// Bytes from the beginning of a file that are looked at.
pub(super) const HEAD_BYTES: usize = 1_024;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// This type and no other.
    Exactly(&'static str),
    /// Something inside: a document in an archive, sound or pictures in a container.
    Container(&'static str),
    /// A browser or a machine would run it.
    Active(&'static str),
    Unknown,
}

/// The signatures: where they stand, what they are.
const SIGNATURES: [(usize, &[u8], Sniffed); 25] = [
    (0, b"\x89PNG\r\n\x1a\n", Sniffed::Exactly("image/png")),
    (0, b"\xff\xd8\xff", Sniffed::Exactly("image/jpeg")),
    (0, b"GIF87a", Sniffed::Exactly("image/gif")),
    (0, b"GIF89a", Sniffed::Exactly("image/gif")),
    (8, b"WEBPVP", Sniffed::Exactly("image/webp")),
    (0, b"%PDF-", Sniffed::Exactly("application/pdf")),
    (8, b"WAVE", Sniffed::Container("audio/wav")),
    (4, b"ftyp", Sniffed::Container("video/mp4")),
    (0, b"\x1a\x45\xdf\xa3", Sniffed::Container("video/webm")),
    (0, b"OggS", Sniffed::Container("application/ogg")),
    (0, b"PK\x03\x04", Sniffed::Container("application/zip")),
    (0, b"\x1f\x8b\x08", Sniffed::Container("application/gzip")),
    (
        0,
        b"7z\xbc\xaf\x27\x1c",
        Sniffed::Container("application/x-7z-compressed"),
    ),
    (
        0,
        b"Rar!\x1a\x07",
        Sniffed::Container("application/vnd.rar"),
    ),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Sniffed::Container("application/x-ole-storage"),
    ),
    (
        0,
        b"MZ",
        Sniffed::Active("application/vnd.microsoft.portable-executable"),
    ),
    (0, b"\x7fELF", Sniffed::Active("application/x-executable")),
    (
        0,
        b"\xfe\xed\xfa\xce",
        Sniffed::Active("application/x-mach-binary"),
    ),
    (
        0,
        b"\xfe\xed\xfa\xcf",
        Sniffed::Active("application/x-mach-binary"),
    ),
    (
        0,
        b"\xce\xfa\xed\xfe",
        Sniffed::Active("application/x-mach-binary"),
    ),
    (
        0,
        b"\xcf\xfa\xed\xfe",
        Sniffed::Active("application/x-mach-binary"),
    ),
    (
        0,
        b"\xca\xfe\xba\xbe",
        Sniffed::Active("application/x-mach-binary"),
    ),
    (
        0,
        b"\x4c\x00\x00\x00\x01\x14\x02\x00",
        Sniffed::Active("application/x-ms-shortcut"),
    ),
    (0, b"!<arch>\n", Sniffed::Active("application/x-archive")),
    (0, b"#!", Sniffed::Active("text/x-shellscript")),
];

/// What makes a text a page for a browser, after white space, in lower case.
const MARKUP: [(&[u8], &str); 21] = [
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<head", "text/html"),
    (b"<script", "text/html"),
    (b"<iframe", "text/html"),
    (b"<h1", "text/html"),
    (b"<div", "text/html"),
    (b"<font", "text/html"),
    (b"<table", "text/html"),
    (b"<a", "text/html"),
    (b"<style", "text/html"),
    (b"<title", "text/html"),
    (b"<b", "text/html"),
    (b"<body", "text/html"),
    (b"<br", "text/html"),
    (b"<p", "text/html"),
    (b"<!--", "text/html"),
    (b"<img", "text/html"),
    (b"<svg", "image/svg+xml"),
    (b"<!doctype svg", "image/svg+xml"),
    (b"<?xml", "text/xml"),
];

/// What a file begins as.
pub(super) fn sniff(head: &[u8]) -> Sniffed {
    let is_there = |(at, bytes, _): &&(usize, &[u8], Sniffed)| {
        head.get(*at..).is_some_and(|rest| rest.starts_with(bytes))
    };
    if let Some((_, _, sniffed)) = SIGNATURES.iter().find(is_there) {
        return *sniffed;
    }
    markup(head).map_or(Sniffed::Unknown, Sniffed::Active)
}

/// Whether it can be a text: no byte that no text has.
pub(super) fn is_text(head: &[u8]) -> bool {
    let is_utf_16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    is_utf_16 || !head.contains(&0)
}

/// In UTF-8 and in both forms of UTF-16, with or without a mark.
fn markup(head: &[u8]) -> Option<&'static str> {
    let text: Vec<u8> = match head {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] => without_zeros(rest),
        [0, b'<' | b' ' | b'\n' | b'\r' | b'\t', ..] | [_, 0, _, 0, ..] => without_zeros(head),
        _ => head.to_vec(),
    };
    let text = text.trim_ascii_start().to_ascii_lowercase();
    let found = MARKUP.iter().find(|(tag, _)| {
        let Some(rest) = text.strip_prefix(*tag) else {
            return false;
        };
        // A tag ends here; what begins alike is another.
        let ends = rest
            .first()
            .is_none_or(|byte| b" \t\r\n\x0c/>".contains(byte));
        ends || matches!(*tag, b"<!--" | b"<?xml")
    });
    found.map(|(_, media_type)| *media_type)
}

fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| *byte != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_and_what_is_run_are_told_apart() {
        let cases: [(&[u8], Sniffed); 19] = [
            (b"\x89PNG\r\n\x1a\n\0\0", Sniffed::Exactly("image/png")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Sniffed::Exactly("image/webp")),
            (b"RIFF\x10\0\0\0WAVEfmt ", Sniffed::Container("audio/wav")),
            (b"PK\x03\x04rest", Sniffed::Container("application/zip")),
            (b"\0\0\0\x18ftypheic", Sniffed::Container("video/mp4")),
            (
                b"MZ\x90\0",
                Sniffed::Active("application/vnd.microsoft.portable-executable"),
            ),
            (b"\x7fELF\x02", Sniffed::Active("application/x-executable")),
            (b"#!/bin/sh\n", Sniffed::Active("text/x-shellscript")),
            (b"\n\t <!DOCTYPE HTML>", Sniffed::Active("text/html")),
            (b"<ScRiPt>alert(1)", Sniffed::Active("text/html")),
            (b"\xef\xbb\xbf<html lang=en>", Sniffed::Active("text/html")),
            (b"<!-- x --><script>", Sniffed::Active("text/html")),
            (b"<\0s\0c\0r\0i\0p\0t\0>\0", Sniffed::Active("text/html")),
            (b"\xff\xfe<\0s\0v\0g\0 \0", Sniffed::Active("image/svg+xml")),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'>",
                Sniffed::Active("image/svg+xml"),
            ),
            (b"<?xml version='1.0'?><svg>", Sniffed::Active("text/xml")),
            (b"<abbreviation> of what", Sniffed::Unknown),
            (b"name,age\nRosa,7\n", Sniffed::Unknown),
            (b"", Sniffed::Unknown),
        ];
        for (head, expected) in cases {
            assert_eq!(sniff(head), expected, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn texts_have_no_zeros() {
        assert!(is_text("où".as_bytes()) && is_text(b"\xff\xfea\0"));
        assert!(!is_text(b"a\0b"));
    }
}
