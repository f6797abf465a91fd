//! Budgets that all servers take from, in Redis. It never holds a request up: once it does not answer, nobody asks it
//! until it does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Weak};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::Script;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::time::{sleep, timeout};
use url::Url;

use crate::app::App;
use crate::config::Budget;
use crate::session::keys;

/// How long the requests wait that find out that Redis does not answer; no others do.
const ANSWER_WITHIN: Duration = Duration::from_millis(100);
/// How often Redis is asked whether it is there again.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// What keys of budgets are derived for.
const PURPOSE: &str = "budget";

/// The generic cell rate algorithm as virtual scheduling (ITU-T Recommendation I.371, annex A), by Redis's own clock. The value is the
/// theoretical arrival time: when the budget is full again, in µs. Of more than half a budget, a server gets a
/// thirty-second of it besides, so that it need not ask again at once; what it did not spend of the last comes back.
///
/// KEYS: the budget. ARGV: points a minute, burst, points to spend, points that come back.
/// Answers with the points granted (none, or at least those to spend), and those left.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local per_minute, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local cost, unspent = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local point = 60000000 / per_minute
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
full_at = math.max(full_at - unspent * point, now)
local left = math.floor(burst - (full_at - now) / point + 0.000001)
local granted = 0
if cost <= left then
  granted = cost
  if (left - cost) * 2 > burst then
    granted = cost + math.floor(burst / 32)
  end
end
full_at = full_at + granted * point
if full_at > now then
  redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
end
return {granted, math.max(left - granted, 0)}
",
    )
});

/// What a server asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) budget: Budget,
    pub(super) cost: u32,
    /// Taken before, and not spent.
    pub(super) unspent: u32,
}

/// What it gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Granted {
    /// None, or at least what was asked for.
    pub(super) points: u32,
    /// What is left for all servers.
    pub(super) left: u32,
}

pub(super) struct Shared {
    connection: ConnectionManager,
    is_up: AtomicBool,
}

impl Shared {
    /// Nobody asks it before it has answered once.
    pub(super) fn new(url: &Url) -> anyhow::Result<Arc<Self>> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(ANSWER_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN));
        let client = redis::Client::open(url.as_str())?;
        let shared = Arc::new(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            is_up: AtomicBool::new(false),
        });
        tokio::spawn(look(Arc::downgrade(&shared)));
        Ok(shared)
    }

    pub(super) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Acquire)
    }

    /// Takes points from the budget of this name; none where Redis does not answer.
    pub(super) async fn take(
        self: &Arc<Self>,
        app: &App,
        name: &[u8],
        wanted: Wanted,
    ) -> Option<Granted> {
        // Neither addresses nor ids are for Redis, nor do desks that share one meet there.
        let code = keys::authenticate(app, PURPOSE, name).await.ok()?;
        let mut take = TAKE.key(format!("guichet:budget:{}", URL_SAFE_NO_PAD.encode(code)));
        take.arg(wanted.budget.per_minute)
            .arg(wanted.budget.burst)
            .arg(wanted.cost)
            .arg(wanted.unspent);
        let mut connection = self.connection.clone();
        let answer = timeout(ANSWER_WITHIN, take.invoke_async(&mut connection)).await;
        match answer {
            Ok(Ok((points, left))) => Some(Granted { points, left }),
            Ok(Err(error)) => self.give_up(&error.to_string()),
            Err(_) => self.give_up("it is slow"),
        }
    }

    fn give_up<T>(self: &Arc<Self>, why: &str) -> Option<T> {
        if self.is_up.swap(false, Ordering::AcqRel) {
            tracing::warn!(why, "Redis is down; this server has budgets of its own");
            tokio::spawn(look(Arc::downgrade(self)));
        }
        None
    }
}

/// Asks Redis whether it is there, until it is; not at once, or one that answers this and nothing else would be asked by
/// every other request.
async fn look(shared: Weak<Shared>) {
    loop {
        sleep(LOOK_EVERY).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let mut connection = shared.connection.clone();
        let ping = redis::cmd("PING");
        let answer = timeout(
            ANSWER_WITHIN,
            ping.query_async::<redis::Value>(&mut connection),
        );
        if matches!(answer.await, Ok(Ok(_))) {
            shared.is_up.store(true, Ordering::Release);
            tracing::info!("servers share budgets through Redis");
            return;
        }
    }
}
