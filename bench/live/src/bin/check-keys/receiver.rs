//! Somebody who is told, and does not always behave: answers 500, hangs up, takes its time.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    time::Duration,
};

use anyhow::{Context, Result};
use live::random::Random;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Longer than any request of the server.
const BYTES_MAX: usize = 512 * 1024;
const SLOW: Duration = Duration::from_millis(300);

/// Which endpoint a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Path {
    All,
    Urgent,
}

impl Path {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::All => "/all",
            Self::Urgent => "/urgent",
        }
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: Path,
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signatures: String,
    pub(crate) body: Vec<u8>,
    /// Whether it was answered that all is well.
    pub(crate) is_accepted: bool,
}

impl Received {
    pub(crate) fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// What it does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Accept,
    AcceptSlowly,
    Refuse,
    HangUp,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    received: Vec<Received>,
    random: Random,
    count: usize,
    behaves: bool,
    forget_every: Option<usize>,
    /// Who else hears of each request.
    listener: Option<mpsc::Sender<Received>>,
}

impl Receiver {
    pub(crate) async fn start(seed: u64, forget_every: Option<usize>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            received: Vec::new(),
            random: Random::new(seed),
            count: 0,
            behaves: false,
            forget_every,
            listener: None,
        }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                // Whoever is cut off comes again.
                tokio::spawn(async move { serve(stream, &state).await.ok() });
            }
        });
        Ok(Self { address, state })
    }

    /// Accepts everything from now on.
    pub(crate) fn behave(&self) {
        lock(&self.state).behaves = true;
    }

    /// Each request from now on, when it comes.
    pub(crate) fn listen(&self) -> mpsc::Receiver<Received> {
        let (sender, requests) = mpsc::channel();
        lock(&self.state).listener = Some(sender);
        requests
    }

    /// Ends what [`Receiver::listen`] began.
    pub(crate) fn stop_listening(&self) {
        lock(&self.state).listener = None;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }
}

impl State {
    fn manner(&mut self) -> Manner {
        if self.behaves {
            return Manner::Accept;
        }
        match self.random.below(100) {
            0..10 => Manner::Refuse,
            10..16 => Manner::HangUp,
            16..19 => Manner::AcceptSlowly,
            _ => Manner::Accept,
        }
    }

    fn keep(&mut self, received: Received) {
        self.count += 1;
        if let Some(listener) = &self.listener {
            // Whoever does not listen any more has failed, and says so.
            let _is_heard = listener.send(received.clone()).is_ok();
        }
        let is_forgotten = |every: usize| self.count.is_multiple_of(every);
        if !self.forget_every.is_some_and(is_forgotten) {
            self.received.push(received);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>) -> Result<()> {
    let mut received = read(&mut stream).await?;
    let manner = lock(state).manner();
    let status = match manner {
        Manner::Accept => Some("204 No Content"),
        Manner::AcceptSlowly => {
            tokio::time::sleep(SLOW).await;
            Some("204 No Content")
        }
        Manner::Refuse => Some("500 Internal Server Error"),
        Manner::HangUp => None,
    };
    received.is_accepted = matches!(manner, Manner::Accept | Manner::AcceptSlowly);
    lock(state).keep(received);
    if let Some(status) = status {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
    }
    Ok(())
}

async fn read(stream: &mut TcpStream) -> Result<Received> {
    let mut bytes = Vec::new();
    loop {
        let count = stream.read_buf(&mut bytes).await?;
        anyhow::ensure!(count > 0 && bytes.len() <= BYTES_MAX, "cut off");
        let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&bytes[..end])?;
        let lines = head.lines().skip(1);
        let headers: HashMap<_, _> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let header = |name: &str| headers.get(name).cloned().with_context(|| name.to_owned());
        let length: usize = header("content-length")?.parse()?;
        let body = &bytes[end + 4..];
        if body.len() < length {
            continue;
        }
        let is_urgent = head.starts_with(&format!("POST {} ", Path::Urgent.text()));
        return Ok(Received {
            path: if is_urgent { Path::Urgent } else { Path::All },
            id: header("webhook-id")?,
            timestamp: header("webhook-timestamp")?,
            signatures: header("webhook-signature")?,
            body: body.to_vec(),
            is_accepted: false,
        });
    }
}
