//! Thousands of sockets in a few threads that do nothing but count: no JSON is read.

use std::{
    io::{self, ErrorKind, Read, Write},
    net,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, TryRecvError, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use live::frame::{self, Kind};
use memchr::memmem::Finder;
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use slab::Slab;
use tokio::sync::Notify;

const EVENTS_AT_ONCE: usize = 1_024;
const READ_AT_ONCE: usize = 256 * 1_024;
/// How soon a new socket is taken in.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// Items name the ticket's version, and so the change that they are of.
const VERSION: &[u8] = b"\"version\":";

/// One receipt: of which version, and when, in microseconds since the board was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipt {
    pub(crate) version: u32,
    pub(crate) at_us: u32,
}

/// What the threads tell others.
#[derive(Debug)]
pub(crate) struct Board {
    start: Instant,
    pub(crate) delivered: AtomicU64,
    /// Rings when there are more deliveries.
    pub(crate) moved: Notify,
    pub(crate) closed: AtomicU64,
    pub(crate) open: AtomicU64,
    is_over: AtomicBool,
    is_recording: AtomicBool,
    receipts: Mutex<Vec<Receipt>>,
    /// The newest frame with a version in it, and why the last socket was closed.
    sample: Mutex<(String, String)>,
}

impl Board {
    pub(crate) fn now_us(&self) -> u32 {
        u32::try_from(self.start.elapsed().as_micros()).unwrap_or(u32::MAX)
    }

    pub(crate) fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// From now on each receipt is kept.
    pub(crate) fn record(&self) {
        lock(&self.receipts).clear();
        self.is_recording.store(true, Ordering::Relaxed);
    }

    pub(crate) fn recorded(&self) -> Vec<Receipt> {
        self.is_recording.store(false, Ordering::Relaxed);
        std::mem::take(&mut *lock(&self.receipts))
    }

    pub(crate) fn sample(&self) -> String {
        lock(&self.sample).0.clone()
    }

    pub(crate) fn why_closed(&self) -> String {
        lock(&self.sample).1.clone()
    }
}

/// A socket that is subscribed, and what has arrived on it.
pub(crate) type Handed = (net::TcpStream, Vec<u8>);

/// A thread for each core, so that none of the server's is held up more than another.
pub(crate) struct Swarm {
    pub(crate) board: Arc<Board>,
    threads: Vec<(Sender<Handed>, JoinHandle<io::Result<()>>)>,
    handed: AtomicUsize,
}

impl Swarm {
    pub(crate) fn start() -> io::Result<Self> {
        let board = Arc::new(Board {
            start: Instant::now(),
            delivered: AtomicU64::new(0),
            moved: Notify::new(),
            closed: AtomicU64::new(0),
            open: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            is_recording: AtomicBool::new(false),
            receipts: Mutex::default(),
            sample: Mutex::default(),
        });
        let count = thread::available_parallelism()?.get();
        let threads = (0..count)
            .map(|_| begin(&board))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            board,
            threads,
            handed: AtomicUsize::new(0),
        })
    }

    /// Takes a socket in. Threads take turns.
    pub(crate) fn take(&self, handed: Handed) -> anyhow::Result<()> {
        let turn = self.handed.fetch_add(1, Ordering::Relaxed);
        let (sender, _) = &self.threads[turn % self.threads.len()];
        Ok(sender.send(handed)?)
    }
}

fn begin(board: &Arc<Board>) -> io::Result<(Sender<Handed>, JoinHandle<io::Result<()>>)> {
    let (sender, new) = channel();
    let mut worker = Worker {
        poll: Poll::new()?,
        sockets: Slab::new(),
        board: Arc::clone(board),
        version: Finder::new(VERSION),
    };
    Ok((sender, thread::spawn(move || worker.run(&new))))
}

impl Drop for Swarm {
    fn drop(&mut self) {
        self.board.is_over.store(true, Ordering::Relaxed);
        for (_, thread) in self.threads.drain(..) {
            // It has nothing to say at its end.
            let _ended = thread.join();
        }
    }
}

struct Worker {
    poll: Poll,
    sockets: Slab<Socket>,
    board: Arc<Board>,
    version: Finder<'static>,
}

struct Socket {
    stream: TcpStream,
    /// The beginning of a frame.
    rest: Vec<u8>,
}

/// What a piece of input comes to.
#[derive(Default)]
struct Piece {
    used: usize,
    answers: Vec<u8>,
    closed: Option<String>,
}

