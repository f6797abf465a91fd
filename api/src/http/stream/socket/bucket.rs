//! How many messages a client may send.

use tokio::time::Instant;

/// Messages a second, in the long run.
const RATE: f32 = 20.0;
/// Messages at once.
const BURST: f32 = 60.0;

/// What a client may still send. It fills again with time.
pub(super) struct Bucket {
    left: f32,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(now: Instant) -> Self {
        Self {
            left: BURST,
            at: now,
        }
    }

    /// Counts a message; whether it may be sent.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let passed = now.duration_since(self.at).as_secs_f32();
        self.left = (self.left + passed * RATE).min(BURST);
        self.at = now;
        self.left -= 1.0;
        self.left >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_a_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        assert!((0..60).all(|_| bucket.take(start)));
        let later = start + Duration::from_secs(1);
        assert!((0..20).all(|_| bucket.take(later)));
        assert!(!bucket.take(later));
    }
}
