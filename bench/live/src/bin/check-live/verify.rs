//! Whether what the readers were told is what was acknowledged, and what a fresh query shows.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use live::queue::fresh;

use crate::{
    desk::Scope,
    filter::Filter,
    ledger::{Change, Ledger},
    reader::{Reader, What},
    view::{Segment, View},
};

/// How long everything may take to arrive once the writers are done.
const SETTLED_WITHIN: Duration = Duration::from_secs(45);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);

type Fresh = BTreeMap<(Scope, Filter), (BTreeMap<String, i64>, i64)>;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) missing: Vec<String>,
    pub(crate) wrong: Vec<String>,
    pub(crate) foreign: Vec<String>,
    /// From the answer to the writer to the receipt, in order of length.
    pub(crate) delays: Vec<Duration>,
}

impl Findings {
    const fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.wrong.is_empty() && self.foreign.is_empty()
    }

    pub(crate) fn delay_at(&self, percent: usize) -> Duration {
        let place = (self.delays.len() * percent / 100).min(self.delays.len().saturating_sub(1));
        self.delays.get(place).copied().unwrap_or_default()
    }
}

/// Waits until nothing is wanting, or for as long as that may take.
pub(crate) async fn settle(readers: &[Arc<Reader>], ledger: &Ledger) -> Result<Findings> {
    let end = Instant::now() + SETTLED_WITHIN;
    let mut shown = ask(readers).await?;
    loop {
        let findings = judge(readers, ledger, &shown);
        if findings.is_clean() || Instant::now() > end {
            return Ok(findings);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        if end.saturating_duration_since(Instant::now()) < LOOK_AGAIN_AFTER {
            shown = ask(readers).await?;
        }
    }
}

/// The same queries by the same people, anew.
async fn ask(readers: &[Arc<Reader>]) -> Result<Fresh> {
    let mut shown = Fresh::new();
    for reader in readers {
        if let Some(filter) = reader.what.filter()
            && reader.view().revoked.is_none()
        {
            let scope = reader.view().scope.clone();
            let key = (scope, filter.clone());
            if let Entry::Vacant(place) = shown.entry(key) {
                let (tickets, count, _) = fresh(&reader.person, &filter.variable()).await?;
                place.insert((tickets, count));
            }
        }
    }
    Ok(shown)
}

fn judge(readers: &[Arc<Reader>], ledger: &Ledger, shown: &Fresh) -> Findings {
    let mut findings = Findings::default();
    let changes = ledger.all();
    let order = order_of(readers);
    for (number, reader) in readers.iter().enumerate() {
        let view = reader.view();
        let (what, transport) = (&reader.what, reader.transport);
        let name = format!(
            "reader {number} ({:?}, {what:?}, {transport:?})",
            view.scope
        );
        let name = |why: &String| format!("{name}: {why}");
        findings.wrong.extend(view.wrong.iter().map(name));
        findings.foreign.extend(view.foreign.iter().map(name));
        if view.revoked.is_some() {
            if !view.is_over {
                findings
                    .wrong
                    .push(name(&"still open after the rights ended".to_owned()));
            }
            continue;
        }
        let Some(segment) = view.segments.last() else {
            findings.missing.push(name(&"never listed".to_owned()));
            continue;
        };
        let mut own = Findings::default();
        compare_with_fresh(reader, &view.scope, segment, &changes, shown, &mut own);
        compare_with_changes(reader, &view.scope, segment, &changes, &mut own);
        compare_orders(&view, &order, &mut own);
        findings.missing.extend(own.missing.iter().map(name));
        findings.wrong.extend(own.wrong.iter().map(name));
        findings.delays.extend(own.delays);
    }
    findings.delays.sort_unstable();
    findings
}

/// The folded stream is the fresh query.
fn compare_with_fresh(
    reader: &Reader,
    scope: &Scope,
    segment: &Segment,
    changes: &BTreeMap<String, Vec<Change>>,
    shown: &Fresh,
    findings: &mut Findings,
) {
    let (tickets, count) = match &reader.what {
        What::Ticket(id) => {
            let last = changes.get(id).and_then(|changes| changes.last());
            let Some(last) = last else { return };
            let is_newer = segment.tickets.get(id) >= Some(&last.after.version);
            if !is_newer {
                findings
                    .missing
                    .push(format!("version {} of {id}", last.after.version));
            }
            return;
        }
        What::Queue(filter) | What::Saved(filter, _) => {
            match shown.get(&(scope.clone(), filter.clone())) {
                Some((tickets, count)) => (tickets, *count),
                None => return,
            }
        }
    };
    for (id, version) in tickets {
        match segment.tickets.get(id) {
            None => findings
                .missing
                .push(format!("{id} is not in the stream's queue")),
            Some(old) if old < version => {
                findings
                    .missing
                    .push(format!("{id} has version {version}, the stream's {old}"));
            }
            Some(new) if new > version => {
                findings
                    .wrong
                    .push(format!("{id} has version {version}, the stream's {new}"));
            }
            Some(_) => {}
        }
    }
    for id in segment
        .tickets
        .keys()
        .filter(|id| !tickets.contains_key(*id))
    {
        findings
            .wrong
            .push(format!("{id} is in the stream's queue, not in the query's"));
    }
    if segment.count != Some(count) {
        findings.wrong.push(format!(
            "the count is {count}, the stream's {:?}",
            segment.count
        ));
    }
}

/// Each change that was sent after the list was there, and concerns this reader, has its item.
fn compare_with_changes(
    reader: &Reader,
    scope: &Scope,
    segment: &Segment,
    changes: &BTreeMap<String, Vec<Change>>,
    findings: &mut Findings,
) {
    let mut items: BTreeMap<&str, Vec<(Option<i64>, Instant)>> = BTreeMap::new();
    for item in &segment.items {
        items
            .entry(&item.ticket)
            .or_default()
            .push((item.version, item.at));
    }
    for (id, changes) in changes {
        let sure = changes
            .iter()
            .filter(|change| change.sent > segment.listed && concerns(reader, scope, id, change));
        let items = items.get(id.as_str()).map_or(&[][..], Vec::as_slice);
        let mut wanted = 0;
        for change in sure {
            wanted += 1;
            // What left a queue has no version that its reader may still see.
            let received = items.iter().find(|(version, at)| {
                *at >= change.sent && version.is_none_or(|version| version >= change.after.version)
            });
            if let Some((_, at)) = received {
                findings
                    .delays
                    .push(at.saturating_duration_since(change.acknowledged));
            }
        }
        if items.len() < wanted {
            let kinds: Vec<_> = changes.iter().map(|change| change.kind).collect();
            let told = items.len();
            findings.missing.push(format!(
                "{told} items of {wanted} changes of {id}: {kinds:?}"
            ));
        }
    }
}

fn concerns(reader: &Reader, scope: &Scope, id: &str, change: &Change) -> bool {
    let is_in = |facts| match &reader.what {
        What::Ticket(own) => own == id,
        What::Queue(filter) | What::Saved(filter, _) => scope.sees(facts) && filter.matches(facts),
    };
    is_in(&change.after) || change.before.as_ref().is_some_and(is_in)
}

/// Where each cursor comes, for the reader who heard most.
fn order_of(readers: &[Arc<Reader>]) -> BTreeMap<String, usize> {
    let queues = readers
        .iter()
        .filter(|reader| reader.what.filter().is_some());
    let most = queues.max_by_key(|reader| {
        let view = reader.view();
        view.segments
            .last()
            .map_or(0, |segment| segment.items.len())
    });
    let Some(most) = most else {
        return BTreeMap::new();
    };
    let view = most.view();
    let items = view
        .segments
        .last()
        .map_or(&[][..], |segment| &segment.items);
    let cursors = items.iter().enumerate();
    cursors
        .map(|(place, item)| (item.cursor.clone(), place))
        .collect()
}

fn compare_orders(view: &View, order: &BTreeMap<String, usize>, findings: &mut Findings) {
    for segment in &view.segments {
        let places = segment
            .items
            .iter()
            .filter_map(|item| order.get(&item.cursor));
        if !places.is_sorted_by(|before, after| before < after) {
            findings
                .wrong
                .push("not the order that others have".to_owned());
        }
    }
}
