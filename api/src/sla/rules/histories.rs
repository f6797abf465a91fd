//! Random histories: the columns agree with the segments, and the segments with a model that has none.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::sla::{SEGMENTS_MAX, Segment};

#[derive(Debug, Clone, Copy)]
enum Move {
    Comment,
    Reply,
    Pause(WaitReason),
    Resume,
    Solve,
    Reopen,
    Retarget(Targets),
    Close,
}

fn targets() -> impl Strategy<Value = Targets> {
    let target = || prop::option::weighted(0.8, 0..400_i32);
    (target(), target(), target()).prop_map(|(first_reply_s, next_reply_s, resolution_s)| Targets {
        first_reply_s,
        next_reply_s,
        resolution_s,
    })
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => Just(Move::Comment),
        3 => Just(Move::Reply),
        6 => prop::sample::select(vec![WaitReason::Requester, WaitReason::ThirdParty, WaitReason::Scheduled]).prop_map(Move::Pause),
        4 => Just(Move::Resume),
        2 => Just(Move::Solve),
        2 => Just(Move::Reopen),
        2 => targets().prop_map(Move::Retarget),
        1 => Just(Move::Close),
    ]
}

fn apply(timers: &mut Timers, change: Move, now: DateTime<Utc>) {
    match change {
        Move::Comment => timers.requester_commented(now),
        Move::Reply => timers.agent_replied(now),
        Move::Pause(reason) => timers.pause(reason, now),
        Move::Resume => timers.resume(now),
        Move::Solve => timers.solve(now),
        Move::Reopen => timers.reopen(now),
        Move::Retarget(targets) => timers.retarget(targets),
        Move::Close => timers.close(now),
    }
}

/// How a resolution moves, told without segments: open, paused or solved, and a sum.
#[derive(Default)]
struct Model {
    is_paused: bool,
    is_solved: bool,
    is_cancelled: bool,
    ran_us: i64,
}

impl Model {
    fn pass(&mut self, microseconds: i64) {
        if !self.is_paused && !self.is_solved && !self.is_cancelled {
            self.ran_us += microseconds;
        }
    }

    fn apply(&mut self, change: Move) {
        match change {
            Move::Comment | Move::Resume | Move::Reopen | Move::Pause(_) if self.is_cancelled => {}
            Move::Comment => (self.is_paused, self.is_solved) = (false, false),
            Move::Pause(reason) => {
                (self.is_paused, self.is_solved) = (matches!(reason, WaitReason::Requester), false);
            }
            Move::Resume if !self.is_solved => self.is_paused = false,
            Move::Reopen if self.is_solved => (self.is_paused, self.is_solved) = (false, false),
            Move::Solve if !self.is_cancelled => self.is_solved = true,
            Move::Close if !self.is_solved => self.is_cancelled = true,
            _ => {}
        }
    }
}

fn assert_well_formed(timer: &Timer) {
    assert!(!timer.segments.is_empty() && timer.segments.len() <= SEGMENTS_MAX);
    for pair in timer.segments.windows(2) {
        assert_eq!(
            pair[0].ended_at,
            Some(pair[1].started_at),
            "segments follow one another"
        );
        let is_real_change =
            |a: &Segment, b: &Segment| (a.running, a.reason) != (b.running, b.reason);
        assert!(is_real_change(&pair[0], &pair[1]), "{pair:?}");
    }
    assert_eq!(
        timer.segments.last().map(|last| last.ended_at.is_none()),
        Some(timer.is_open())
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_segments_agree_for_every_history(
        targets in targets(),
        history in prop::collection::vec((moves(), 0..60_000_000_i64), 0..200),
        later_us in prop::collection::vec(0..900_000_000_i64, 8),
    ) {
        let mut now = DateTime::from_timestamp_micros(1_767_225_600_123_457).expect("a valid moment");
        let mut timers = Timers::start(targets, now);
        let mut model = Model::default();
        for (change, waited_us) in history {
            now += TimeDelta::microseconds(waited_us);
            model.pass(waited_us);
            apply(&mut timers, change, now);
            model.apply(change);
            for at in later_us.iter().map(|&us| now + TimeDelta::microseconds(us)).chain([now]).chain(timers.summary().next_due_at.filter(|due| *due > now)) {
                prop_assert_eq!(timers.summary().state(at), timers.state(at), "at {}", at);
            }
            timers.timers.iter().for_each(assert_well_formed);
            let resolution = timers.timers.iter().find(|timer| timer.kind == TimerKind::Resolution).expect("every ticket has one");
            prop_assert_eq!(resolution.elapsed(now).num_microseconds(), Some(model.ran_us));
        }
        let json = serde_json::to_string(&timers).expect("timers serialize");
        prop_assert!(json.len() < 32 * 1024);
        prop_assert_eq!(serde_json::from_str::<Timers>(&json).expect("and come back"), timers);
    }
}
