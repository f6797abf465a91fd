//! A query as each database asks it.

use entity::index_fill::Kind;
use sea_orm::{
    DbBackend,
    sea_query::{Expr, SimpleExpr},
};

use super::query::{Alternatives, Part, Query};

/// Where the words of a kind are kept.
pub(super) const fn table_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Ticket => "ticket_words",
        Kind::Comment => "comment_words",
        Kind::Article => "article_words",
        Kind::User => "user_words",
    }
}

/// The column that names the things of a kind.
const fn id_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Ticket => r#""tickets"."id""#,
        Kind::Comment => r#""comments"."id""#,
        Kind::Article => r#""articles"."id""#,
        Kind::User => r#""users"."id""#,
    }
}

/// What a row must have, ready to be asked. It says nothing of who may see the row: it stands beside
/// `policy::visible_*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HasWords {
    kind: Kind,
    is_postgres: bool,
    is_forgiving: bool,
    /// None: there is no word, and no row has that.
    asked: Option<String>,
    /// Of tickets, where the viewer sees fields that can have words.
    custom: Option<Custom>,
}

/// What is asked of custom fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Custom {
    /// The fields that are looked at.
    keys: Vec<String>,
    /// That a field has any of the words.
    any: String,
    /// That a field or its ticket has one of them, for each; none where there is but one.
    each: Vec<String>,
}

impl HasWords {
    /// That a row of the table of `kind` has the words of `query`.
    pub fn new(query: &Query, kind: Kind, backend: DbBackend) -> Self {
        let is_postgres = backend == DbBackend::Postgres;
        let asked = if is_postgres {
            tsquery(query)
        } else {
            match_text(query)
        };
        Self {
            kind,
            is_postgres,
            is_forgiving: query.is_forgiving(),
            asked: (!query.is_empty()).then_some(asked),
            custom: None,
        }
    }

    /// That a ticket has them, or has some of them and one of its custom fields the others: of the fields with these
    /// `keys`, which whoever asks sees now. Typos are forgiven in texts alone.
    pub fn of_tickets(query: &Query, keys: Vec<String>, backend: DbBackend) -> Self {
        let mut has = Self::new(query, Kind::Ticket, backend);
        if keys.is_empty() || has.is_forgiving || has.asked.is_none() {
            return has;
        }
        let parts = query.parts().iter();
        let (each, or): (Vec<String>, _) = if has.is_postgres {
            (
                parts
                    .map(|part| format!("({})", tsquery_of(part)))
                    .collect(),
                " | ",
            )
        } else {
            (
                parts
                    .map(|part| format!("({})", match_text_of(part)))
                    .collect(),
                " OR ",
            )
        };
        let any = each.join(or);
        let each = if each.len() > 1 { each } else { Vec::new() };
        has.custom = Some(Custom { keys, any, each });
        has
    }

