//! Objects that are answered at once, because every field that is asked of them is in memory. The
//! library boxes a future for each field of each row, which on a page of fifty is most of the work;
//! here a row is written as JSON right away.
//!
//! What cannot be answered so is none of this module's business: then there is no value, and the
//! library's own way gives the same answer.

use std::collections::HashMap;

use async_graphql::{
    ContextSelectionSet, Name, Positioned, Value,
    parser::types::{Field, FragmentDefinition, Selection, SelectionSet},
};
use chrono::{DateTime, Datelike, Timelike, Utc};

use super::ids::GlobalId;

/// What most rows of a list fit in.
const ROW_BYTES_USUAL: usize = 1024;

/// An object type, and the types that can stand in its place in a union.
#[derive(Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    pub others: &'static [&'static str],
}

/// What a client asks of an object.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    set: &'a SelectionSet,
}

impl<'a> Asked<'a> {
    /// Of the object that `ctx` resolves.
    pub fn of(ctx: &ContextSelectionSet<'a>) -> Self {
        Self {
            fragments: &ctx.query_env.fragments,
            set: &ctx.item.node,
        }
    }

    /// Of the object that stands in `field`.
    #[must_use]
    pub fn below(self, field: &'a Field) -> Self {
        Self {
            set: &field.selection_set.node,
            ..self
        }
    }

