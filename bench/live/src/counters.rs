//! What the server counts of itself, at `/metrics`.

use std::collections::HashMap;

use anyhow::Result;

use crate::server::Server;

/// Everything at one moment, by name and labels as they are written there.
pub struct Counters(HashMap<String, f64>);

impl Counters {
    pub async fn read(server: &Server) -> Result<Self> {
        let address = format!("http://{}/metrics", server.socket_address()?);
        let text = reqwest::get(address).await?.error_for_status()?;
        Ok(Self::of(&text.text().await?))
    }

    fn of(text: &str) -> Self {
        let line = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        Self(text.lines().filter_map(line).collect())
    }

    /// The value of a counter; 0 where it was never counted.
    pub fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// What came to a counter since `before`.
    pub fn since(&self, before: &Self, name: &str) -> f64 {
        self.get(name) - before.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_open_metrics_writes() {
        let text = "# TYPE a counter\na_total{b=\"c\",d=\"e\"} 12\nf_seconds_sum 0.5\n# EOF\n";
        let counters = Counters::of(text);
        assert_eq!(
            counters.get("a_total{b=\"c\",d=\"e\"}").to_bits(),
            12_f64.to_bits()
        );
        assert_eq!(counters.get("f_seconds_sum").to_bits(), 0.5_f64.to_bits());
        assert_eq!(counters.get("g").to_bits(), 0_f64.to_bits());
    }
}
