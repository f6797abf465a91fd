//! What the check came to.

use std::time::Duration;

use live::{table::table, took::Took};

use crate::{
    ledger::{Acknowledged, Ledger},
    told::Told,
    written::Written,
};

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) killed: usize,
    /// How long servers were killed, and until all was told after that.
    pub(crate) load: Duration,
    pub(crate) settled: Duration,
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) tickets: usize,
    pub(crate) comments: usize,
    pub(crate) written: Written,
    pub(crate) told: Told,
}

impl Report {
    pub(crate) fn findings(&self) -> impl Iterator<Item = &String> {
        let Written {
            missing,
            twice,
            foreign,
        } = &self.written;
        let wrong = self.ledgers.iter().flat_map(|ledger| &ledger.wrong);
        let written = missing.iter().chain(twice).chain(foreign);
        let told = self.told.missing.iter().chain(&self.told.wrong);
        wrong.chain(written).chain(told)
    }

    fn acknowledged(&self) -> impl Iterator<Item = &Acknowledged> {
        self.ledgers.iter().flat_map(|ledger| &ledger.acknowledged)
    }

    pub(crate) fn table(&self) -> String {
        let took = Took::new(self.acknowledged().map(|one| one.took));
        let count =
            |is: fn(&Acknowledged) -> bool| self.acknowledged().filter(|one| is(one)).count();
        let wrong: usize = self.ledgers.iter().map(|ledger| ledger.wrong.len()).sum();
        let (written, told) = (&self.written, &self.told);
        let row = |name: &str, number: usize| vec![name.to_owned(), number.to_string()];
        let ms = |name: &str, ms: f64| vec![name.to_owned(), format!("{ms:.0}")];
        let rows = [
            row("servers killed", self.killed),
            ms("under load, s", self.load.as_secs_f64()),
            ms("until all was told after it, s", self.settled.as_secs_f64()),
            row("changes acknowledged", took.count()),
            row("of these sent more than once", count(|one| one.tries > 1)),
            row(
                "first answered from what was kept",
                count(|one| one.is_replayed),
            ),
            ms("until acknowledged, p50 ms", took.at(50)),
            ms("p99 ms", took.at(99)),
            ms("longest ms", took.longest()),
            row("tickets there", self.tickets),
            row("comments there", self.comments),
            row("missing", written.missing.len()),
            row("more than once", written.twice.len()),
            row("sent by nobody", written.foreign.len()),
            row("answered wrongly, or otherwise the second time", wrong),
            row("events to be told", told.events),
            row("requests to the receiver", told.requests),
            row("accepted again", told.repeated),
            row("never accepted", told.missing.len()),
            row("wrong: id, signature, or did not happen", told.wrong.len()),
        ];
        table(&["what", "number"], &rows)
    }
}
