//! A record as a line: JSON with its keys in their order, or the cells of CSV.

use serde_json::Value;

use super::Kind;
use crate::{actor::Actor, directory::Snapshot, policy};

/// Between the items of a list that is written as one cell, as `guichet import` reads it.
const LIST_SEPARATOR: &str = ";";
/// Cells that begin so are formulas to some programs.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// What is put before these.
const PREFIX: char = '\'';

/// A record, by its fields; null is left out.
#[derive(Clone, Debug, Default)]
pub struct Line(Vec<(&'static str, Value)>);

impl Line {
    pub(super) fn of(kind: &'static str, id: String) -> Self {
        Self(vec![("type", kind.into()), ("id", id.into())])
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.0.push((name, value));
        }
        self
    }

    /// As a line of JSON, with its end.
    pub fn json(&self) -> String {
        let mut text = String::from("{");
        for (place, (name, value)) in self.0.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push('"');
            text.push_str(name);
            text.push_str("\":");
            text.push_str(&value.to_string());
        }
        text.push_str("}\n");
        text
    }

    /// The cells of these columns as a line of CSV, with its end.
    pub fn csv(&self, columns: &[String]) -> String {
        let cells: Vec<_> = columns.iter().map(|column| self.cell(column)).collect();
        format!("{}\r\n", cells.join(","))
    }

    fn cell(&self, column: &str) -> String {
        let field = |name: &str| self.0.iter().find(|(known, _)| *known == name);
        let value = match (field(column), column.split_once('.')) {
            (Some((_, value)), _) => Some(value),
            (None, Some((whole, part))) => field(whole).and_then(|(_, value)| value.get(part)),
            (None, None) => None,
        };
        value
            .map(|value| quoted(&harmless(plain(value))))
            .unwrap_or_default()
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            items.join(LIST_SEPARATOR)
        }
        other => other.to_string(),
    }
}

/// Where a spreadsheet would take the text for a formula, or a reader could not tell that it does not, it is prefixed.
fn harmless(text: String) -> String {
    if text.trim_start_matches(PREFIX).starts_with(FORMULA_STARTS) {
        format!("{PREFIX}{text}")
    } else {
        text
    }
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The columns of a kind: what has no cell (a ticket's history and articles, an article's other languages) is in JSON Lines
/// only.
#[expect(clippy::too_many_lines, reason = "one line for each column")]
pub fn csv_columns(kind: Kind, actor: &Actor, directory: &Snapshot) -> Vec<String> {
    let names: &[&str] = match kind {
        Kind::Organizations => &["type", "id", "name", "sharesTickets"],
        Kind::Teams => &["type", "id", "name", "kind"],
        Kind::People => &[
            "type",
            "id",
            "email",
            "name",
            "role",
            "locale",
            "organization",
            "teams",
        ],
        Kind::Articles => &[
            "type",
            "id",
            "slug",
            "title",
            "body",
            "url",
            "summary",
            "locale",
            "visibility",
            "status",
            "category",
            "tags",
            "createdAt",
            "updatedAt",
        ],
        Kind::Tickets => &[
            "type",
            "id",
            "externalId",
            "subject",
            "description",
            "requesterEmail",
            "requesterName",
            "status",
            "waitingReason",
            "waitingUntil",
            "priority",
            "levelRank",
            "channel",
            "assigneeEmail",
            "team",
            "noTeam",
            "tags",
            "context.url",
            "context.application",
            "context.version",
            "context.locale",
            "context.browser",
            "context.screen",
            "satisfaction.score",
            "satisfaction.comment",
            "satisfaction.ratedAt",
            "createdAt",
            "updatedAt",
            "firstRepliedAt",
            "solvedAt",
            "closedAt",
        ],
        Kind::Comments => &[
            "type",
            "id",
            "externalId",
            "ticketExternalId",
            "authorEmail",
            "authorName",
            "visibility",
            "body",
            "isSolution",
            "createdAt",
        ],
        Kind::Events => &[
            "type",
            "id",
            "at",
            "event",
            "ticketId",
            "ticketExternalId",
            "actorKind",
            "actorId",
            "data",
        ],
    };
    let mut columns: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    if kind == Kind::Tickets {
        let fields = directory.fields.values();
        let seen = fields.filter(|field| policy::sees_custom_field(actor, field));
        columns.extend(seen.map(|field| format!("customFields.{}", field.key)));
    }
    columns
}

/// The header row of these columns.
pub fn csv_head(columns: &[String]) -> String {
    let cells: Vec<_> = columns.iter().map(|column| quoted(column)).collect();
    format!("{}\r\n", cells.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_each_can_be_told_from_every_other() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("+33 1", "'+33 1"),
            ("-3", "'-3"),
            ("@here", "'@here"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("'=1", "''=1"),
            ("'quoted'", "'quoted'"),
            ("a,b", "\"a,b\""),
            ("say \"so\"", "\"say \"\"so\"\"\""),
            ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
        ] {
            let line = Line::default().with("subject", text);
            assert_eq!(line.csv(&["subject".to_owned()]), format!("{expected}\r\n"));
        }
    }

    #[test]
    fn parts_have_cells_of_their_own() {
        let line = Line::of("ticket", "tic_1".to_owned())
            .with("tags", vec!["a", "b"])
            .with("customFields", serde_json::json!({ "floor": 3 }));
        let columns = ["tags", "customFields.floor", "customFields.wing", "team"];
        assert_eq!(line.csv(&columns.map(str::to_owned)), "a;b,3,,\r\n");
        assert_eq!(
            line.json(),
            "{\"type\":\"ticket\",\"id\":\"tic_1\",\"tags\":[\"a\",\"b\"],\"customFields\":{\"floor\":3}}\n"
        );
    }
}
