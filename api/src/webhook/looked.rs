//! How far this server has looked through the log for endpoints that want nothing of it. Their rows need not say so after
//! each event: what they do not say is looked through once more by whoever comes next, and nothing is lost by that.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use entity::{ids::WebhookEndpointId, webhook_endpoint::Model};
use tokio::time::Instant;

use crate::events::{Epoch, Pos};

/// Places that a row may be behind, and for how long.
const BEHIND_MAX: u64 = 1_000;
const BEHIND_FOR: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct Looked {
    epoch: Epoch,
    places: HashMap<WebhookEndpointId, Place>,
}

/// Further than the row said.
#[derive(Clone, Copy, Debug)]
struct Place {
    up_to: Pos,
    /// Where the row was, and since when it has been behind.
    row: i64,
    since: Instant,
}

impl Looked {
    /// Another life of the log gives its places anew; of endpoints that are gone nobody asks.
    pub(super) fn keep(&mut self, epoch: Epoch, ids: &HashSet<WebhookEndpointId>) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.places.clear();
        }
        self.places.retain(|id, _| ids.contains(id));
    }

    /// The place after which an endpoint's next event is.
    pub(super) fn after(&self, endpoint: &Model) -> Pos {
        let row = Pos::of(endpoint.position);
        self.places
            .get(&endpoint.id)
            .map_or(row, |place| place.up_to.max(row))
    }

    /// Nothing up to a place is for the endpoint.
    pub(super) fn note(&mut self, endpoint: &Model, up_to: Pos, now: Instant) {
        let row = endpoint.position;
        let known = self.places.get(&endpoint.id);
        let known = known.filter(|place| place.row == row);
        let since = known.map_or(now, |place| place.since);
        self.places.insert(endpoint.id, Place { up_to, row, since });
    }

    /// Whether the row should say how far it is, if that is up to a place.
    pub(super) fn is_worth_saving(&self, endpoint: &Model, up_to: Pos, now: Instant) -> bool {
        let row = Pos::of(endpoint.position);
        let is_far = up_to.0.saturating_sub(row.0) >= BEHIND_MAX;
        let place = self.places.get(&endpoint.id);
        let place = place.filter(|place| place.row == endpoint.position && place.up_to > row);
        is_far || place.is_some_and(|place| now - place.since >= BEHIND_FOR)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::ids::UserId;
    use uuid::Uuid;

    use super::*;

    fn endpoint(position: i64) -> Model {
        Model {
            id: WebhookEndpointId(Uuid::nil()),
            owner_id: UserId(Uuid::nil()),
            scopes: None,
            url: String::new(),
            description: String::new(),
            events: None,
            filter: None,
            secret: Vec::new(),
            previous_secret: None,
            previous_until: None,
            position,
            replay_position: None,
            replay_end: None,
            lost_count: 0,
            lost_at: None,
            failing_since: None,
            disabled_at: None,
            disabled_reason: None,
            created_by: None,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            deleted_at: None,
        }
    }

    #[test]
    fn a_row_is_behind_for_a_while_and_not_far() {
        let mut looked = Looked::default();
        let now = Instant::now();
        let later = now + BEHIND_FOR;
        let row = endpoint(10);
        assert!(!looked.is_worth_saving(&row, Pos(1_009), now));
        assert!(looked.is_worth_saving(&row, Pos(1_010), now));
        looked.note(&row, Pos(20), now);
        looked.note(&row, Pos(30), later - Duration::from_secs(1));
        assert_eq!(looked.after(&row), Pos(30));
        assert!(!looked.is_worth_saving(&row, Pos(30), later - Duration::from_secs(1)));
        assert!(looked.is_worth_saving(&row, Pos(30), later));
        // Somebody has moved the row: it is behind since then at most.
        let row = endpoint(40);
        assert_eq!(looked.after(&row), Pos(40));
        assert!(!looked.is_worth_saving(&row, Pos(40), later));
    }

    #[test]
    fn another_life_of_the_log_begins_with_the_row() {
        let mut looked = Looked::default();
        let row = endpoint(10);
        let ids = HashSet::from([row.id]);
        looked.keep(Epoch::default(), &ids);
        looked.note(&row, Pos(20), Instant::now());
        looked.keep(Epoch::default(), &ids);
        assert_eq!(looked.after(&row), Pos(20));
        looked.keep(Epoch(7), &ids);
        assert_eq!(looked.after(&row), Pos(10));
    }
}
