//! The scan before the parser: bytes, brackets, tokens and directives of a document, in one pass.

use async_graphql::Pos;

use super::Rejection;

/// Bytes of a document. The longest query of a frontend we know is a quarter of this.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 16 * 1024;
/// Brackets of any kind that may be open at once; the parser goes one call deeper for each.
pub(crate) const BRACKET_DEPTH_MAX: usize = 40;
/// Lexical tokens of a document, as the GraphQL specification counts them.
pub(crate) const TOKENS_MAX: usize = 2_000;
/// Directives (`@`) anywhere in a document.
pub(crate) const DIRECTIVES_MAX: usize = 50;

/// Reads a document token by token and refuses what would hurt the parser.
///
/// It is as strict as the grammar of the October 2021 specification, section 2.1, about where a
/// token begins and ends, so that no bracket can hide from it in what the parser takes for
/// something else.
pub(crate) fn scan(document: &str) -> Result<(), Rejection> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(Rejection::DocumentTooLarge);
    }
    let mut lexer = Lexer {
        text: document.as_bytes(),
        at: 0,
    };
    let mut open = Vec::with_capacity(BRACKET_DEPTH_MAX);
    let (mut tokens, mut directives) = (0, 0);

    while let Some(token) = lexer.next()? {
        tokens += 1;
        match token {
            Token::Open(closing) => open.push(closing),
            Token::Close(bracket) if open.pop() == Some(bracket) => {}
            Token::Close(_) => return Err(lexer.syntax_error()),
            Token::Directive => directives += 1,
            Token::Other => {}
        }
        if open.len() > BRACKET_DEPTH_MAX {
            return Err(Rejection::BracketsTooDeep);
        }
        if tokens > TOKENS_MAX {
            return Err(Rejection::TooManyTokens);
        }
        if directives > DIRECTIVES_MAX {
            return Err(Rejection::TooManyDirectives);
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(lexer.syntax_error())
    }
}

enum Token {
    /// An opening bracket, with the byte that closes it.
    Open(u8),
    Close(u8),
    Directive,
    Other,
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<Token>, Rejection> {
        self.skip_ignored();
        let Some(&byte) = self.rest().first() else {
            return Ok(None);
        };
        let (token, length) = match byte {
            b'{' => (Token::Open(b'}'), 1),
            b'[' => (Token::Open(b']'), 1),
            b'(' => (Token::Open(b')'), 1),
            b'}' | b']' | b')' => (Token::Close(byte), 1),
            b'@' => (Token::Directive, 1),
            b'!' | b'$' | b'&' | b':' | b'=' | b'|' => (Token::Other, 1),
            b'.' if self.rest().starts_with(b"...") => (Token::Other, 3),
            b'"' => (Token::Other, self.string_length()?),
            b'-' | b'0'..=b'9' => (Token::Other, self.number_length()?),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => (Token::Other, count(self.rest(), is_name_byte)),
            _ => return Err(self.syntax_error()),
        };
        self.at += length;
        Ok(Some(token))
    }

    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    /// Steps over white space, commas, byte order marks and comments.
    fn skip_ignored(&mut self) {
        loop {
            self.at += match self.rest() {
                [b' ' | b'\t' | b'\n' | b'\r' | b',', ..] => 1,
                [0xef, 0xbb, 0xbf, ..] => 3,
                [b'#', comment @ ..] => 1 + count(comment, |byte| !is_line_end(byte)),
                _ => return,
            };
        }
    }

    fn string_length(&self) -> Result<usize, Rejection> {
        let text = self.rest();
        let is_block = text.starts_with(b"\"\"\"");
        let length = if is_block {
            block_string_length(text)
        } else {
            plain_string_length(text)
        };
        length.ok_or_else(|| self.syntax_error())
    }

    fn number_length(&self) -> Result<usize, Rejection> {
        let text = self.rest();
        let mut length = usize::from(text.starts_with(b"-"));
        let whole = count(&text[length..], |byte| byte.is_ascii_digit());
        if whole == 0 || (whole > 1 && text[length] == b'0') {
            return Err(self.syntax_error());
        }
        length += whole;
        if let [b'.', fraction @ ..] = &text[length..] {
            length += 1 + self.digits(fraction)?;
        }
        if let [b'e' | b'E', exponent @ ..] = &text[length..] {
            let sign = usize::from(matches!(exponent, [b'+' | b'-', ..]));
            length += 1 + sign + self.digits(&exponent[sign..])?;
        }
        match text.get(length) {
            Some(&byte) if byte == b'.' || is_name_byte(byte) => Err(self.syntax_error()),
            _ => Ok(length),
        }
    }

