//! Every rule by a case of its own: here replies and waits, in `changes` what a ticket goes through later.

use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::sla::{Stored, Targets};

mod changes;

const HOUR_S: i32 = 3_600;
/// First reply in 4 h, next reply in 8 h, resolution in 8 h: the targets of a one-off problem.
const ONE_OFF: Targets = Targets {
    first_reply_s: Some(4 * 3_600),
    next_reply_s: Some(8 * 3_600),
    resolution_s: Some(8 * 3_600),
};
const CRITICAL: Targets = Targets {
    first_reply_s: Some(1_800),
    next_reply_s: Some(2 * 3_600),
    resolution_s: Some(24 * 3_600),
};

/// So many hours after the ticket was created, at a moment with microseconds.
fn hour(hours: f64) -> DateTime<Utc> {
    let created_at =
        DateTime::from_timestamp_micros(1_767_225_600_123_457).expect("a valid moment");
    created_at
        + TimeDelta::from_std(Duration::from_secs_f64(hours * f64::from(HOUR_S)))
            .expect("a short time")
}

fn ticket() -> Timers {
    Timers::start(ONE_OFF.into(), hour(0.0))
}

/// A ticket that was answered after one hour.
fn answered() -> Timers {
    let mut timers = ticket();
    timers.agent_replied(hour(1.0));
    timers
}

fn first_reply(timers: &Timers) -> Reading<'_> {
    timers
        .get(TimerKind::FirstReply)
        .expect("a first reply is promised")
}

fn next_reply(timers: &Timers) -> Option<Reading<'_>> {
    timers.get(TimerKind::NextReply)
}

fn resolution(timers: &Timers) -> Reading<'_> {
    timers
        .get(TimerKind::Resolution)
        .expect("a resolution is promised")
}

#[test]
fn a_timer_runs_gets_near_and_breaks() {
    let timers = ticket();
    let timer = first_reply(&timers);
    assert_eq!(timer.due_at(), Some(hour(4.0)));
    assert_eq!(timer.at_risk_at(), Some(hour(3.2)));
    let moment = TimeDelta::microseconds(1);
    let cases = [
        (hour(0.0), TimerState::Running, 4 * HOUR_S),
        (hour(3.2) - moment, TimerState::Running, 2_880),
        (hour(3.2), TimerState::AtRisk, 2_880),
        (hour(4.0) - moment, TimerState::AtRisk, 0),
        (hour(4.0), TimerState::Breached, 0),
        (hour(6.0), TimerState::Breached, -2 * HOUR_S),
    ];
    for (now, state, remaining_s) in cases {
        assert_eq!(timer.state(now), state, "{now}");
        assert_eq!(
            timer.remaining(now).map(|left| left.num_seconds()),
            Some(i64::from(remaining_s)),
            "{now}"
        );
        assert_eq!(
            timers.state(now),
            state,
            "{now}: the ticket stands as its worst timer"
        );
    }
}

#[test]
fn a_reply_fulfils_the_first_reply_in_time_or_late() {
    let timers = answered();
    assert_eq!(first_reply(&timers).outcome, Outcome::Met(hour(1.0)));
    assert_eq!(first_reply(&timers).state(hour(9.0)), TimerState::Met);
    assert_eq!(first_reply(&timers).due_at(), None);
    assert_eq!(
        timers.summary().next_due_at,
        Some(hour(8.0)),
        "the resolution is next"
    );

    let mut timers = ticket();
    timers.agent_replied(hour(5.0));
    assert_eq!(
        first_reply(&timers).state(hour(9.0)),
        TimerState::Breached,
        "a late reply does not mend the promise"
    );
    assert_eq!(
        timers.state(hour(5.0)),
        TimerState::Running,
        "the ticket stands by what is still owed"
    );
}

#[test]
fn next_reply_never_overrules_first_reply() {
    let mut timers = ticket();
    timers.requester_commented(hour(3.0));
    assert_eq!(next_reply(&timers), None);
    assert_eq!(timers.summary().next_due_at, Some(hour(4.0)));
}

