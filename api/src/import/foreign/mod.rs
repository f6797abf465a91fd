//! Files of other help desks: each of their rows says what some of ours would.
//!
//! What is known by a number there is known here by that number behind the name of the product, so that a second run finds
//! everything again.

mod glpi;
mod osticket;
mod row;
mod zammad;
mod zendesk;

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{
    mapping::Mapping,
    parse::{self, Defaults},
    reader::Values,
    record::Record,
};
use row::Row;

/// Of an address that stands in for one: letters of the name, and bytes of its digest.
const STAND_IN_CHARS: usize = 40;
const DIGEST_BYTES: usize = 6;

/// The product that a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Source {
    /// JSON export, one object a line: organizations, users, tickets with their comments
    Zendesk,
    /// JSON, one object a line, or CSV: organizations, users, tickets, articles
    Zammad,
    /// CSV export of tickets
    Osticket,
    /// CSV export of tickets, English or French
    Glpi,
}

impl Source {
    const fn word(self) -> &'static str {
        match self {
            Self::Zendesk => "zendesk",
            Self::Zammad => "zammad",
            Self::Osticket => "osticket",
            Self::Glpi => "glpi",
        }
    }
}

/// Reads the rows of one product, in their order: what earlier ones said of people is known to later ones.
pub struct Foreign {
    source: Source,
    /// Addresses by the numbers that people have there.
    people: HashMap<String, String>,
    /// Staff and teams that were told of already.
    told: HashSet<String>,
}

/// Some of our rows, as one of theirs says them.
#[derive(Default)]
struct Drafts {
    all: Vec<Draft>,
    /// Whom and what they tell of for the first time.
    told: Vec<String>,
}

struct Draft {
    fields: Map<String, Value>,
    /// Made only where nobody is known by this address; who is known keeps their role.
    is_implied: bool,
}

impl Drafts {
    /// Null is left out.
    fn push(&mut self, fields: Value) {
        self.add(fields, false);
    }

    fn add(&mut self, fields: Value, is_implied: bool) {
        if let Value::Object(mut fields) = fields {
            fields.retain(|_, value| !value.is_null());
            self.all.push(Draft { fields, is_implied });
        }
    }
}

impl Foreign {
    pub fn new(source: Source) -> Self {
        Self {
            source,
            people: HashMap::new(),
            told: HashSet::new(),
        }
    }

    /// Our records, in the order in which they refer to each other, or what is wrong with the row.
    pub fn read(&mut self, values: Values, defaults: &Defaults) -> Result<Vec<Record>, String> {
        let row = Row(values.fields);
        let mut drafts = Drafts::default();
        let drafted = match self.source {
            Source::Zendesk => self.zendesk(&row, &mut drafts),
            Source::Zammad => self.zammad(&row, &mut drafts),
            Source::Osticket => self.osticket(&row, &mut drafts),
            Source::Glpi => self.glpi(&row, &mut drafts),
        };
        let records = drafted.and_then(|()| records(drafts.all, &values.digest, defaults));
        if records.is_err() {
            // Nothing of the row is taken, so the next one that names them tells of them.
            for told in &drafts.told {
                self.told.remove(told);
            }
        }
        records
    }

    /// What a thing of theirs is known by here.
    fn external_id(&self, id: &str) -> String {
        format!("{}-{id}", self.source.word())
    }

    /// An address for whoever has none in the file, the same each time, and nobody else's: of what is not plain there is a
    /// digest in it.
    fn stand_in(&self, of: &str) -> String {
        let plain = of.chars().map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            }
        });
        let plain: String = plain.take(STAND_IN_CHARS).collect();
        let mut local = plain.trim_matches('-').to_owned();
        if local != of {
            let digest = digest(&SHA256, of.as_bytes());
            let short = BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..DIGEST_BYTES]);
            local = format!("{local}-{}", short.to_lowercase());
        }
        let local = local.trim_matches('-');
        format!("{local}@{}.invalid", self.source.word())
    }

    /// Remembers whose number this is; their address, or one that stands in.
    fn meet(&mut self, id: &str, email: Option<&str>) -> String {
        let email = email.filter(|email| email.contains('@')).map(str::to_owned);
        if let Some(email) = email {
            self.people.insert(id.to_owned(), email.clone());
            return email;
        }
        let known = self.people.get(id).cloned();
        known.unwrap_or_else(|| self.stand_in(id))
    }

    /// Whether this is told of for the first time.
    fn tell(&mut self, drafts: &mut Drafts, what: String) -> bool {
        let is_new = self.told.insert(what.clone());
        if is_new {
            drafts.told.push(what);
        }
        is_new
    }

    /// Somebody of the staff, made an agent where nobody knows them.
    fn staff(&mut self, drafts: &mut Drafts, email: &str, name: Option<&str>) {
        if self.tell(drafts, format!("user {email}")) {
            let fields = json!({ "type": "user", "email": email, "name": name, "role": "AGENT" });
            drafts.add(fields, true);
        }
    }

    /// A team by its name, which is made where there is none.
    fn team(&mut self, drafts: &mut Drafts, name: &str) {
        if self.tell(drafts, format!("team {name}")) {
            drafts.push(json!({ "type": "team", "name": name }));
        }
    }

    /// An organization by its name, which is made where there is none.
    fn organization(&mut self, drafts: &mut Drafts, name: &str) {
        if self.tell(drafts, format!("organization {name}")) {
            drafts.push(json!({ "type": "organization", "name": name }));
        }
    }
}

/// The drafts of one row as records.
fn records(drafts: Vec<Draft>, digest: &str, defaults: &Defaults) -> Result<Vec<Record>, String> {
    let read = |draft: Draft| {
        let values = Values {
            fields: draft.fields,
            digest: digest.to_owned(),
        };
        let mut record = parse::parse(values, &Mapping::default(), defaults)?;
        if let Record::User(user) = &mut record {
            user.is_implied = draft.is_implied;
        }
        Ok(record)
    };
    drafts.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests;
