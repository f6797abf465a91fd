//! "Look at the log again", said in this process and, through Redis, to the other servers. It may be
//! late or lost, and nothing is: the feed looks by itself too. Nobody who rings waits for it.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::rand;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    ProtocolVersion, PushInfo, PushKind, RedisError, aio::MultiplexedConnection,
};
use tokio::{
    sync::{Notify, broadcast, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use url::Url;

use super::{Epoch, Pos};

/// How often a server says that it is there, and where it is.
const BEAT: Duration = Duration::from_millis(500);
/// How long Redis may take to answer, and to bring a server its own beat.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// Messages that wait to be sent to other servers; older ones are lost.
const CALLS_MAX: usize = 256;
/// How long to wait between attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);

/// How far the bell reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// There is no Redis: this process alone is rung.
    Alone,
    /// Redis is to be there, and does not bring us what we say.
    Down,
    /// What we say through Redis comes back.
    Healthy,
}

pub(super) struct Doorbell {
    wake: Notify,
    /// Whether a commit of this process rang; else it was another server.
    is_own: AtomicBool,
    shared: Option<Arc<Shared>>,
}

/// Called with what other servers say.
type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// The part of the bell that hangs in Redis.
struct Shared {
    address: ConnectionInfo,
    is_sharded: bool,
    /// Tells our own messages from the others'.
    server: u64,
    health: AtomicU8,
    /// The greatest place that anybody spoke of.
    heard: AtomicU64,
    /// Wakes when our own message is heard.
    heard_own: Notify,
    /// The newest place to speak of.
    said: watch::Sender<Pos>,
    /// What else is said, and who listens to it here.
    calls: broadcast::Sender<String>,
    listener: OnceLock<Listener>,
    epoch: watch::Sender<Epoch>,
}

impl Doorbell {
    pub(super) fn new(redis: Option<&Url>, is_sharded: bool) -> anyhow::Result<Self> {
        let shared = redis.map(|url| Shared::new(url, is_sharded)).transpose()?;
        Ok(Self {
            wake: Notify::new(),
            is_own: AtomicBool::new(false),
            shared: shared.map(Arc::new),
        })
    }

    /// Something was committed here.
    pub(super) fn ring(&self) {
        self.is_own.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Waits until somebody rang. True where it was this process.
    pub(super) async fn rung(&self) -> bool {
        self.wake.notified().await;
        self.is_own.swap(false, Ordering::AcqRel)
    }

    /// Tells the other servers how far the log goes.
    pub(super) fn tell(&self, pos: Pos) {
        if let Some(shared) = &self.shared {
            shared.said.send_replace(pos);
        }
    }

    /// Tells the other servers something else. Lost where the bell does not hang.
    pub(super) fn call(&self, message: String) {
        if let Some(shared) = &self.shared {
            // Nobody may be connected.
            let _is_heard = shared.calls.send(message);
        }
    }

    /// Has `listener` called with what other servers tell so. Only the first call counts.
    pub(super) fn listen(&self, listener: impl Fn(&str) + Send + Sync + 'static) {
        if let Some(shared) = &self.shared {
            let _is_first = shared.listener.set(Box::new(listener));
        }
    }

    pub(super) fn health(&self) -> Health {
        let Some(shared) = &self.shared else {
            return Health::Alone;
        };
        match shared.health.load(Ordering::Acquire) {
            HEALTHY => Health::Healthy,
            _ => Health::Down,
        }
    }

    /// Servers of one epoch of one log hear each other.
    pub(super) fn follow(&self, epoch: Epoch) {
        if let Some(shared) = &self.shared {
            shared.epoch.send_if_modified(|current| {
                let is_new = *current != epoch;
                *current = epoch;
                if is_new {
                    shared.heard.store(0, Ordering::Release);
                }
                is_new
            });
        }
    }

    /// Keeps the bell hung in Redis, whatever happens there, for as long as this is polled.
    pub(super) async fn hang(self: &Arc<Self>) {
        let Some(shared) = &self.shared else {
            return std::future::pending().await;
        };
        let mut address = shared.address.clone();
        loop {
            let error = self.hang_once(shared, &address).await.err();
            if shared.health.swap(DOWN, Ordering::AcqRel) == HEALTHY {
                tracing::warn!(?error, "the doorbell in Redis is down; sweeping instead");
                // The feed looks more often from now on, and once at this moment.
                self.wake.notify_one();
            }
            address = redirected(error.as_ref(), &shared.address);
            sleep(PAUSE).await;
        }
    }

    async fn hang_once(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        address: &ConnectionInfo,
    ) -> Result<(), RedisError> {
        let mut epoch = shared.epoch.subscribe();
        let current = *epoch.borrow_and_update();
        if current == Epoch::default() {
            let _is_known = epoch.changed().await;
            return Ok(());
        }
        let mut connection = connect(self, address).await?;
        let channel = format!("guichet:{:x}:bell", current.0);
        let command = if shared.is_sharded {
            "SSUBSCRIBE"
        } else {
            "SUBSCRIBE"
        };
        ask(redis::cmd(command).arg(&channel), &mut connection).await?;
        // What was said while nobody listened.
        self.wake.notify_one();
        let mut said = shared.said.subscribe();
        let mut calls = shared.calls.subscribe();
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent_since: Option<Instant> = None;
        loop {
            let called = tokio::select! {
                () = shared.heard_own.notified() => {
                    silent_since = None;
                    self.recover(shared);
                    continue;
                }
                _ = beat.tick() => None,
                _ = said.changed() => None,
                called = calls.recv() => called.ok(),
                _ = epoch.changed() => return Ok(()),
            };
            let since = *silent_since.get_or_insert_with(Instant::now);
            if since.elapsed() > BEAT + ANSWER_WITHIN {
                return Ok(());
            }
            let pos = *said.borrow_and_update();
            let command = if shared.is_sharded {
                "SPUBLISH"
            } else {
                "PUBLISH"
            };
            let said = called.unwrap_or_else(|| pos.0.to_string());
            let message = format!("{:x} {said}", shared.server);
            ask(
                redis::cmd(command).arg(&channel).arg(message),
                &mut connection,
            )
            .await?;
        }
    }

    fn recover(&self, shared: &Shared) {
        if shared.health.swap(HEALTHY, Ordering::AcqRel) != HEALTHY {
            tracing::info!("the doorbell hangs in Redis");
            self.wake.notify_one();
        }
    }

    fn hear(&self, shared: &Shared, message: &[u8]) -> Option<()> {
        let (server, said) = std::str::from_utf8(message).ok()?.split_once(' ')?;
        if u64::from_str_radix(server, 16).ok()? == shared.server {
            shared.heard_own.notify_one();
        } else if let Ok(pos) = said.parse() {
            if shared.heard.fetch_max(pos, Ordering::AcqRel) < pos {
                self.wake.notify_one();
            }
        } else {
            shared.listener.get()?(said);
        }
        Some(())
    }
}

const DOWN: u8 = 0;
const HEALTHY: u8 = 1;

impl Shared {
    fn new(url: &Url, is_sharded: bool) -> anyhow::Result<Self> {
        let address = url.clone().into_connection_info()?;
        let settings = address.redis_settings().clone();
        let mut server = [0; 8];
        rand::fill(&mut server).map_err(|_| anyhow::anyhow!("no random numbers"))?;
        Ok(Self {
            address: address.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3)),
            is_sharded,
            server: u64::from_be_bytes(server),
            health: AtomicU8::new(DOWN),
            heard: AtomicU64::new(0),
            heard_own: Notify::new(),
            said: watch::Sender::default(),
            calls: broadcast::Sender::new(CALLS_MAX),
            listener: OnceLock::new(),
            epoch: watch::Sender::default(),
        })
    }
}

