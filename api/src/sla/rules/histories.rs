//! Random histories: the columns agree with the segments, and the segments with a model that has none.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::{
    calendar::{Holidays, Hours, Opening, Week},
    sla::{PARTS_MAX, Part, Pauses, SEGMENTS_MAX, Segment, Stored, Targets},
};

#[derive(Debug, Clone)]
enum Move {
    Comment,
    Reply,
    Pause(WaitingReason),
    Resume,
    Solve,
    Reopen,
    Retarget(Terms),
    Close,
}

fn targets() -> impl Strategy<Value = Targets> {
    let target = || prop::option::weighted(0.8, 0..4_000_i32);
    (target(), target(), target()).prop_map(|(first_reply_s, next_reply_s, resolution_s)| Targets {
        first_reply_s,
        next_reply_s,
        resolution_s,
    })
}

/// Every hour, or one of two calendars with different hours in every one.
fn hours() -> impl Strategy<Value = Hours> {
    prop::sample::select(vec![Hours::Always, week(1, 0), week(2, 30)])
}

/// Ten minutes of each hour from this minute on.
fn week(id: u128, minute: u32) -> Hours {
    let openings: Vec<_> = (0..7 * 24_u32)
        .map(|hour| {
            let from_s = hour % 24 * 3_600 + minute * 60;
            Opening {
                weekday: (hour / 24) as usize,
                from_s,
                to_s: from_s + 600,
            }
        })
        .collect();
    let week = Week::new(chrono_tz::Europe::Paris, &openings, Holidays::default());
    let id = entity::ids::CalendarHoursId(uuid::Uuid::from_u128(id));
    Hours::Of(id, std::sync::Arc::new(week.expect("open")))
}

fn terms() -> impl Strategy<Value = Terms> {
    let reasons = vec![
        WaitingReason::Requester,
        WaitingReason::ThirdParty,
        WaitingReason::Scheduled,
    ];
    let pauses = prop::sample::subsequence(reasons, 0..=3).prop_map(Pauses);
    (targets(), pauses, hours()).prop_map(|(targets, pauses, hours)| Terms {
        targets,
        pauses,
        hours,
    })
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => Just(Move::Comment),
        3 => Just(Move::Reply),
        6 => prop::sample::select(vec![WaitingReason::Requester, WaitingReason::ThirdParty, WaitingReason::Scheduled]).prop_map(Move::Pause),
        4 => Just(Move::Resume),
        2 => Just(Move::Solve),
        2 => Just(Move::Reopen),
        2 => terms().prop_map(Move::Retarget),
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
        Move::Retarget(terms) => timers.retarget(terms, now),
        Move::Close => timers.close(now),
    }
}

/// How a resolution moves, told without segments: what it waits for, whether it is open, and a sum.
struct Model {
    terms: Terms,
    waits: Option<WaitingReason>,
    is_solved: bool,
    is_cancelled: bool,
    ran: TimeDelta,
}

impl Model {
    fn pass(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) {
        let is_paused = self
            .waits
            .is_some_and(|reason| self.terms.pauses.contains(reason));
        if !is_paused && !self.is_solved && !self.is_cancelled {
            self.ran += self.terms.hours.elapsed(from, to);
        }
    }

    fn apply(&mut self, change: Move) {
        match change {
            Move::Retarget(terms) => self.terms = terms,
            Move::Comment | Move::Resume | Move::Reopen | Move::Pause(_) if self.is_cancelled => {}
            Move::Comment => (self.waits, self.is_solved) = (None, false),
            Move::Pause(reason) => (self.waits, self.is_solved) = (Some(reason), false),
            Move::Resume if !self.is_solved => self.waits = None,
            Move::Reopen if self.is_solved => (self.waits, self.is_solved) = (None, false),
            Move::Solve if !self.is_cancelled => self.is_solved = true,
            Move::Close if !self.is_solved => self.is_cancelled = true,
            _ => {}
        }
    }
}

