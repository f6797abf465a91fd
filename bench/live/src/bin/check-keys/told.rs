//! Whether each event of an endpoint's selection was told, under one id, and nothing else was.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    receiver::{Path, Received},
    written::There,
};

/// An event as its receiver knows it: the endpoint, what happened, and to what.
type Event = (Path, String, String);

/// What came of telling.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) events: usize,
    pub(crate) requests: usize,
    /// Requests that were accepted after another of the same event was.
    pub(crate) repeated: usize,
    pub(crate) missing: Vec<String>,
    pub(crate) wrong: Vec<String>,
}

/// All events that the endpoints are to be told of.
pub(crate) fn expected(there: &There) -> Result<BTreeSet<Event>> {
    let text = |line: &Value, name: &str| {
        let text = line[name].as_str().map(str::to_owned);
        text.with_context(|| format!("no {name}: {line}"))
    };
    let mut events = BTreeSet::new();
    for ticket in &there.tickets {
        let id = text(ticket, "id")?;
        let created = || "ticket.created".to_owned();
        if ticket["priority"] == "URGENT" {
            events.insert((Path::Urgent, created(), id.clone()));
        }
        events.insert((Path::All, created(), id));
    }
    for comment in &there.comments {
        let id = text(comment, "id")?;
        events.insert((Path::All, "comment.added".to_owned(), id));
    }
    Ok(events)
}

/// Compares; a request of a test is none of an event.
pub(crate) fn compare(expected: &BTreeSet<Event>, received: &[Received]) -> Told {
    let mut told = Told {
        events: expected.len(),
        requests: received.len(),
        ..Told::default()
    };
    let mut known: BTreeMap<Event, (&str, usize)> = BTreeMap::new();
    let mut events_of: BTreeMap<(Path, &str), Event> = BTreeMap::new();
    for request in received {
        let event = match event_of(request) {
            Ok(Some(event)) => event,
            Ok(None) => continue,
            Err(error) => {
                told.wrong.push(format!("{}: {error:#}", request.id));
                continue;
            }
        };
        if !expected.contains(&event) {
            told.wrong.push(format!("{event:?} did not happen"));
        }
        let id = (request.path, request.id.as_str());
        let of_id = events_of.entry(id).or_insert_with(|| event.clone());
        if *of_id != event {
            let why = format!("{} is {of_id:?} and {event:?}", request.id);
            told.wrong.push(why);
        }
        let (first, accepted) = known.entry(event.clone()).or_insert((&request.id, 0));
        if *first != request.id {
            let why = format!("{event:?} came as {first} and as {}", request.id);
            told.wrong.push(why);
        }
        if request.is_accepted {
            told.repeated += usize::from(*accepted > 0);
            *accepted += 1;
        }
    }
    let is_missing = |event: &&Event| known.get(*event).is_none_or(|(_, accepted)| *accepted == 0);
    let missing = expected.iter().filter(is_missing);
    told.missing = missing
        .map(|event| format!("{event:?} was not told"))
        .collect();
    told
}

/// What a request tells of; nothing where it is a test.
fn event_of(request: &Received) -> Result<Option<Event>> {
    let body = request.json()?;
    let kind = body["type"].as_str().context("no type")?;
    let id = match kind {
        "webhook.ping" => return Ok(None),
        "comment.added" => &body["data"]["comment"]["id"],
        _ => &body["data"]["subject"]["id"],
    };
    let id = id.as_str().with_context(|| format!("no id: {body}"))?;
    Ok(Some((request.path, kind.to_owned(), id.to_owned())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_foreign_or_has_two_ids_is_found() {
        let request = |id: &str, ticket: &str, is_accepted| Received {
            path: Path::All,
            id: id.to_owned(),
            timestamp: "0".to_owned(),
            signatures: String::new(),
            body: json!({ "type": "ticket.created", "data": { "subject": { "id": ticket } } })
                .to_string()
                .into_bytes(),
            is_accepted,
        };
        let event = |id: &str| (Path::All, "ticket.created".to_owned(), id.to_owned());
        let expected = ["a", "b", "c"].map(event).into();
        let received = [
            request("1", "a", true),
            request("1", "a", true),
            request("2", "b", false),
            request("3", "b", true),
            request("4", "d", true),
        ];
        let told = compare(&expected, &received);
        assert_eq!((told.events, told.requests, told.repeated), (3, 5, 1));
        assert_eq!(told.missing.len(), 1, "{:?}", told.missing);
        assert!(told.missing[0].contains("\"c\""));
        let found = |text: &str| told.wrong.iter().any(|why| why.contains(text));
        assert!(found("\"d\") did not happen") && found("came as 2 and as 3"));
    }
}
