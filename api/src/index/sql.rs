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
        }
    }

    /// The same as a condition of a statement on that table.
    pub fn expr(&self) -> SimpleExpr {
        let Some(asked) = &self.asked else {
            return Expr::val(false);
        };
        let (id, table) = (id_of(self.kind), table_of(self.kind));
        let sql = match (self.is_postgres, self.is_forgiving) {
            (true, false) => format!(
                r#"{id} IN (SELECT "id" FROM "{table}" WHERE "words" @@ CAST($1 AS text)::tsquery)"#
            ),
            (true, true) => {
                format!(r#"{id} IN (SELECT "{table}_near"(CAST($1 AS text)::tsquery))"#)
            }
            (false, _) => format!(
                r#"{id} IN (SELECT "i"."id" FROM "{table}" AS "w" JOIN "{table}_ids" AS "i" ON "i"."key" = "w"."rowid" WHERE "{table}" MATCH ?)"#
            ),
        };
        Expr::cust_with_values(sql, [asked.as_str()])
    }
}

/// Terms hold neither quotes nor backslashes.
fn tsquery(query: &Query) -> String {
    let parts = query.parts().iter().map(|part| match part {
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
    });
    let parts: Vec<String> = parts.map(|part| format!("({part})")).collect();
    parts.join(" & ")
}

fn match_text(query: &Query) -> String {
    let parts = query.parts().iter().map(|part| match part {
        // One word is found among the stems too, as by PostgreSQL, to which only places tell them apart.
        Part::Phrase(words) if words.len() == 1 => format!("\"{}\"", words[0]),
        Part::Phrase(words) => format!("words : \"{}\"", words.join(" ")),
        Part::Word(word) => {
            let Alternatives { terms, beginnings } = word.alternatives();
            let terms = terms.iter().map(|term| format!("\"{term}\""));
            let beginnings = beginnings.iter().map(|term| format!("\"{term}\" *"));
            terms.chain(beginnings).collect::<Vec<_>>().join(" OR ")
        }
    });
    let parts: Vec<String> = parts.map(|part| format!("({part})")).collect();
    parts.join(" AND ")
}