fn assert_well_formed(timer: &Reading<'_>) {
    assert!(!timer.segments.is_empty() && timer.segments.len() <= SEGMENTS_MAX);
    for pair in timer.segments.windows(2) {
        assert_eq!(
            pair[0].ended_at,
            Some(pair[1].started_at),
            "segments follow one another"
        );
        let is_real_change =
            |a: &Segment, b: &Segment| (a.running, a.reason) != (b.running, b.reason);
        let by = |segment: &Segment| match segment.ended_at {
            Some(_) => segment.earned.map(|earned| earned.hours),
            None => timer.present.id(),
        };
        let is_cut = pair[0].running && by(&pair[0]) != by(&pair[1]);
        assert!(is_real_change(&pair[0], &pair[1]) || is_cut, "{pair:?}");
    }
    assert_eq!(
        timer.segments.last().map(|last| last.ended_at.is_none()),
        Some(timer.is_open())
    );
}

/// The parts follow one another, and those that run add up to what counted.
fn assert_told_in_parts(timer: &Reading<'_>, at: DateTime<Utc>) {
    let parts = timer.parts(at);
    assert!(parts.len() <= PARTS_MAX);
    for pair in parts.windows(2) {
        assert_eq!(pair[0].ended_at, pair[1].started_at, "{pair:?}");
        assert!(pair[0].is_over);
    }
    if let Some(due) = timer.due_at().filter(|due| *due <= at) {
        assert!(
            timer
                .target()
                .is_some_and(|target| timer.elapsed(at) >= target)
        );
        let is_within = |part: &Part| part.started_at <= due && due <= part.ended_at;
        assert!(parts.iter().any(is_within), "{due}");
    }
    let running = parts.iter().filter(|part| part.running);
    let sum: TimeDelta = running.map(|part| part.ended_at - part.started_at).sum();
    assert_eq!(sum, timer.elapsed(at));
    assert_eq!(
        parts.first().map(|part| part.started_at),
        timer.segments.first().map(|segment| segment.started_at)
    );
    assert_eq!(
        parts.last().map(|part| part.is_over),
        Some(!timer.is_open())
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_segments_agree_for_every_history(
        terms in terms(),
        history in prop::collection::vec((moves(), 0..900_000_000_i64), 0..200),
        later_us in prop::collection::vec(0..9_000_000_000_i64, 8),
    ) {
        let mut now = DateTime::from_timestamp_micros(1_767_225_600_123_457).expect("a valid moment");
        let mut timers = Timers::start(terms.clone(), now);
        let mut model = Model {
            terms,
            waits: None,
            is_solved: false,
            is_cancelled: false,
            ran: TimeDelta::zero(),
        };
        for (change, waited_us) in history {
            let before = now;
            now += TimeDelta::microseconds(waited_us);
            model.pass(before, now);
            apply(&mut timers, change.clone(), now);
            model.apply(change);
            for at in later_us.iter().map(|&us| now + TimeDelta::microseconds(us)).chain([now]).chain(timers.summary().next_due_at.filter(|due| *due > now)) {
                prop_assert_eq!(timers.summary().state(at), timers.state(at), "at {}", at);
            }
            timers.readings().for_each(|timer| assert_well_formed(&timer));
            let resolution = timers.readings().find(|timer| timer.kind == TimerKind::Resolution).expect("every ticket has one");
            prop_assert_eq!(resolution.elapsed(now), model.ran);
        }
        let later = now + TimeDelta::hours(100) + TimeDelta::microseconds(1);
        timers.readings().for_each(|timer| assert_told_in_parts(&timer, later));
        let json = serde_json::to_string(&Stored::from(&timers)).expect("timers serialize");
        prop_assert!(json.len() < 32 * 1024);
        prop_assert_eq!(serde_json::from_str::<Stored>(&json).expect("and come back").with(timers.hours.clone()), timers);
    }
}
