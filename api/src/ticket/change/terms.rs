//! A ticket's timers follow the terms in force.

use super::Change;
use crate::{
    app::{App, Tx},
    calendar,
    error::Result,
    events::Event,
    sla::{self, Stored, Timers},
};

impl Change {
    /// Puts the terms in force where the ticket still follows earlier ones: they have been since they changed. A closed
    /// ticket has nothing that could.
    pub(super) async fn catch_up(&mut self, tx: &Tx<'_>) -> Result<()> {
        let version = sla::version_in_force(tx.app()).await?;
        if self.before.terms_version >= version || self.before.closed_at.is_some() {
            return Ok(());
        }
        let book = sla::book(tx.app()).await?;
        self.after.terms_version = book.version();
        let earlier = self.timers.clone();
        self.timers
            .retarget(book.terms_of(&self.after), book.changed_at());
        self.found = self.timers.clone();
        self.overtaken = Some((earlier, book.changed_at()));
        Ok(())
    }

    /// Says that the ticket's clock runs by other terms than when it was found. Last of what the change says, since
    /// what changed is told with the last event, and everybody may hear of this one.
    pub(super) fn tell_overtaken(&mut self, tx: &mut Tx<'_>) {
        let earlier = self.overtaken.take();
        if earlier.is_some_and(|(earlier, _)| !self.found.run_as(&earlier)) {
            let ticket_id = self.after.id;
            tx.by_itself(|tx| tx.record(Event::ServiceLevelChanged { ticket_id }));
            self.touch();
        }
    }

    /// Another level or priority may mean other terms, from now on.
    pub(in crate::ticket) async fn follow_scope(&mut self, tx: &Tx<'_>) -> Result<()> {
        let (before, after) = (&self.before, &self.after);
        let is_same = before.level_rank == after.level_rank
            && before.organization_id == after.organization_id
            && before.priority == after.priority;
        if !is_same {
            let book = sla::book(tx.app()).await?;
            self.timers.retarget(book.terms_of(&self.after), tx.now());
            self.after.terms_version = book.version();
        }
        Ok(())
    }
}

/// The timers that a ticket keeps, counting by their hours.
pub async fn read_timers(app: &App, stored: &str) -> Result<Timers> {
    let stored: Stored = serde_json::from_str(stored).map_err(anyhow::Error::from)?;
    let hours = calendar::hours_of_all(app, stored.hours_ids()).await?;
    Ok(stored.with(hours))
}