/// Messages come in on the same connection, and are heard where they are read: hearing never waits.
async fn connect(
    bell: &Arc<Doorbell>,
    address: &ConnectionInfo,
) -> Result<MultiplexedConnection, RedisError> {
    let bell = Arc::downgrade(bell);
    let hear = move |push: PushInfo| -> Result<(), ()> {
        let bell = bell.upgrade().ok_or(())?;
        let is_message = matches!(push.kind, PushKind::Message | PushKind::SMessage);
        if let (true, Some(shared), Some(redis::Value::BulkString(message))) =
            (is_message, &bell.shared, push.data.last())
        {
            let _is_ours = bell.hear(shared, message);
        }
        Ok(())
    };
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER_WITHIN))
        .set_response_timeout(Some(ANSWER_WITHIN))
        .set_push_sender(hear);
    let client = Client::open(address.clone())?;
    let connecting = client.get_multiplexed_async_connection_with_config(&config);
    timeout(ANSWER_WITHIN, connecting).await.map_err(silent)?
}

async fn ask(
    command: &redis::Cmd,
    connection: &mut MultiplexedConnection,
) -> Result<(), RedisError> {
    let answer = command.query_async::<redis::Value>(connection);
    timeout(ANSWER_WITHIN, answer).await.map_err(silent)??;
    Ok(())
}

fn silent(_: tokio::time::error::Elapsed) -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

/// In a cluster a channel is one node's, and the others name that node.
fn redirected(error: Option<&RedisError>, address: &ConnectionInfo) -> ConnectionInfo {
    let node = error.and_then(RedisError::redirect_node);
    let node = node.and_then(|(node, _)| {
        let (host, port) = node.rsplit_once(':')?;
        Some(ConnectionAddr::Tcp(host.to_owned(), port.parse().ok()?))
    });
    match node {
        Some(node) => address.clone().set_addr(node),
        None => address.clone(),
    }
}
