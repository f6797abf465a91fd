//! How fast items can go to all sockets, and how long they take at half of that.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use live::cpu::Cpu;
use tokio::time::timeout;

use crate::{
    publisher::Publisher,
    swarm::{Board, Receipt},
};

/// So many items may be on their way.
const WINDOW: u64 = 8;
const WARM_UP: Duration = Duration::from_secs(2);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);
const ARRIVED_WITHIN: Duration = Duration::from_secs(30);

/// What was measured of one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// The server's own, at that rate.
    pub(crate) cpu_us: f64,
    /// At half of that rate: from the request to the receipt, and from the answer to it.
    pub(crate) from_request: Latency,
    pub(crate) from_answer: Latency,
    pub(crate) half_cpu_us: f64,
    /// Of one subscribed socket, idle and after all this.
    pub(crate) idle_bytes: u64,
    pub(crate) used_bytes: u64,
    pub(crate) frame_bytes: usize,
}

/// In milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) longest: f64,
}

/// When a version was asked for, and when the answer came.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) version: u32,
    pub(crate) asked_us: u32,
    pub(crate) answered_us: u32,
}

impl Sent {
    /// How long the answer took.
    pub(crate) const fn took_us(&self) -> u32 {
        self.answered_us.saturating_sub(self.asked_us)
    }
}

/// One server with all sockets open on it.
pub(crate) struct Drive<'a> {
    pub(crate) board: &'a Board,
    pub(crate) publisher: &'a Publisher,
    pub(crate) sockets: u64,
    pub(crate) process_id: u32,
}

impl Drive<'_> {
    /// Deliveries a second, as many as there can be, and the server's microseconds for each.
    pub(crate) async fn maximum(&self, length: Duration) -> Result<(f64, f64)> {
        self.flood(WARM_UP).await?;
        let cpu = Cpu::of(self.process_id)?;
        let (before, start) = (self.board.delivered(), Instant::now());
        self.flood(length).await?;
        let took = start.elapsed();
        let delivered = as_float(self.board.delivered() - before);
        let used = cpu.until_now()?;
        Ok((
            delivered / took.as_secs_f64(),
            used.as_secs_f64() * 1e6 / delivered,
        ))
    }

    /// Keeps a window of items on their way, and waits for the last.
    async fn flood(&self, length: Duration) -> Result<()> {
        let end = Instant::now() + length;
        let before = self.board.delivered();
        let (mut version, mut count) = (self.publisher.last().await?, 0_u64);
        while Instant::now() < end {
            version += 1;
            self.publisher.publish(version).await?;
            count += 1;
            let least = before + count.saturating_sub(WINDOW) * self.sockets;
            self.wait_for(least).await?;
        }
        self.wait_for(before + count * self.sockets).await
    }

    async fn wait_for(&self, delivered: u64) -> Result<()> {
        let end = Instant::now() + ARRIVED_WITHIN;
        while self.board.delivered() < delivered {
            ensure!(
                Instant::now() < end,
                "{} of {delivered} deliveries, {} sockets closed: {}",
                self.board.delivered(),
                self.board.closed.load(Ordering::Relaxed),
                self.board.why_closed(),
            );
            // Either there was more, or it is time to look at the clock.
            let _more = timeout(LOOK_AGAIN_AFTER, self.board.moved.notified()).await;
        }
        Ok(())
    }

    /// Publishes in an even pace; what was sent and what was received, and the server's CPU for
    /// each delivery.
    pub(crate) async fn paced(
        &self,
        per_second: f64,
        length: Duration,
    ) -> Result<(Vec<Sent>, Vec<Receipt>, f64)> {
        let before = self.board.delivered();
        let mut version = self.publisher.last().await?;
        self.board.record();
        let cpu = Cpu::of(self.process_id)?;
        let mut pace = tokio::time::interval(Duration::from_secs_f64(1.0 / per_second));
        let end = Instant::now() + length;
        let mut sent = Vec::new();
        while Instant::now() < end {
            pace.tick().await;
            version += 1;
            let asked_us = self.board.now_us();
            self.publisher.publish(version).await?;
            sent.push(Sent {
                version,
                asked_us,
                answered_us: self.board.now_us(),
            });
        }
        self.wait_for(before + sent.len() as u64 * self.sockets)
            .await?;
        let used = cpu.until_now()?.as_secs_f64() * 1e6;
        let receipts = self.board.recorded();
        let each = used / as_float(receipts.len() as u64);
        Ok((sent, receipts, each))
    }
}

/// How long receipts took, from a moment of each version.
pub(crate) fn latency(
    sent: &[Sent],
    receipts: &[Receipt],
    since: impl Fn(&Sent) -> u32,
) -> Latency {
    let Some(first) = sent.first() else {
        return Latency::default();
    };
    let taken = receipts.iter().filter_map(|receipt| {
        let place = receipt.version.checked_sub(first.version)?;
        let sent = sent.get(usize::try_from(place).ok()?)?;
        Some(receipt.at_us.saturating_sub(since(sent)))
    });
    latency_of(taken.collect())
}

/// Of durations in microseconds.
pub(crate) fn latency_of(mut taken: Vec<u32>) -> Latency {
    taken.sort_unstable();
    let at = |percent: usize| {
        let place = (taken.len() * percent / 100).min(taken.len().saturating_sub(1));
        f64::from(taken.get(place).copied().unwrap_or_default()) / 1_000.0
    };
    Latency {
        p50: at(50),
        p99: at(99),
        longest: at(100),
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are not 2^52 of them")]
pub(crate) const fn as_float(count: u64) -> f64 {
    count as f64
}
