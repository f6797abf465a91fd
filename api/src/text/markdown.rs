//! Markdown as people write it, made into HTML that is safe to show and into short plain text.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt,
    sync::LazyLock,
};

use ammonia::Builder;
use comrak::{
    Arena, Node, Options,
    arena_tree::NodeEdge,
    nodes::{AstNode, NodeValue},
};
use url::Url;

use super::{BODY_CHARS_MAX, clean::hides_text};

/// Length of the excerpts kept beside tickets, comments and articles, in Unicode scalar values.
pub const EXCERPT_CHARS_MAX: usize = 160;
/// How much of a text [`excerpt`] looks at, in Unicode scalar values.
const EXCERPT_SOURCE_CHARS_MAX: usize = 2_000;
/// How deep lists, quotations and emphasis may nest; GitHub cuts at a similar depth, and no person gets there.
const DEPTH_MAX: usize = 100;
/// How long the HTML may get. A table of 10,000 empty cells a line makes 5 MB out of 64 KB.
const HTML_BYTES_MAX: usize = 1 << 20;

static MARKDOWN: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options::default();
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    // People paste tags from error messages: they are shown, neither obeyed nor dropped.
    options.render.escape = true;
    options
});

/// What the renderer makes, and nothing else; it is the second lock, should the first one fail.
static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .tags(HashSet::from([
            "a",
            "blockquote",
            "br",
            "code",
            "del",
            "em",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "img",
            "input",
            "li",
            "ol",
            "p",
            "pre",
            "strong",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ]))
        .generic_attributes(HashSet::new())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title"])),
            ("code", HashSet::from(["class"])),
            ("img", HashSet::from(["src", "alt", "title"])),
            ("input", HashSet::from(["checked", "disabled"])),
            ("ol", HashSet::from(["start"])),
            ("td", HashSet::from(["align"])),
            ("th", HashSet::from(["align"])),
        ]))
        // The boxes of task lists are the only inputs.
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("code", "class") => is_language_class(value).then_some(Cow::Borrowed(value)),
            _ => Some(Cow::Borrowed(value)),
        })
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("nofollow noopener"));
    builder
});

/// Where a relative address would lead; only its origin is compared.
static HERE: LazyLock<Option<Url>> = LazyLock::new(|| Url::parse("https://here.invalid/").ok());

/// The HTML of a comment, description or article: `CommonMark` with tables, strikethrough, bare links and task lists.
///
/// Tags in the text are shown as text. Links are `http`, `https`, `mailto` or relative, and carry
/// `rel="nofollow noopener"`. A picture is shown only from this desk's own address; one from elsewhere becomes a link
/// to it, because loading it would tell a stranger's server who reads the ticket, and when.
///
/// The work is bounded: text beyond [`BODY_CHARS_MAX`] is cut, and a text that nests deeper than a person writes, or
/// whose HTML would be far longer than itself, is shown as it was typed.
pub fn to_html(markdown: &str) -> String {
    let markdown = first_chars(markdown, BODY_CHARS_MAX);
    match render(markdown) {
        Some(html) => SANITIZER.clean(&html).to_string(),
        None => as_typed(markdown),
    }
}

/// The beginning of a text without its markup: one line of at most [`EXCERPT_CHARS_MAX`] characters, cut at a word
/// with `…`.
///
/// Looks only at the first 2,000 characters, so that its cost does not grow with the text.
pub fn excerpt(markdown: &str) -> String {
    beginning(markdown, EXCERPT_CHARS_MAX)
}

/// A whole text without its markup, in one line.
pub fn to_text(markdown: &str) -> String {
    let arena = Arena::new();
    let source = first_chars(markdown, BODY_CHARS_MAX);
    let mut text = plain_text(comrak::parse_document(&arena, source, &MARKDOWN));
    text.retain(|c| c.is_whitespace() || !(c.is_control() || hides_text(c)));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The ids of those whom a text mentions: what its links to `user:` name.
pub fn mentions(markdown: &str) -> Vec<String> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, first_chars(markdown, BODY_CHARS_MAX), &MARKDOWN);
    let links = root
        .descendants()
        .filter_map(|node| match &node.data().value {
            NodeValue::Link(link) => link.url.strip_prefix("user:").map(str::to_owned),
            _ => None,
        });
    links.collect()
}

