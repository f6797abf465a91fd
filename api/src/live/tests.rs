//! Readers and groups over sources that only count.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::stream;
use tokio::{sync::watch, time::timeout};

use super::{Answer, End, Hub, Key, Order, Reader, Relay, Source, Step};
use crate::events::Pos;

/// A log of numbers, and how often it is followed.
#[derive(Clone)]
struct Log {
    head: Arc<watch::Sender<u64>>,
    executions: Arc<AtomicUsize>,
    running: Arc<AtomicUsize>,
    made: Arc<AtomicU64>,
    relays: [Relay; 2],
    turn: Arc<AtomicUsize>,
}

/// Counts an execution as running until it is dropped.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Log {
    fn with_head(head: u64) -> Self {
        Self {
            head: Arc::new(watch::Sender::new(head)),
            executions: Arc::default(),
            running: Arc::default(),
            made: Arc::default(),
            relays: [(); 2].map(|()| {
                let (relay, waking) = Relay::new();
                tokio::spawn(waking);
                relay
            }),
            turn: Arc::default(),
        }
    }

    /// Readers are on one worker and on the other in turns.
    fn relay(&self) -> Relay {
        self.relays[self.turn.fetch_add(1, Ordering::SeqCst) % 2].clone()
    }

    fn read(&self, hub: &Arc<Hub>, key: u8, after: Pos) -> Reader {
        hub.read(self.source(key), after, self.relay())
    }

    /// Each number as it is; a hundred and its multiples end the stream.
    fn source(&self, key: u8) -> Source {
        let log = self.clone();
        let execute = move |start: super::Start| -> super::Answers {
            log.executions.fetch_add(1, Ordering::SeqCst);
            log.running.fetch_add(1, Ordering::SeqCst);
            let running = Running(Arc::clone(&log.running));
            let head = log.head.subscribe();
            let made = Arc::clone(&log.made);
            let first = (start, head, running, made);
            Box::pin(stream::unfold(
                first,
                async |(start, mut head, running, made)| {
                    let next = start.reached().0 + 1;
                    tokio::select! {
                        waited = head.wait_for(|head| *head >= next) => waited.ok()?,
                        () = start.stop.stopped() => return None,
                    };
                    start.reach(Pos(next));
                    made.fetch_add(1, Ordering::SeqCst);
                    let answer = if next % 100 == 0 {
                        Answer::Failed("[]".to_owned())
                    } else {
                        Answer::Next(next.to_string())
                    };
                    Some((answer, (start, head, running, made)))
                },
            ))
        };
        Source {
            key: Key([key; 32]),
            execute: Box::new(execute),
        }
    }

    fn grow(&self, by: u64) {
        self.head.send_modify(|head| *head += by);
    }

    fn executions(&self) -> usize {
        self.executions.load(Ordering::SeqCst)
    }

    /// Waits until the hub has so many groups, and as many executions run.
    async fn until_running(&self, hub: &Hub, count: usize) {
        let is_reached = || {
            let groups = usize::try_from(hub.counts.groups.get());
            groups == Ok(count) && self.running.load(Ordering::SeqCst) == count
        };
        let reached = async {
            while !is_reached() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(5), reached).await.unwrap();
    }
}

async fn step(reader: &mut Reader) -> Step {
    let step = poll_fn(|cx| reader.poll_next(cx));
    timeout(Duration::from_secs(5), step).await.unwrap()
}

async fn number(reader: &mut Reader) -> u64 {
    match step(reader).await {
        Step::Frame(frame) => {
            let number = frame.json.parse().unwrap();
            assert_eq!(frame.place, Pos(number));
            number
        }
        Step::End(end) => panic!("{end:?}"),
    }
}

