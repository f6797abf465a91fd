//! The measures told again from the rows of the log, slowly and plainly: each number by a search of its own through
//! all that happened.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    event,
    ids::{TeamId, TicketId, UserId},
    user,
};
use harness::{TestServer, global};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

type Time = DateTime<Utc>;

struct Happened {
    at: Time,
    kind: String,
    data: Value,
    by: Option<UserId>,
    /// The ticket's facts after the change that it belongs to.
    facts: Value,
    /// Whether it ends a change.
    is_last: bool,
}

pub(super) struct Log {
    tickets: Vec<Vec<Happened>>,
    requesters: BTreeSet<UserId>,
}

impl Log {
    pub(super) async fn read(server: &TestServer) -> Self {
        let db = &server.app().store.read;
        let rows = event::Entity::find().order_by_asc(event::Column::Id);
        let mut tickets: BTreeMap<TicketId, Vec<event::Model>> = BTreeMap::new();
        for row in rows.all(db).await.unwrap() {
            if let Some(id) = row.ticket_id {
                tickets.entry(id).or_default().push(row);
            }
        }
        let users = user::Entity::find().all(db).await.unwrap();
        let requesters = users
            .into_iter()
            .filter(|user| user.role == user::Role::Requester);
        Self {
            tickets: tickets.values().map(|rows| ticket(rows)).collect(),
            requesters: requesters.map(|user| user.id).collect(),
        }
    }

    /// All groups that tickets ever were in.
    fn groups(&self, by: &str) -> BTreeSet<String> {
        let all = self.tickets.iter().flatten();
        all.flat_map(|happened| groups_of(&happened.facts, by))
            .collect()
    }

    /// The rows of `metrics`, each under its start and group.
    pub(super) fn rows(&self, cuts: &[Time], by: &str) -> BTreeMap<String, Value> {
        let (from, end) = (cuts[0], *cuts.last().unwrap());
        let mut rows = BTreeMap::new();
        for group in self.groups(by) {
            let of_group: Vec<_> = cuts
                .windows(2)
                .map(|cut| (cut[0], self.row((cut[0], cut[1]), end, by, &group)))
                .collect();
            let is_any = of_group.iter().any(|(_, row)| !is_nothing(row));
            if is_any || self.backlog(from, by, &group) != 0 {
                let keyed = of_group
                    .into_iter()
                    .map(|(from, row)| (format!("{from} {group}"), row));
                rows.extend(keyed);
            }
        }
        rows
    }

    fn backlog(&self, before: Time, by: &str, group: &str) -> usize {
        let newest = self.tickets.iter().filter_map(|ticket| {
            let mut changes = ticket
                .iter()
                .filter(|happened| happened.is_last && happened.at < before);
            changes.next_back().map(|happened| &happened.facts)
        });
        newest
            .filter(|facts| is_unresolved(facts) && groups_of(facts, by).contains(group))
            .count()
    }

    pub(super) fn row(&self, (from, to): (Time, Time), end: Time, by: &str, group: &str) -> Value {
        let is_here =
            |at: Time, facts: &Value| from <= at && at < to && groups_of(facts, by).contains(group);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut add = |what, is_counted: bool| {
            *counts.entry(what).or_default() += usize::from(is_counted);
        };
        let (mut replies, mut working_replies) = (Vec::new(), Vec::new());
        let (mut resolutions, mut working_resolutions) = (Vec::new(), Vec::new());
        let mut scores = Vec::new();
        for ticket in &self.tickets {
            let created_at = ticket[0].at;
            for (index, happened) in ticket.iter().enumerate() {
                let here = is_here(happened.at, &happened.facts);
                let earlier = &ticket[..index];
                let had = |kind: &str| earlier.iter().any(|happened| happened.kind == kind);
                match happened.kind.as_str() {
                    "TicketCreated" => add("created", here),
                    "TicketReopened" => add("reopened", here),
                    "TicketBreached" => add("breaches", here),
                    "TicketSolved" if here => {
                        add("solved", true);
                        add("late", had("TicketBreached"));
                        let touches = earlier.iter().filter(|one| self.is_reply(one)).count();
                        add("one touch", touches < 2 && !had("TicketReopened"));
                        resolutions.push(happened.at - created_at);
                        working_resolutions.push(worked(ticket, happened.at));
                    }
                    _ => {}
                }
                if happened.is_last && here {
                    let before = earlier.iter().rfind(|happened| happened.is_last);
                    let was = before.is_some_and(|before| is_unresolved(&before.facts));
                    let is = is_unresolved(&happened.facts);
                    add("inflow", is && !was);
                    add("outflow", was && !is);
                }
            }
            if let Some(index) = ticket.iter().position(|happened| self.is_reply(happened)) {
                let at = ticket[index].at;
                let mut until = ticket
                    .iter()
                    .filter(|happened| happened.is_last && happened.at <= at);
                if is_here(at, &until.next_back().unwrap().facts) {
                    replies.push(at - created_at);
                    let mut earlier = ticket[..index].iter();
                    if !earlier.any(|happened| happened.kind == "TicketSolved") {
                        working_replies.push(worked(ticket, at));
                    }
                }
            }
            let mut ratings = ticket
                .iter()
                .filter(|happened| happened.kind == "TicketRated" && happened.at < end);
            if let Some(rating) = ratings.next_back()
                && is_here(rating.at, &rating.facts)
            {
                scores.push(rating.data["score"].as_i64().unwrap());
            }
        }
        let count = |what: &str| counts.get(what).copied().unwrap_or_default();
        let satisfied = scores.iter().filter(|score| **score >= 4).count();
        let sum = usize::try_from(scores.iter().sum::<i64>()).unwrap();
        as_read(&json!({
            "from": from, "to": to,
            "created": count("created"), "inflow": count("inflow"), "outflow": count("outflow"),
            "backlog": self.backlog(to, by, group), "solved": count("solved"), "breaches": count("breaches"),
            "firstReply": lengths(replies), "firstReplyWorkingTime": lengths(working_replies),
            "resolution": lengths(resolutions), "resolutionWorkingTime": lengths(working_resolutions),
            "reopenRate": rate(count("reopened"), count("solved")),
            "breachRate": rate(count("late"), count("solved")),
            "oneTouchRate": rate(count("one touch"), count("solved")),
            "satisfaction": {
                "count": scores.len(), "mean": rate(sum, scores.len())["rate"],
                "satisfied": rate(satisfied, scores.len()),
            },
        }))
    }

