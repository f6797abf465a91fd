//! How many files somebody sends at once: nobody takes all the places that a server has.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use entity::ids::UserId;

/// Files of one person, of all that a server takes in at once.
const EACH_MAX: usize = 4;

/// How many each sends now; who sends none is not in it.
static SENDING: Mutex<BTreeMap<UserId, usize>> = Mutex::new(BTreeMap::new());

/// Held while a file comes in.
#[derive(Debug)]
pub(super) struct Place(UserId);

impl Place {
    /// None where somebody sends as many as they may.
    pub(super) fn take(of: UserId) -> Option<Self> {
        let mut sending = SENDING.lock().unwrap_or_else(PoisonError::into_inner);
        let count = sending.entry(of).or_default();
        if *count >= EACH_MAX {
            return None;
        }
        *count += 1;
        Some(Self(of))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut sending = SENDING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = sending.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                sending.remove(&self.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn nobody_takes_more_than_theirs() {
        let [one, other] = [1, 2].map(|n| UserId(Uuid::from_u128(n)));
        let mut places: Vec<_> = (0..EACH_MAX).map(|_| Place::take(one).unwrap()).collect();
        assert!(Place::take(one).is_none());
        assert!(Place::take(other).is_some());
        places.pop();
        assert!(Place::take(one).is_some());
        places.clear();
        assert!(!SENDING.lock().unwrap().contains_key(&one));
    }
}
