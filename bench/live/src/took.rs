//! How long things took.

use std::time::Duration;

/// Times in ms, in growing order.
#[derive(Clone, Debug, Default)]
pub struct Took(Vec<f64>);

impl Took {
    pub fn new(times: impl IntoIterator<Item = Duration>) -> Self {
        let in_ms = |time: Duration| time.as_secs_f64() * 1e3;
        let mut times: Vec<f64> = times.into_iter().map(in_ms).collect();
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// What so many of a hundred do not exceed (nearest rank).
    pub fn at(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100);
        let place = rank.saturating_sub(1);
        self.0.get(place).copied().unwrap_or_default()
    }

    pub fn longest(&self) -> f64 {
        self.0.last().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_is_a_time_that_was_measured() {
        let took = Took::new((1..=200).rev().map(Duration::from_millis));
        let at = [1, 50, 99, 100].map(|percent| took.at(percent));
        assert_eq!(format!("{at:.0?}"), "[2, 100, 198, 200]");
        assert_eq!(Took::default().at(99).to_bits(), 0.0_f64.to_bits());
    }
}
