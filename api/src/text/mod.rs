//! Text at the edge and text on the way out: every word a person sends is checked here once, in one
//! normal form, and every word shown as HTML leaves through [`markdown::to_html`].

pub mod analysis;
mod clean;
mod fold;
pub mod markdown;

pub use clean::{clean_body, clean_line, email, tag, url};
pub use fold::{fold, slug};

/// Longest subject of a ticket and title of an article, in Unicode scalar values.
pub const SUBJECT_CHARS_MAX: usize = 255;
/// Longest name of a person, team, organization, queue or category, in Unicode scalar values.
pub const NAME_CHARS_MAX: usize = 255;
/// Longest description, comment or article body, in Unicode scalar values.
pub const BODY_CHARS_MAX: usize = 65_536;
/// Longest tag, in Unicode scalar values.
pub const TAG_CHARS_MAX: usize = 64;
/// Longest reason of an escalation or a wait, in Unicode scalar values.
pub const REASON_CHARS_MAX: usize = 2_000;
/// Longest stored slug. [`slug`] makes shorter ones, which leaves room for a suffix that tells twins apart.
pub const SLUG_CHARS_MAX: usize = 120;
/// Longest address of a page, in characters after normalisation (all ASCII by then).
pub const URL_CHARS_MAX: usize = 2_048;
/// Longest e-mail address, in bytes: the path of RFC 5321 without its angle brackets.
pub const EMAIL_BYTES_MAX: usize = 254;

/// Why a text is refused. The caller knows the field and the language, so it words the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing that can be read is left.
    #[error("the text is empty")]
    Empty,
    /// NUL anywhere, or a control character where only one line of words belongs.
    #[error("the text contains a control character")]
    Control,
    /// Longer than `max` (characters; for e-mail addresses bytes).
    #[error("the text is longer than {max}")]
    TooLong { max: usize },
    /// Not an address that mail could be sent to.
    #[error("this is not an e-mail address")]
    Email,
    /// Not an absolute `http` or `https` address, or one with a password in it.
    #[error("this is not the address of a page")]
    Url,
}

/// The first characters of a text.
pub fn beginning(text: &str, chars_max: usize) -> &str {
    let end = text.char_indices().nth(chars_max);
    &text[..end.map_or(text.len(), |(at, _)| at)]
}