impl Worker {
    fn run(&mut self, new: &Receiver<Handed>) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_AT_ONCE);
        let mut buffer = vec![0; READ_AT_ONCE];
        while !self.board.is_over.load(Ordering::Relaxed) {
            self.take_new(new)?;
            match self.poll.poll(&mut events, Some(LOOK_AGAIN_AFTER)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let ready: Vec<_> = events.iter().map(|event| event.token().0).collect();
            let mut receipts = Vec::new();
            for place in ready {
                self.read(place, &mut buffer, &mut receipts);
            }
            if !receipts.is_empty() {
                let count = receipts.len() as u64;
                if self.board.is_recording.load(Ordering::Relaxed) {
                    lock(&self.board.receipts).append(&mut receipts);
                }
                self.board.delivered.fetch_add(count, Ordering::Relaxed);
                self.board.moved.notify_one();
            }
        }
        Ok(())
    }

    fn take_new(&mut self, new: &Receiver<Handed>) -> io::Result<()> {
        loop {
            let (stream, rest) = match new.try_recv() {
                Ok(handed) => handed,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Ok(()),
            };
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let place = self.sockets.vacant_entry();
            self.poll
                .registry()
                .register(&mut stream, Token(place.key()), Interest::READABLE)?;
            place.insert(Socket { stream, rest });
            self.board.open.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reads all that is there: the next event comes with what arrives later.
    fn read(&mut self, place: usize, buffer: &mut [u8], receipts: &mut Vec<Receipt>) {
        let at_us = self.board.now_us();
        loop {
            let Some(socket) = self.sockets.get_mut(place) else {
                return;
            };
            let length = match socket.stream.read(buffer) {
                Ok(0) => return self.close(place, "cut".to_owned()),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => return self.close(place, error.to_string()),
            };
            let piece = if socket.rest.is_empty() {
                let piece = scan(
                    &buffer[..length],
                    at_us,
                    &self.version,
                    &self.board,
                    receipts,
                );
                socket.rest.extend(&buffer[piece.used..length]);
                piece
            } else {
                socket.rest.extend(&buffer[..length]);
                let piece = scan(&socket.rest, at_us, &self.version, &self.board, receipts);
                socket.rest.drain(..piece.used);
                piece
            };
            if socket.rest.is_empty() {
                socket.rest.shrink_to_fit();
            }
            if !piece.answers.is_empty()
                && let Err(error) = socket.stream.write_all(&piece.answers)
            {
                return self.close(place, error.to_string());
            }
            if let Some(why) = piece.closed {
                return self.close(place, why);
            }
            if length < buffer.len() {
                return;
            }
        }
    }

    fn close(&mut self, place: usize, why: String) {
        self.sockets.remove(place);
        self.board.open.fetch_sub(1, Ordering::Relaxed);
        self.board.closed.fetch_add(1, Ordering::Relaxed);
        lock(&self.board.sample).1 = why;
    }
}

/// Goes through all frames that are complete.
fn scan(
    bytes: &[u8],
    at_us: u32,
    finder: &Finder<'_>,
    board: &Board,
    receipts: &mut Vec<Receipt>,
) -> Piece {
    let mut piece = Piece::default();
    let mut newest = None;
    while let Some(header) = frame::header(&bytes[piece.used..]) {
        let start = piece.used + header.length;
        let Some(payload) = bytes.get(start..start + header.payload_length) else {
            break;
        };
        piece.used = start + header.payload_length;
        match header.kind {
            Kind::Text => {
                if let Some(version) = version_in(payload, finder) {
                    receipts.push(Receipt { version, at_us });
                    newest = Some(payload);
                } else if payload.starts_with(b"{\"type\":\"ping\"") {
                    piece.answers.extend(frame::text(r#"{"type":"pong"}"#));
                } else if memchr::memmem::find(payload, b"\"errors\"").is_some()
                    || memchr::memmem::find(payload, b"\"error\"").is_some()
                {
                    piece.closed = Some(String::from_utf8_lossy(payload).into_owned());
                }
            }
            Kind::Ping => piece.answers.extend(frame::pong(payload)),
            Kind::Close => {
                let code = payload.get(..2).and_then(|code| code.try_into().ok());
                let code = code.map(u16::from_be_bytes);
                let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
                piece.closed = Some(format!("{code:?} {reason}"));
            }
            Kind::Pong | Kind::Other => {}
        }
    }
    // One in so many is enough to know what they look like.
    if let Some(newest) = newest
        && receipts.len() == 1
    {
        lock(&board.sample).0 = String::from_utf8_lossy(newest).into_owned();
    }
    piece
}

fn version_in(payload: &[u8], finder: &Finder<'_>) -> Option<u32> {
    let start = finder.find(payload)? + VERSION.len();
    let digits = payload[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