    /// The same as a condition of a statement on that table.
    pub fn expr(&self) -> SimpleExpr {
        let Some(asked) = &self.asked else {
            return Expr::val(false);
        };
        let (id, table) = (id_of(self.kind), table_of(self.kind));
        let texts = match (self.is_postgres, self.is_forgiving) {
            (true, false) => {
                format!(r#"SELECT "id" FROM "{table}" WHERE "words" @@ CAST($1 AS text)::tsquery"#)
            }
            (true, true) => format!(r#"SELECT "{table}_near"(CAST($1 AS text)::tsquery)"#),
            (false, _) => format!(
                r#"SELECT "i"."id" FROM "{table}" AS "w" JOIN "{table}_ids" AS "i" ON "i"."key" = "w"."rowid" WHERE "{table}" MATCH ?"#
            ),
        };
        let Some(custom) = &self.custom else {
            return Expr::cust_with_values(format!("{id} IN ({texts})"), [asked.as_str()]);
        };
        let mut values = vec![asked.as_str()];
        let fields = if self.is_postgres {
            custom.vectors(&mut values)
        } else {
            custom.rows(&mut values)
        };
        Expr::cust_with_values(format!("{id} IN ({texts} UNION ALL {fields})"), values)
    }
}

impl Custom {
    fn vectors<'a>(&'a self, values: &mut Vec<&'a str>) -> String {
        let mut place = |value: &'a str| {
            values.push(value);
            format!("${}", values.len())
        };
        let any = place(&self.any);
        let keys: Vec<String> = self.keys.iter().map(|key| place(key)).collect();
        let parts: Vec<String> = self
            .each
            .iter()
            .map(|part| {
                let (in_field, in_text) = (place(part), place(part));
                format!(
                    r#" AND ("f"."words" @@ CAST({in_field} AS text)::tsquery OR "t"."words" @@ CAST({in_text} AS text)::tsquery)"#
                )
            })
            .collect();
        format!(
            r#"SELECT "f"."id" FROM "ticket_field_words" AS "f" JOIN "ticket_words" AS "t" ON "t"."id" = "f"."id" WHERE "f"."words" @@ CAST({any} AS text)::tsquery AND "f"."key" IN ({}){}"#,
            keys.join(", "),
            parts.concat()
        )
    }

    fn rows<'a>(&'a self, values: &mut Vec<&'a str>) -> String {
        values.push(&self.any);
        values.extend(self.keys.iter().map(String::as_str));
        let mut sql = format!(
            r#"SELECT "i"."id" FROM "ticket_field_words" AS "f" JOIN "ticket_field_words_ids" AS "i" ON "i"."number" = "f"."rowid" JOIN "ticket_words_ids" AS "t" ON "t"."id" = "i"."id" WHERE "ticket_field_words" MATCH ? AND "i"."key" IN ({})"#,
            vec!["?"; self.keys.len()].join(", ")
        );
        for part in &self.each {
            values.extend([part.as_str(); 2]);
            sql += r#" AND ("i"."number" IN (SELECT "rowid" FROM "ticket_field_words" WHERE "ticket_field_words" MATCH ?) OR "t"."key" IN (SELECT "rowid" FROM "ticket_words" WHERE "ticket_words" MATCH ?))"#;
        }
        sql
    }
}

/// Terms hold neither quotes nor backslashes.
fn tsquery(query: &Query) -> String {
    let parts = query.parts().iter();
    let parts: Vec<String> = parts
        .map(|part| format!("({})", tsquery_of(part)))
        .collect();
    parts.join(" & ")
}

fn tsquery_of(part: &Part) -> String {
    match part {
        Part::Phrase(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            words.join(" <-> ")
        }
        Part::Word(word) => {
            let Alternatives { terms, beginnings } = word.alternatives();
            let terms = terms.iter().map(|term| format!("'{term}'"));
            let beginnings = beginnings.iter().map(|term| format!("'{term}':*"));
            terms.chain(beginnings).collect::<Vec<_>>().join(" | ")
        }
    }
}

fn match_text(query: &Query) -> String {
    let parts = query.parts().iter();
    let parts: Vec<String> = parts
        .map(|part| format!("({})", match_text_of(part)))
        .collect();
    parts.join(" AND ")
}

fn match_text_of(part: &Part) -> String {
    match part {
        // One word is found among the stems too, as by PostgreSQL, to which only places tell them apart.
        Part::Phrase(words) if words.len() == 1 => format!("\"{}\"", words[0]),
        Part::Phrase(words) => format!("words : \"{}\"", words.join(" ")),
        Part::Word(word) => {
            let Alternatives { terms, beginnings } = word.alternatives();
            let terms = terms.iter().map(|term| format!("\"{term}\""));
            let beginnings = beginnings.iter().map(|term| format!("\"{term}\" *"));
            terms.chain(beginnings).collect::<Vec<_>>().join(" OR ")
        }
    }
}
