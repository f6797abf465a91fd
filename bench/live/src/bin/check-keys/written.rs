//! Whether what was acknowledged is there, once, and nothing else is.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use live::{
    export::{Wanted, lines},
    lab::Lab,
    person::Person,
};
use serde_json::{Value, json};

use crate::{client::Client, ledger::Ledger};

const JOB: &str = "query($id: ID!) { bulkJob(id: $id) { status totalCount doneCount } }";
const COUNT: &str = "{ tickets { totalCount } }";

/// What there is at the end.
#[derive(Debug, Default)]
pub(crate) struct There {
    pub(crate) tickets: Vec<Value>,
    pub(crate) comments: Vec<Value>,
}

/// What was found to be wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) missing: Vec<String>,
    pub(crate) twice: Vec<String>,
    /// There, and sent by nobody.
    pub(crate) foreign: Vec<String>,
}

impl There {
    /// Everything that the admin sees, as it is exported.
    pub(crate) async fn read(lab: &Lab, admin: &Person) -> Result<Self> {
        let token = admin.token().await?;
        let wanted = |kind| Wanted {
            server: lab.servers.at(0),
            token: &token,
            kind,
            after: None,
        };
        let there = Self {
            tickets: lines(&wanted("tickets")).await?,
            comments: lines(&wanted("comments")).await?,
        };
        let answer = admin.read(COUNT, &json!({})).await?;
        let count = answer["tickets"]["totalCount"].as_u64();
        anyhow::ensure!(
            count == Some(there.tickets.len() as u64),
            "{} tickets are exported, counted are {answer}",
            there.tickets.len()
        );
        Ok(there)
    }

    fn texts(&self) -> impl Iterator<Item = Option<&str>> {
        let subjects = self.tickets.iter().map(|line| line["subject"].as_str());
        let bodies = self.comments.iter().map(|line| line["body"].as_str());
        subjects.chain(bodies)
    }
}

/// How many bulk jobs of the client are not over yet; those that ended otherwise than they should are wrong.
pub(crate) async fn open_jobs(client: &mut Client) -> Result<usize> {
    let mut open = Vec::new();
    for id in std::mem::take(&mut client.ledger.jobs) {
        let answer = client.person.read(JOB, &json!({ "id": id })).await?;
        let job = &answer["bulkJob"];
        match job["status"].as_str() {
            Some("RUNNING") => open.push(id),
            Some("FINISHED") if job["doneCount"] == job["totalCount"] => {}
            _ => client.ledger.wrong.push(format!("the job {id} is {job}")),
        }
    }
    client.ledger.jobs = open;
    Ok(client.ledger.jobs.len())
}

pub(crate) fn compare<'a>(
    there: &There,
    ledgers: impl Iterator<Item = &'a Ledger>,
) -> Result<Written> {
    let mut expected = BTreeMap::new();
    for acknowledged in ledgers.flat_map(|ledger| &ledger.acknowledged) {
        let change = &acknowledged.change;
        for (text, count) in &change.texts {
            expected.insert(text.as_str(), (*count, change.key.as_str()));
        }
    }
    let mut found: HashMap<&str, usize> = HashMap::new();
    for text in there.texts() {
        *found.entry(text.context("no text")?).or_default() += 1;
    }
    let mut written = Written::default();
    for (text, (count, key)) in &expected {
        let times = found.remove(text).unwrap_or_default();
        let why = format!("{key}: {text:?} is there {times} times, not {count}");
        if times < *count {
            written.missing.push(why);
        } else if times > *count {
            written.twice.push(why);
        }
    }
    let foreign = found
        .into_keys()
        .map(|text| format!("nobody sent {text:?}"));
    written.foreign = foreign.collect();
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ledger::{Acknowledged, Change};

    #[test]
    fn each_text_is_counted() {
        let acknowledged = |key: &str, text: &str, count| Acknowledged {
            change: Change {
                key: key.to_owned(),
                document: "",
                variables: Value::Null,
                texts: vec![(text.to_owned(), count)],
            },
            text: String::new(),
            tries: 1,
            is_replayed: false,
            took: Duration::ZERO,
        };
        let ledger = Ledger {
            acknowledged: vec![
                acknowledged("1", "a", 1),
                acknowledged("2", "b", 2),
                acknowledged("3", "c", 1),
            ],
            ..Ledger::default()
        };
        let comment = |text: &str| json!({ "body": text });
        let there = There {
            tickets: vec![json!({ "subject": "a" })],
            comments: ["a", "b", "d"].map(comment).to_vec(),
        };
        let written = compare(&there, [&ledger].into_iter()).unwrap();
        assert_eq!(written.twice, ["1: \"a\" is there 2 times, not 1"]);
        let missing = [
            "2: \"b\" is there 1 times, not 2",
            "3: \"c\" is there 0 times, not 1",
        ];
        assert_eq!(written.missing, missing);
        assert_eq!(written.foreign, ["nobody sent \"d\""]);
    }
}