#[test]
fn next_reply_counts_from_the_oldest_unanswered_comment() {
    let mut timers = answered();
    assert_eq!(next_reply(&timers), None, "nobody waits for a reply");
    timers.requester_commented(hour(2.0));
    timers.requester_commented(hour(5.0));
    assert_eq!(
        next_reply(&timers).and_then(|timer| timer.due_at()),
        Some(hour(10.0))
    );
    timers.agent_replied(hour(6.0));
    assert_eq!(
        next_reply(&timers).map(|timer| timer.outcome),
        Some(Outcome::Met(hour(6.0)))
    );
    timers.agent_replied(hour(6.5));
    timers.requester_commented(hour(7.0));
    assert_eq!(
        next_reply(&timers).and_then(|timer| timer.due_at()),
        Some(hour(15.0)),
        "a new question, a new promise"
    );
    assert_eq!(first_reply(&timers).outcome, Outcome::Met(hour(1.0)));
}

#[test]
fn solving_ends_the_replies() {
    let mut timers = answered();
    timers.requester_commented(hour(2.0));
    timers.solve(hour(3.0));
    assert_eq!(
        next_reply(&timers).map(|timer| timer.state(hour(99.0))),
        Some(TimerState::Cancelled)
    );
    assert_eq!(resolution(&timers).state(hour(99.0)), TimerState::Met);
    assert_eq!(timers.state(hour(99.0)), TimerState::Met);

    let mut timers = ticket();
    timers.solve(hour(1.0));
    assert_eq!(
        first_reply(&timers).state(hour(99.0)),
        TimerState::Cancelled,
        "solved without a word"
    );
}

#[test]
fn only_waiting_for_the_requester_pauses() {
    let cases = [
        (
            WaitingReason::Requester,
            TimerState::Paused,
            None,
            "WAITING_REQUESTER",
        ),
        (
            WaitingReason::ThirdParty,
            TimerState::Running,
            Some(hour(8.0)),
            "WAITING_THIRD_PARTY",
        ),
        (
            WaitingReason::Scheduled,
            TimerState::Running,
            Some(hour(8.0)),
            "WAITING_SCHEDULED",
        ),
    ];
    for (reason, state, due_at, word) in cases {
        let mut timers = answered();
        timers.pause(reason, hour(2.0));
        assert_eq!(timers.state(hour(3.0)), state);
        assert_eq!(resolution(&timers).due_at(), due_at);
        assert_eq!(
            resolution(&timers)
                .segments
                .last()
                .map(|segment| segment.reason.as_str()),
            Some(word)
        );
        assert_eq!(timers.summary().next_due_at, due_at);
    }
}

#[test]
fn paused_time_does_not_count() {
    let mut timers = answered();
    timers.pause(WaitingReason::Requester, hour(2.0));
    assert_eq!(resolution(&timers).elapsed(hour(50.0)), TimeDelta::hours(2));
    timers.resume(hour(52.0));
    assert_eq!(resolution(&timers).elapsed(hour(53.0)), TimeDelta::hours(3));
    assert_eq!(resolution(&timers).due_at(), Some(hour(58.0)));
}

#[test]
fn a_comment_on_a_waiting_ticket_restarts_what_it_should() {
    let mut timers = answered();
    timers.pause(WaitingReason::Requester, hour(2.0));
    timers.requester_commented(hour(20.0));
    assert_eq!(
        resolution(&timers).due_at(),
        Some(hour(26.0)),
        "the resolution runs on with what was left"
    );
    assert_eq!(
        next_reply(&timers).and_then(|timer| timer.due_at()),
        Some(hour(28.0)),
        "and a reply is owed from now"
    );

    let mut timers = ticket();
    timers.pause(WaitingReason::Requester, hour(2.0));
    timers.requester_commented(hour(20.0));
    assert_eq!(first_reply(&timers).due_at(), Some(hour(22.0)));
    assert_eq!(next_reply(&timers), None);
}

#[test]
fn a_late_ticket_that_waits_is_paused_and_then_late_again() {
    let mut timers = answered();
    timers.pause(WaitingReason::Requester, hour(9.0));
    assert_eq!(timers.state(hour(10.0)), TimerState::Paused);
    timers.resume(hour(11.0));
    assert_eq!(timers.state(hour(11.0)), TimerState::Breached);
    assert_eq!(
        resolution(&timers).due_at(),
        Some(hour(8.0)),
        "it broke then, not at the resume"
    );
}