fn beginning(markdown: &str, chars_max: usize) -> String {
    let source = first_chars(markdown, EXCERPT_SOURCE_CHARS_MAX);
    let arena = Arena::new();
    let mut text = plain_text(comrak::parse_document(&arena, source, &MARKDOWN));
    text.retain(|c| c.is_whitespace() || !(c.is_control() || hides_text(c)));
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_whole = source.len() == markdown.len() && line.chars().nth(chars_max).is_none();
    if is_whole || line.is_empty() {
        line
    } else {
        cut_at_word(&line, chars_max)
    }
}

fn first_chars(text: &str, chars_max: usize) -> &str {
    text.char_indices()
        .nth(chars_max)
        .map_or(text, |(end, _)| &text[..end])
}

/// The HTML as the renderer gives it, or nothing where it would be too deep or too long.
fn render(markdown: &str) -> Option<String> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &MARKDOWN);
    // Parsing keeps no stack per level; what follows (the sanitizer, browsers) may.
    if depth(root) > DEPTH_MAX {
        return None;
    }
    link_foreign_images(&arena, root);
    let mut html = BoundedHtml(String::with_capacity(markdown.len() * 2));
    comrak::format_html(root, &MARKDOWN, &mut html).ok()?;
    Some(html.0)
}

fn depth(root: Node<'_>) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(_) => depth += 1,
            NodeEdge::End(_) => depth -= 1,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn link_foreign_images<'a>(arena: &'a Arena<'a>, root: Node<'a>) {
    for node in root.descendants() {
        let link = match &node.data().value {
            NodeValue::Image(image) if !is_here(&image.url) => image.clone(),
            _ => continue,
        };
        if node.first_child().is_none() {
            node.append(arena.alloc(AstNode::from(NodeValue::Text(link.url.clone().into()))));
        }
        node.data_mut().value = NodeValue::Link(link);
    }
}

/// Whether a browser would load this from the desk itself. `//host`, `/\host` and `\\host` look relative and are not;
/// `https:host` is or is not, depending on the page, so a scheme is never accepted.
fn is_here(address: &str) -> bool {
    let has_no_scheme = Url::parse(address).is_err();
    has_no_scheme
        && HERE.as_ref().is_some_and(|here| {
            here.join(address)
                .is_ok_and(|there| there.origin() == here.origin())
        })
}

/// A formatter's target that refuses to grow beyond [`HTML_BYTES_MAX`].
struct BoundedHtml(String);

impl fmt::Write for BoundedHtml {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > HTML_BYTES_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

fn is_language_class(class: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '#' | '.');
    class
        .strip_prefix("language-")
        .is_some_and(|language| language.chars().all(is_plain))
}

fn as_typed(markdown: &str) -> String {
    let escaped = markdown
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<pre>{escaped}</pre>\n")
}

fn plain_text(root: Node<'_>) -> String {
    let mut text = String::new();
    for edge in root.traverse() {
        match edge {
            NodeEdge::Start(node) => match &node.data().value {
                NodeValue::Text(literal) => text.push_str(literal),
                NodeValue::Code(code) => text.push_str(&code.literal),
                NodeValue::CodeBlock(code) => text.push_str(&code.literal),
                NodeValue::HtmlInline(literal) => text.push_str(literal),
                NodeValue::HtmlBlock(html) => text.push_str(&html.literal),
                NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
                _ => {}
            },
            NodeEdge::End(node) if node.data().value.block() => text.push(' '),
            NodeEdge::End(_) => {}
        }
    }
    text
}

/// Cuts at the last space that leaves room for the ellipsis, or inside a word that is longer than half the line.
fn cut_at_word(line: &str, chars_max: usize) -> String {
    let head = first_chars(line, chars_max.saturating_sub(1));
    let ends_a_word = line[head.len()..].chars().next().is_none_or(|c| c == ' ');
    let space = head
        .rfind(' ')
        .filter(|&space| !ends_a_word && space >= head.len() / 2);
    let kept = space.map_or(head, |space| &head[..space]);
    format!("{}…", kept.trim_end_matches([' ', ',', ';', ':', '.', '…']))
}

#[cfg(test)]
mod tests;
