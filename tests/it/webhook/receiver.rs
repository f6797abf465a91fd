//! Somebody who is told: a server on the loopback that keeps what it gets, and verifies it by itself.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

use super::WITHIN;

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Received {
    pub(super) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(super) fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }

    /// The signatures that this secret made.
    pub(super) fn is_signed_with(&self, secret: &str) -> bool {
        let expected = signature(secret, self);
        let mut signatures = self.headers["webhook-signature"].split(' ');
        signatures.any(|signature| signature == expected)
    }
}

/// HMAC-SHA256 as RFC 2104 writes it, beside the library that the server uses.
fn signature(secret: &str, received: &Received) -> String {
    let secret = secret.strip_prefix("whsec_").expect("a secret");
    let key = BASE64_STANDARD.decode(secret).expect("base64");
    assert!((24..=64).contains(&key.len()));
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(&key);
    let mut signed = format!(
        "{}.{}.",
        received.id(),
        received.headers["webhook-timestamp"]
    );
    let mut signed = std::mem::take(&mut signed).into_bytes();
    signed.extend(&received.body);
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(&signed);
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner.finalize());
    format!("v1,{}", BASE64_STANDARD.encode(outer.finalize()))
}

#[derive(Default)]
struct Kept {
    received: Mutex<Vec<Received>>,
    status: AtomicU16,
    delay_ms: AtomicUsize,
    open: AtomicUsize,
    open_max: AtomicUsize,
    location: Mutex<String>,
}

pub(super) struct Receiver {
    port: u16,
    kept: Arc<Kept>,
}

impl Receiver {
    /// One that says yes.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let kept = Arc::new(Kept::default());
        kept.status.store(204, Ordering::SeqCst);
        let shared = Arc::clone(&kept);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&shared);
                tokio::spawn(async move { serve(stream, &kept).await });
            }
        });
        Self { port, kept }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks?from=desk", self.port)
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// What it answers from now on.
    pub(super) fn answer(&self, status: u16) {
        self.kept.status.store(status, Ordering::SeqCst);
    }

    /// Where redirects lead.
    pub(super) fn redirect_to(&self, url: &str) {
        url.clone_into(&mut self.kept.location.lock().expect("unpoisoned"));
    }

    /// How long it takes to answer.
    pub(super) fn take(&self, time: Duration) {
        let ms = usize::try_from(time.as_millis()).expect("a short time");
        self.kept.delay_ms.store(ms, Ordering::SeqCst);
    }

    /// How many requests were open at once.
    pub(super) fn open_max(&self) -> usize {
        self.kept.open_max.load(Ordering::SeqCst)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.kept.received.lock().expect("unpoisoned").clone()
    }

    /// Waits for so many requests.
    pub(super) async fn wait_for(&self, count: usize) -> Vec<Received> {
        let begun = Instant::now();
        loop {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            let waited = begun.elapsed();
            assert!(waited < WITHIN, "{} of {count} came", received.len());
            sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn serve(mut stream: TcpStream, kept: &Kept) {
    let Some(received) = read(&mut stream).await else {
        return;
    };
    let open = kept.open.fetch_add(1, Ordering::SeqCst) + 1;
    kept.open_max.fetch_max(open, Ordering::SeqCst);
    kept.received.lock().expect("unpoisoned").push(received);
    let delay = kept.delay_ms.load(Ordering::SeqCst);
    sleep(Duration::from_millis(
        delay.try_into().expect("a short time"),
    ))
    .await;
    let status = kept.status.load(Ordering::SeqCst);
    let location = kept.location.lock().expect("unpoisoned").clone();
    let answer = format!(
        "HTTP/1.1 {status} Said\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let _sent = stream.write_all(answer.as_bytes()).await;
    kept.open.fetch_sub(1, Ordering::SeqCst);
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 8_192];
        let count = stream.read(&mut piece).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend(&piece[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&bytes[..end]).expect("a head");
        assert!(
            head.starts_with("POST /hooks?from=desk HTTP/1.1\r\n"),
            "{head}"
        );
        let headers: BTreeMap<_, _> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers["content-length"].parse().expect("a length");
        let body = bytes[end + 4..].to_vec();
        if body.len() >= length {
            return Some(Received { headers, body });
        }
    }
}
