//! Counts of attempts, by windows of time: in Redis where there is one, so that servers count
//! together, else in this process. The only home of Redis.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use url::Url;

use crate::error::{Error, Result};

/// How long a request waits for Redis before this process counts alone.
const REDIS_TIMEOUT: Duration = Duration::from_millis(100);
/// Counts that this process keeps; the least used give way.
const LOCAL_COUNTS_MAX: u64 = 100_000;
/// No window is longer.
const WINDOW_MAX: Duration = Duration::from_hours(1);

/// At most `max` attempts in each window of `window_s` seconds.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub name: &'static str,
    pub max: u32,
    pub window_s: i64,
}

pub struct Limits {
    shared: Option<ConnectionManager>,
    local: moka::sync::Cache<String, Arc<AtomicU32>>,
}

impl Limits {
    /// Connects when the first attempt is counted, not before.
    pub fn new(redis_url: Option<&Url>) -> anyhow::Result<Self> {
        let local = moka::sync::Cache::builder()
            .max_capacity(LOCAL_COUNTS_MAX)
            .time_to_live(WINDOW_MAX)
            .build();
        let shared = redis_url.map(connect).transpose()?;
        Ok(Self { shared, local })
    }

    /// Counts one attempt of `subject`, a name that is not anybody's words: it may reach Redis.
    /// Fails where it is one too many.
    pub async fn count(&self, limit: Limit, subject: &str, now: DateTime<Utc>) -> Result<()> {
        let key = key_of(limit, subject, now);
        let count = match self.count_shared(limit, &key).await {
            Some(count) => count,
            None => self.count_here(key),
        };
        within(limit, count, now)
    }

    /// Fails where [`Limits::count`] would, and counts nothing.
    pub async fn check(&self, limit: Limit, subject: &str, now: DateTime<Utc>) -> Result<()> {
        let key = key_of(limit, subject, now);
        let count = match self.read_shared(&key).await {
            Some(count) => count,
            None => self.read_here(&key),
        };
        within(limit, count.saturating_add(1), now)
    }

    /// Forgets the attempts of this window.
    pub async fn clear(&self, limit: Limit, subject: &str, now: DateTime<Utc>) {
        let key = key_of(limit, subject, now);
        self.local.invalidate(&key);
        if let Some(mut shared) = self.shared.clone() {
            let mut command = redis::cmd("DEL");
            command.arg(key);
            let _was_there: Option<u32> = answer_of(command.query_async(&mut shared)).await;
        }
    }

    fn count_here(&self, key: String) -> u32 {
        let count = self.local.entry(key).or_default().into_value();
        count.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    fn read_here(&self, key: &str) -> u32 {
        let count = self.local.get(key);
        count.map_or(0, |count| count.load(Ordering::Relaxed))
    }

    async fn read_shared(&self, key: &str) -> Option<u32> {
        let mut shared = self.shared.clone()?;
        let mut command = redis::cmd("GET");
        command.arg(key);
        let count: Option<u32> = answer_of(command.query_async(&mut shared)).await?;
        Some(count.unwrap_or_default())
    }

    async fn count_shared(&self, limit: Limit, key: &str) -> Option<u32> {
        let mut shared = self.shared.clone()?;
        let mut commands = redis::pipe();
        commands
            .atomic()
            .incr(key, 1)
            .expire(key, limit.window_s)
            .ignore();
        let (count,): (u32,) = answer_of(commands.query_async(&mut shared)).await?;
        Some(count)
    }
}

fn within(limit: Limit, count: u32, now: DateTime<Utc>) -> Result<()> {
    if count <= limit.max {
        return Ok(());
    }
    let left_s = limit.window_s - now.timestamp().rem_euclid(limit.window_s);
    Err(Error::RateLimited {
        retry_after_s: u64::try_from(left_s).unwrap_or(1),
    })
}

fn connect(url: &Url) -> anyhow::Result<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(REDIS_TIMEOUT))
        .set_response_timeout(Some(REDIS_TIMEOUT));
    let client = redis::Client::open(url.as_str())?;
    Ok(ConnectionManager::new_lazy_with_config(client, config)?)
}

/// None where Redis does not answer in time: that never fails a request.
async fn answer_of<T>(answer: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
    match tokio::time::timeout(REDIS_TIMEOUT, answer).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            tracing::warn!(%error, "Redis is down; this server counts attempts alone");
            None
        }
        Err(_) => {
            tracing::warn!("Redis is slow; this server counts attempts alone");
            None
        }
    }
}

/// One key a window, so that a count ends by itself.
fn key_of(limit: Limit, subject: &str, now: DateTime<Utc>) -> String {
    let window = now.timestamp().div_euclid(limit.window_s);
    format!("guichet:limit:{}:{subject}:{window}", limit.name)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const LIMIT: Limit = Limit {
        name: "test",
        max: 2,
        window_s: 900,
    };

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[tokio::test]
    async fn attempts_over_the_limit_wait_for_the_next_window() {
        let limits = Limits::new(None).unwrap();
        let at = |seconds| start() + TimeDelta::seconds(seconds);
        for seconds in [0, 10] {
            assert!(limits.count(LIMIT, "one", at(seconds)).await.is_ok());
        }
        let refused = limits.count(LIMIT, "one", at(20)).await;
        assert!(matches!(
            refused,
            Err(Error::RateLimited { retry_after_s: 880 })
        ));
        assert!(limits.count(LIMIT, "two", at(20)).await.is_ok());
        assert!(limits.count(LIMIT, "one", at(900)).await.is_ok());
    }

    #[tokio::test]
    async fn looking_counts_nothing() {
        let limits = Limits::new(None).unwrap();
        for _ in 0..LIMIT.max {
            assert!(limits.check(LIMIT, "one", start()).await.is_ok());
            assert!(limits.check(LIMIT, "one", start()).await.is_ok());
            assert!(limits.count(LIMIT, "one", start()).await.is_ok());
        }
        assert!(limits.check(LIMIT, "one", start()).await.is_err());
        assert!(limits.check(LIMIT, "two", start()).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_cleared_counts_from_nothing() {
        let limits = Limits::new(None).unwrap();
        for _ in 0..5 {
            assert!(limits.count(LIMIT, "one", start()).await.is_ok());
            assert!(limits.count(LIMIT, "one", start()).await.is_ok());
            assert!(limits.count(LIMIT, "one", start()).await.is_err());
            limits.clear(LIMIT, "one", start()).await;
        }
    }

    #[tokio::test]
    async fn without_an_answer_from_redis_the_process_counts() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = format!("redis://{}", listener.local_addr().unwrap());
        let limits = Limits::new(Some(&silent.parse().unwrap())).unwrap();
        assert!(limits.count(LIMIT, "one", start()).await.is_ok());
        assert!(limits.count(LIMIT, "one", start()).await.is_ok());
        assert!(limits.count(LIMIT, "one", start()).await.is_err());
        drop(listener);
        assert!(limits.count(LIMIT, "one", start()).await.is_err());
    }
}