    fn is_reply(&self, happened: &Happened) -> bool {
        let by = happened.by.unwrap();
        happened.kind == "CommentAdded"
            && happened.data["visibility"] == "PUBLIC"
            && !self.requesters.contains(&by)
            && happened.facts["requester"] != json!(by)
    }
}

fn ticket(rows: &[event::Model]) -> Vec<Happened> {
    let all = rows.iter().enumerate().map(|(index, row)| Happened {
        at: row.at,
        kind: row.data["type"].as_str().unwrap().to_owned(),
        data: row.data.clone(),
        by: row.actor_id.or(Some(UserId(uuid::Uuid::nil()))),
        facts: rows[index..]
            .iter()
            .find_map(|row| row.facts.clone())
            .expect("every event belongs to a change"),
        is_last: row.facts.is_some(),
    });
    all.collect()
}

/// Time in the hands of support or of a third party: by the terms of the start, every hour counts.
fn worked(ticket: &[Happened], until: Time) -> TimeDelta {
    let changes: Vec<_> = ticket.iter().filter(|happened| happened.is_last).collect();
    let mut sum = TimeDelta::zero();
    for (index, change) in changes.iter().enumerate() {
        let end = changes
            .get(index + 1)
            .map_or(until, |next| next.at.min(until));
        let waits = change.facts["waitingReason"] == "REQUESTER";
        if is_unresolved(&change.facts) && !waits && end > change.at {
            sum += end - change.at;
        }
    }
    sum
}

fn is_unresolved(facts: &Value) -> bool {
    ["NEW", "OPEN", "WAITING"].contains(&facts["status"].as_str().unwrap())
}

/// As `metrics` spells them.
fn groups_of(facts: &Value, by: &str) -> BTreeSet<String> {
    let id = |name: &str| facts[name].as_str().map(|id| id.parse().unwrap());
    let of = |id: Option<String>| [json!(id).to_string()].into();
    match by {
        "" => ["null".to_owned()].into(),
        "TEAM" => of(id("team").map(|id| global(TeamId(id)))),
        "ASSIGNEE" => of(id("assignee").map(|id| global(UserId(id)))),
        "LEVEL" => [facts["level"].to_string()].into(),
        "CHANNEL" => [facts["channel"].to_string()].into(),
        _ => match facts["tags"].as_array().unwrap().as_slice() {
            [] => ["null".to_owned()].into(),
            tags => tags.iter().map(Value::to_string).collect(),
        },
    }
}

fn is_nothing(row: &Value) -> bool {
    let is_zero = |name: &str| row[name] == 0;
    [
        "created", "inflow", "outflow", "backlog", "solved", "breaches",
    ]
    .into_iter()
    .all(is_zero)
        && row["firstReply"]["count"] == 0
        && row["reopenRate"]["numerator"] == 0
        && row["satisfaction"]["count"] == 0
}

/// Fractions as they are read from an answer: the last bit may be another.
fn as_read(row: &Value) -> Value {
    row.to_string().parse().unwrap()
}

fn rate(numerator: usize, denominator: usize) -> Value {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap());
    let rate = (denominator > 0).then(|| float(numerator) / float(denominator));
    json!({ "numerator": numerator, "denominator": denominator, "rate": rate })
}

fn lengths(mut lengths: Vec<TimeDelta>) -> Value {
    lengths.sort();
    let count = lengths.len();
    // The first that so many are not above.
    let percentile = |percent: usize| {
        let mut ranked = lengths.iter().enumerate();
        let found = ranked.find(|(index, _)| (index + 1) * 100 >= percent * count);
        found.map(|(_, length)| duration(*length))
    };
    let sum: TimeDelta = lengths.iter().sum();
    let mean = i32::try_from(count)
        .ok()
        .filter(|count| *count > 0)
        .map(|count| duration(sum / count));
    json!({ "count": count, "mean": mean, "p50": percentile(50), "p90": percentile(90) })
}

/// In ISO 8601.
fn duration(length: TimeDelta) -> String {
    let parts = [
        (length.num_hours(), "H"),
        (length.num_minutes() % 60, "M"),
        (length.num_seconds() % 60, "S"),
    ];
    let shown = parts.iter().filter(|(count, _)| *count > 0);
    let shown = shown.fold(String::new(), |shown, (count, unit)| {
        format!("{shown}{count}{unit}")
    });
    format!("PT{}", if shown.is_empty() { "0S" } else { &shown })
}
