//! What files may be called, and what they are served as.

use super::sniff::{self, Sniffed};
use crate::{
    config,
    text::{self, TextError},
};

/// Characters of a file's name.
pub(super) const NAME_CHARS_MAX: usize = 200;
/// What says nothing, and is only ever downloaded.
pub(super) const OPAQUE: &str = "application/octet-stream";
const TYPE_CHARS_MAX: usize = 127;

/// Characters that some system takes for something else than a part of a name.
const UNSAFE: [char; 9] = ['<', '>', ':', '"', '|', '?', '*', '/', '\\'];
/// Names of devices, whatever follows a dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Types that a browser or a machine would run.
const ACTIVE_TYPES: [&str; 14] = [
    "text/html",
    "text/xml",
    "text/javascript",
    "text/ecmascript",
    "text/x-shellscript",
    "application/xml",
    "application/javascript",
    "application/ecmascript",
    "application/x-javascript",
    "application/x-msdownload",
    "application/x-executable",
    "application/x-sh",
    "application/java-archive",
    "application/vnd.microsoft.portable-executable",
];
/// Endings of names of what is run when it is opened, whatever its type.
const ACTIVE_ENDINGS: [&str; 36] = [
    "apk", "app", "bat", "cmd", "com", "cpl", "desktop", "dll", "dmg", "exe", "hta", "htm", "html",
    "iso", "jar", "js", "jse", "lnk", "mht", "mhtml", "msi", "pif", "ps1", "reg", "scr", "sh",
    "svg", "svgz", "url", "vbe", "vbs", "wsf", "wsh", "xht", "xhtml", "xml",
];
/// Types that have a signature: content without it is something else.
const SIGNED_TYPES: [&str; 7] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/pdf",
    "application/zip",
    "application/gzip",
];

/// A name in the one form in which it is kept: one line, no folders, nothing that hides or reorders, nothing that a system
/// takes for something else.
pub(super) fn file_name(text: &str) -> Result<String, TextError> {
    let line = text::clean_line(text, text::BODY_CHARS_MAX)?;
    let last = line.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = last.replace(UNSAFE, "_");
    // Hidden on one system, cut off on another.
    let name = name
        .trim_start_matches(['.', ' '])
        .trim_end_matches(['.', ' ']);
    let stem = name.split('.').next().unwrap_or_default();
    let is_device = DEVICES
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device));
    let name = if is_device {
        format!("_{name}")
    } else {
        name.to_owned()
    };
    text::clean_line(&name, NAME_CHARS_MAX)
}

/// A media type in lower case without parameters (RFC 9110, section 8.3.1); none where it is not one.
pub(super) fn media_type(text: &str) -> Option<String> {
    let essence = text.split(';').next()?.trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    let is_type = essence.len() <= TYPE_CHARS_MAX
        && config::is_type_name(kind)
        && config::is_type_name(subtype);
    is_type.then_some(essence)
}

/// What a file with this name and announced type is served as, going by its first bytes. Whatever would run, and whatever is
/// not what it says, is opaque.
pub(super) fn served_as(name: &str, announced: &str, head: &[u8]) -> String {
    let sniffed = sniff::sniff(head);
    let is_signed = SIGNED_TYPES.contains(&announced);
    let served = match sniffed {
        Sniffed::Active(_) => OPAQUE,
        _ if is_active(name, announced) => OPAQUE,
        Sniffed::Exactly(found) => found,
        Sniffed::Container(found) if is_signed => found,
        Sniffed::Unknown if is_signed => OPAQUE,
        Sniffed::Unknown if announced.starts_with("text/") && !sniff::is_text(head) => OPAQUE,
        Sniffed::Container(_) | Sniffed::Unknown => announced,
    };
    served.to_owned()
}

fn is_active(name: &str, media_type: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let has_ending = |ending: &str| {
        let endings = ACTIVE_ENDINGS.iter();
        endings
            .copied()
            .any(|active| active.eq_ignore_ascii_case(ending))
    };
    media_type.ends_with("+xml")
        || ACTIVE_TYPES.contains(&media_type)
        || ending.is_some_and(has_ending)
}

/// Whether the desk takes files of this type.
pub(super) fn takes(settings: &config::Files, media_type: &str) -> bool {
    let is_one_of = |patterns: &[config::TypePattern]| {
        let mut patterns = patterns.iter();
        patterns.any(|pattern| pattern.matches(media_type))
    };
    let allowed = &settings.types_allowed;
    (allowed.is_empty() || is_one_of(allowed)) && !is_one_of(&settings.types_denied)
}