    /// Writes the object. `write` writes a field's value; none where it takes more than memory, and
    /// then there is no object either.
    pub fn object(
        self,
        json: &mut Json,
        kind: Kind,
        write: &impl Fn(&mut Json, &'a Field) -> Option<()>,
    ) -> Option<()> {
        let mut keys = Vec::with_capacity(self.set.items.len());
        json.0.push(b'{');
        self.fill(json, &mut keys, kind, write)?;
        json.0.push(b'}');
        Some(())
    }

    fn fill(
        self,
        json: &mut Json,
        keys: &mut Vec<&'a str>,
        kind: Kind,
        write: &impl Fn(&mut Json, &'a Field) -> Option<()>,
    ) -> Option<()> {
        for selection in &self.set.items {
            match &selection.node {
                Selection::Field(field) => add(json, keys, kind, &field.node, write)?,
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    let on = fragment.type_condition.as_ref();
                    let on = on.map(|on| &on.node.on.node);
                    let set = &fragment.selection_set.node;
                    self.open(json, keys, kind, on, set, write)?;
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.fragments.get(&spread.node.fragment_name.node)?.node;
                    let on = &fragment.type_condition.node.on.node;
                    let set = &fragment.selection_set.node;
                    self.open(json, keys, kind, Some(on), set, write)?;
                }
            }
        }
        Some(())
    }

    /// A fragment on another member of the union is not for this object; one on an interface is
    /// left to the library.
    fn open(
        self,
        json: &mut Json,
        keys: &mut Vec<&'a str>,
        kind: Kind,
        on: Option<&Name>,
        set: &'a SelectionSet,
        write: &impl Fn(&mut Json, &'a Field) -> Option<()>,
    ) -> Option<()> {
        match on.map(Name::as_str) {
            Some(name) if kind.others.contains(&name) => Some(()),
            Some(name) if name != kind.name => None,
            Some(_) | None => Self { set, ..self }.fill(json, keys, kind, write),
        }
    }
}

/// Arguments and directives are the library's, and so is the merging of equal keys.
fn add<'a>(
    json: &mut Json,
    keys: &mut Vec<&'a str>,
    kind: Kind,
    field: &'a Field,
    write: &impl Fn(&mut Json, &'a Field) -> Option<()>,
) -> Option<()> {
    let key = field.response_key().node.as_str();
    if !field.arguments.is_empty() || !field.directives.is_empty() || keys.contains(&key) {
        return None;
    }
    if !keys.is_empty() {
        json.0.push(b',');
    }
    keys.push(key);
    json.plain(key);
    json.0.push(b':');
    if field.name.node == "__typename" {
        json.plain(kind.name);
        Some(())
    } else {
        write(json, field)
    }
}

/// JSON that is written piece by piece.
pub struct Json(Vec<u8>);

impl Json {
    pub fn of_rows(count: usize) -> Self {
        Self(Vec::with_capacity(count * ROW_BYTES_USUAL))
    }

    /// A list; `write` writes each of its items.
    pub fn list<T>(
        &mut self,
        items: &[T],
        write: impl Fn(&mut Self, &T) -> Option<()>,
    ) -> Option<()> {
        self.0.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            write(self, item)?;
        }
        self.0.push(b']');
        Some(())
    }

    /// A text without anything that JSON escapes: names, ids, times.
    pub fn plain(&mut self, text: &str) {
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
    }

    pub fn id(&mut self, id: &impl GlobalId) {
        self.0.push(b'"');
        id.append(&mut self.0);
        self.0.push(b'"');
    }

    /// As the library writes it: RFC 3339, with as many digits of the second as there are.
    pub fn time(&mut self, at: DateTime<Utc>) {
        match four_digit_year(at) {
            Some(year) => self.usual_time(year, at),
            None => self.plain(&at.to_rfc3339()),
        }
    }

    /// Written by hand: a row has four times, and formatting them is slow.
    fn usual_time(&mut self, year: u32, at: DateTime<Utc>) {
        self.0.push(b'"');
        self.digits(year, 4);
        for (sign, part) in [
            (b'-', at.month()),
            (b'-', at.day()),
            (b'T', at.hour()),
            (b':', at.minute()),
            (b':', at.second()),
        ] {
            self.0.push(sign);
            self.digits(part, 2);
        }
        match at.nanosecond() {
            0 => {}
            nanoseconds => {
                self.0.push(b'.');
                if nanoseconds % 1_000_000 == 0 {
                    self.digits(nanoseconds / 1_000_000, 3);
                } else if nanoseconds % 1_000 == 0 {
                    self.digits(nanoseconds / 1_000, 6);
                } else {
                    self.digits(nanoseconds, 9);
                }
            }
        }
        self.0.extend_from_slice(b"+00:00\"");
    }

    /// The last `count` digits of a number, with zeros before it.
    fn digits(&mut self, number: u32, count: u32) {
        for place in (0..count).rev() {
            let digit = number / 10_u32.pow(place) % 10;
            self.0.push(b'0' + u8::try_from(digit).unwrap_or_default());
        }
    }

    /// Any text.
    pub fn text(&mut self, text: &str) -> Option<()> {
        serde_json::to_writer(&mut self.0, text).ok()
    }

    pub fn texts(&mut self, texts: &[String]) -> Option<()> {
        serde_json::to_writer(&mut self.0, texts).ok()
    }

    pub fn number(&mut self, number: impl Into<i64>) -> Option<()> {
        serde_json::to_writer(&mut self.0, &number.into()).ok()
    }

    pub fn null(&mut self) -> Option<()> {
        self.0.extend_from_slice(b"null");
        Some(())
    }

    /// The whole as a value of the library, which has no variant for JSON: `http` writes bytes, of
    /// which no type of ours has any, as they are.
    pub fn into_value(self) -> Value {
        Value::Binary(self.0.into())
    }
}

/// None in a leap second, which is written with its own rules, and outside of what people live to see.
fn four_digit_year(at: DateTime<Utc>) -> Option<u32> {
    let is_usual = at.nanosecond() < 1_000_000_000;
    let year = u32::try_from(at.year()).ok()?;
    (is_usual && year <= 9999).then_some(year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_library_writes_them() {
        for text in [
            "2026-11-25T17:37:33Z",
            "2026-01-02T03:04:05.6Z",
            "2026-01-02T03:04:05.000600Z",
            "2026-12-31T23:59:59.999999999Z",
            "2016-12-31T23:59:60.5Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59.120Z",
            "+12026-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
        ] {
            let at: DateTime<Utc> = text.parse().expect("a time");
            let mut json = Json::of_rows(1);
            json.time(at);
            let written = String::from_utf8(json.0).expect("UTF-8");
            assert_eq!(written, format!("\"{}\"", at.to_rfc3339()));
        }
    }
}