    fn digits(&self, text: &[u8]) -> Result<usize, Rejection> {
        match count(text, |byte| byte.is_ascii_digit()) {
            0 => Err(self.syntax_error()),
            digits => Ok(digits),
        }
    }

    fn syntax_error(&self) -> Rejection {
        let before = String::from_utf8_lossy(&self.text[..self.at]);
        let line = before.split('\n').count();
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |text| text.chars().count())
            + 1;
        Rejection::Syntax(vec![Pos { line, column }])
    }
}

/// The length of `"…"` with its quotes, or nothing if the line ends first.
fn plain_string_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match *text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            byte if is_line_end(byte) => return None,
            _ => at += 1,
        }
    }
}

/// The length of `"""…"""` with its quotes, or nothing if it never ends.
fn block_string_length(text: &[u8]) -> Option<usize> {
    let mut at = 3;
    loop {
        match text.get(at..)? {
            [b'"', b'"', b'"', ..] => return Some(at + 3),
            [b'\\', b'"', b'"', b'"', ..] => at += 4,
            _ => at += 1,
        }
    }
}

fn count(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&byte| belongs(byte)).count()
}

fn is_name_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_passes() {
        for document in [
            "{ __typename }",
            "query Q($a: [Int!]! = [1, -2.5e+3]) @live { a: b(c: \"x\\\"{[(\") { ...F ... on T { d } } } fragment F on T { e }",
            "{ a(text: \"\"\"block { [ ( \\\"\"\" \" \"\" \"\"\") }",
            "\u{feff}{ a # comment { [ ( \"\n b, }",
            "{ a(empty: \"\", also: \"\"\"\"\"\") }",
        ] {
            assert_eq!(scan(document), Ok(()), "{document}");
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let hidden = "[".repeat(BRACKET_DEPTH_MAX * 2);
        assert_eq!(scan(&format!("{{ a(b: \"{hidden}\") }}")), Ok(()));
        assert_eq!(scan(&format!("{{ a(b: \"\"\"{hidden}\"\"\") }}")), Ok(()));
        assert_eq!(scan(&format!("{{ a #{hidden}\n }}")), Ok(()));
    }

    #[test]
    fn each_limit_is_exact() {
        let nested = |depth: usize| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        assert_eq!(scan(&nested(BRACKET_DEPTH_MAX)), Ok(()));
        assert_eq!(
            scan(&nested(BRACKET_DEPTH_MAX + 1)),
            Err(Rejection::BracketsTooDeep)
        );

        let fields = |count: usize| format!("{{{}}}", " a".repeat(count));
        assert_eq!(scan(&fields(TOKENS_MAX - 2)), Ok(()));
        assert_eq!(scan(&fields(TOKENS_MAX - 1)), Err(Rejection::TooManyTokens));

        let directives = |count: usize| format!("{{a{}}}", "@d".repeat(count));
        assert_eq!(scan(&directives(DIRECTIVES_MAX)), Ok(()));
        assert_eq!(
            scan(&directives(DIRECTIVES_MAX + 1)),
            Err(Rejection::TooManyDirectives)
        );

        let padded = |bytes: usize| format!("{{a{}}}", " ".repeat(bytes - 3));
        assert_eq!(scan(&padded(DOCUMENT_BYTES_MAX)), Ok(()));
        assert_eq!(
            scan(&padded(DOCUMENT_BYTES_MAX + 1)),
            Err(Rejection::DocumentTooLarge)
        );
    }

    #[test]
    fn a_syntax_error_says_where() {
        for (document, line, column) in [
            ("{ a", 1, 4),
            ("{ a ]", 1, 6),
            ("{ a(b: \"open) }", 1, 8),
            ("{ a(b: \"open\n\") }", 1, 8),
            ("{ a(b: \"\"\"open\"\") }", 1, 8),
            ("{\n a\0 }", 2, 3),
            ("{ \"é\" é }", 1, 7),
            ("{ a(b: 007) }", 1, 8),
            ("{ a(b: 1.) }", 1, 8),
            ("{ a(b: 1x) }", 1, 8),
            ("{ a(b: -) }", 1, 8),
            ("{ a .. b }", 1, 5),
            ("{ a(b: \"\\", 1, 8),
        ] {
            assert_eq!(
                scan(document),
                Err(Rejection::Syntax(vec![Pos { line, column }])),
                "{document}"
            );
        }
    }
}