/// [`takes`] for what was sent: neither what it is served as nor what it really is may be refused.
pub(super) fn takes_content(settings: &config::Files, served_as: &str, head: &[u8]) -> bool {
    let really = match sniff::sniff(head) {
        Sniffed::Exactly(found) | Sniffed::Active(found) => Some(found),
        // What is inside is not known.
        Sniffed::Container(_) | Sniffed::Unknown => None,
    };
    takes(settings, served_as) && really.is_none_or(|really| takes(settings, really))
}

/// Two digits for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = halves.filter_map(|half| char::from_digit(half.into(), 16));
    digits.collect()
}

/// The header that makes a browser save a file under its name (RFC 6266, section 4; RFC 8187, section 3.2).
pub fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' => '_',
            ' '..='~' => c,
            _ => '_',
        })
        .collect();
    let mut header = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            header.push(char::from(byte));
        } else {
            header.push('%');
            header.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_take_one_form() {
        for (given, expected) in [
            ("facture.pdf", "facture.pdf"),
            (" ../../etc/passwd ", "passwd"),
            ("C:\\Users\\rosa\\photo.png", "photo.png"),
            ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
            (".htaccess", "htaccess"),
            ("a?b*c.txt.", "a_b_c.txt"),
            ("NUL.txt", "_NUL.txt"),
            ("e\u{301}te\u{301} 2026.jpg", "été 2026.jpg"),
            ("one\r\ntwo.txt", "one two.txt"),
        ] {
            assert_eq!(file_name(given).as_deref(), Ok(expected), "{given:?}");
        }
        assert_eq!(file_name("x\0.txt"), Err(TextError::Control));
        for nothing in ["", "..", " . ", "a/", "\u{200B}"] {
            assert_eq!(file_name(nothing), Err(TextError::Empty), "{nothing:?}");
        }
        let too_long = TextError::TooLong {
            max: NAME_CHARS_MAX,
        };
        assert_eq!(file_name(&"x".repeat(NAME_CHARS_MAX + 1)), Err(too_long));
    }

    #[test]
    fn types_are_read_without_parameters() {
        assert_eq!(
            media_type("Text/Plain; charset=utf-8").as_deref(),
            Some("text/plain")
        );
        for nothing in [
            "",
            "png",
            "image/",
            "/png",
            "image/p ng",
            "image/png\r\nx: y",
            "a/b/c",
        ] {
            assert_eq!(media_type(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn what_would_run_and_what_lies_is_opaque() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
        for (name, announced, head, expected) in [
            ("a.png", "image/png", PNG, "image/png"),
            ("a.jpg", "image/jpeg", PNG, "image/png"),
            ("a.png", "image/png", b"<script>".as_slice(), OPAQUE),
            ("a.png", "image/png", b"hello", OPAQUE),
            ("a.html", "text/plain", b"hello", OPAQUE),
            ("a.txt", "text/html", b"hello", OPAQUE),
            ("a.txt", "text/plain", b"<svg >", OPAQUE),
            ("a.txt", "text/plain", b"a\0b", OPAQUE),
            ("a.txt", "text/plain", b"hello", "text/plain"),
            ("a.svg", "image/svg+xml", b"x", OPAQUE),
            ("a.exe", "image/png", PNG, OPAQUE),
            (
                "a.docx",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                b"PK\x03\x04",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("a.pdf", "application/pdf", b"PK\x03\x04", "application/zip"),
            (
                "a.bin",
                "application/x-thing",
                b"\x01\x02",
                "application/x-thing",
            ),
        ] {
            assert_eq!(
                served_as(name, announced, head),
                expected,
                "{name} {announced}"
            );
        }
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(
            disposition("devis \"été\" 100%.pdf"),
            "attachment; filename=\"devis __t__ 100_.pdf\"; filename*=UTF-8''devis%20%22%C3%A9t%C3%A9%22%20100%25.pdf"
        );
    }

    proptest! {
        #[test]
        fn names_are_settled_and_have_no_folders(text in "\\PC{0,40}") {
            if let Ok(name) = file_name(&text) {
                prop_assert_eq!(file_name(&name), Ok(name.clone()));
                prop_assert!(!name.contains(['/', '\\', '\0']) && !name.starts_with('.'));
                prop_assert!(disposition(&name).bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
        }
    }
}