async fn numbers(reader: &mut Reader, range: std::ops::RangeInclusive<u64>) {
    for expected in range {
        assert_eq!(number(reader).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_sources_are_executed_once_and_others_by_themselves() {
    let (hub, log) = (Hub::new(1), Log::with_head(5));
    // More on each worker than are woken at once.
    let mut readers: Vec<_> = (0..300).map(|_| log.read(&hub, 1, Pos(5))).collect();
    let mut other = log.read(&hub, 2, Pos(5));
    log.grow(20);
    for reader in &mut readers {
        numbers(reader, 6..=25).await;
    }
    numbers(&mut other, 6..=25).await;
    assert_eq!(log.executions(), 2);
    drop((readers, other));
    log.until_running(&hub, 0).await;
    assert_eq!(hub.counts.readers.get(), 0);

    // Another begins anew.
    let mut late = log.read(&hub, 1, Pos(20));
    numbers(&mut late, 21..=25).await;
    assert_eq!(log.executions(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_reads_from_the_ring_or_catches_up() {
    let (hub, log) = (Hub::new(1), Log::with_head(50));
    let mut live: Vec<_> = (0..10).map(|_| log.read(&hub, 1, Pos(50))).collect();
    log.grow(10);
    for reader in &mut live {
        numbers(reader, 51..=60).await;
    }
    let mut near = log.read(&hub, 1, Pos(55));
    numbers(&mut near, 56..=60).await;
    assert_eq!(log.executions(), 1);

    // Before the group began: an execution of its own, which ends when it has met the group.
    let mut far = log.read(&hub, 1, Pos(10));
    let mut far_too = log.read(&hub, 1, Pos(10));
    numbers(&mut far, 11..=60).await;
    numbers(&mut far_too, 11..=60).await;
    assert_eq!(log.executions(), 2);
    log.grow(2);
    for reader in live.iter_mut().chain([&mut near, &mut far, &mut far_too]) {
        numbers(reader, 61..=62).await;
        // Who finds no more looks whether they can join the others; these may be behind, and say it again.
        while poll_fn(|cx| Poll::Ready(reader.poll_next(cx).is_ready())).await {}
    }
    log.until_running(&hub, 1).await;
    assert_eq!(hub.counts.readers.get(), 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_misses_nothing_and_holds_nobody_up() {
    let (hub, log) = (Hub::new(1), Log::with_head(100));
    let mut fast = log.read(&hub, 1, Pos(100));
    let mut slow = log.read(&hub, 1, Pos(100));
    log.grow(99);
    numbers(&mut fast, 101..=110).await;
    numbers(&mut slow, 101..=101).await;
    numbers(&mut fast, 111..=199).await;
    numbers(&mut slow, 102..=199).await;

    let (log, mut readers) = (Log::with_head(1_000_000), Vec::new());
    for _ in 0..2 {
        readers.push(log.read(&hub, 3, Pos(1_000_001)));
    }
    // None of them reads: the execution stops after a few.
    log.grow(98);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(log.made.load(Ordering::SeqCst) < 30);
    let mut late = log.read(&hub, 3, Pos(1_000_001));
    numbers(&mut late, 1_000_002..=1_000_098).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn falling_behind_the_ring_is_going_back_to_the_log() {
    let (hub, log) = (Hub::new(1), Log::with_head(1));
    let source = || {
        // No end at the hundreds.
        let source = log.source(1);
        let execute = source.execute;
        Source {
            key: source.key,
            execute: Box::new(move |start| {
                use futures_util::StreamExt;
                let reached = start.clone();
                let answers = execute(start);
                Box::pin(answers.map(move |_| Answer::Next(reached.reached().0.to_string())))
            }),
        }
    };
    let mut fast = hub.read(source(), Pos(1), log.relay());
    let mut slow = hub.read(source(), Pos(1), log.relay());
    log.grow(1_000);
    numbers(&mut slow, 2..=5).await;
    numbers(&mut fast, 2..=1_001).await;
    assert_eq!(log.executions(), 1);
    numbers(&mut slow, 6..=1_001).await;
    assert!(log.executions() > 1);
    drop(fast);
    log.grow(5);
    numbers(&mut slow, 1_002..=1_006).await;
    log.until_running(&hub, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_reaches_everybody() {
    let (hub, log) = (Hub::new(1), Log::with_head(97));
    let mut readers: Vec<_> = (0..3).map(|_| log.read(&hub, 1, Pos(97))).collect();
    log.grow(10);
    for reader in &mut readers {
        numbers(reader, 98..=99).await;
        let Step::End(end) = step(reader).await else {
            panic!("goes on")
        };
        assert_eq!(*end, End::Failed("[]".to_owned()));
    }
    log.until_running(&hub, 0).await;

    let source = Source {
        key: Key([9; 32]),
        execute: Box::new(|_| panic!("on purpose")),
    };
    let mut reader = hub.read(source, Pos(0), log.relay());
    assert!(matches!(step(&mut reader).await, Step::End(end) if *end != End::Complete));
    assert_eq!(hub.counts.panics.get(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_last_is_woken() {
    let (hub, log) = (Hub::new(1), Log::with_head(5));
    let mut reader = log.read(&hub, 1, Pos(5));
    log.grow(1);
    numbers(&mut reader, 6..=6).await;
    let mut nobody = Context::from_waker(Waker::noop());
    while reader.poll_next(&mut nobody).is_ready() {}
    let grown = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        log.grow(1);
    };
    tokio::join!(numbers(&mut reader, 7..=7), grown);
}

#[tokio::test]
async fn an_order_reaches_whom_it_is_given_to_whatever_others_were_told() {
    let hub = Hub::new(2);
    let connections = &hub.connections;
    let (mut first, mut second) = (connections.open().unwrap(), connections.open().unwrap());
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(first.poll_order(&mut nobody).is_pending());
    let told = async {
        tokio::task::yield_now().await;
        connections.tell(1, Order::Resync);
        assert_eq!(poll_fn(|cx| second.poll_order(cx)).await, Order::Resync);
        tokio::task::yield_now().await;
        connections.tell(0, Order::Leave);
    };
    let waited = timeout(Duration::from_secs(5), poll_fn(|cx| first.poll_order(cx)));
    let (order, ()) = tokio::join!(waited, told);
    assert_eq!(order.unwrap(), Order::Leave);
    assert!(second.poll_order(&mut nobody).is_pending());
}
