//! Reopening, other targets, merging, and what is kept of it all.

use super::*;
use crate::sla::SEGMENTS_MAX;

#[test]
fn a_reopened_old_ticket_does_not_breach_at_once() {
    let cases = [
        (2.0, 6.0, "what remained"),
        (7.0, 2.0, "at least a quarter of the target"),
        (30.0, 2.0, "also when it was late"),
    ];
    for (solved_after, left, why) in cases {
        let mut timers = answered();
        timers.solve(hour(solved_after));
        timers.reopen(hour(500.0));
        assert_eq!(
            resolution(&timers).due_at(),
            Some(hour(500.0 + left)),
            "{why}"
        );
        assert_ne!(timers.state(hour(500.0)), TimerState::Breached, "{why}");
        let timer = resolution(&timers);
        assert_eq!(
            Some(timer.elapsed(hour(501.0)) + timer.remaining(hour(501.0)).expect("a target")),
            timer.target()
        );
    }
}

#[test]
fn a_comment_reopens_a_solved_ticket() {
    let mut timers = answered();
    timers.solve(hour(2.0));
    timers.requester_commented(hour(100.0));
    assert_eq!(resolution(&timers).due_at(), Some(hour(106.0)));
    assert_eq!(
        next_reply(&timers).and_then(|timer| timer.due_at()),
        Some(hour(108.0))
    );
    let reasons: Vec<_> = resolution(&timers)
        .segments
        .iter()
        .map(|segment| (segment.running, segment.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            (true, SegmentReason::Open),
            (false, SegmentReason::Solved),
            (true, SegmentReason::Open)
        ]
    );
}

#[test]
fn a_solved_ticket_may_wait_again() {
    let mut timers = answered();
    timers.solve(hour(2.0));
    timers.pause(WaitingReason::Requester, hour(100.0));
    assert_eq!(timers.state(hour(200.0)), TimerState::Paused);
    timers.resume(hour(200.0));
    assert_eq!(resolution(&timers).due_at(), Some(hour(206.0)));
}

#[test]
fn pause_time_survives_a_change_of_policy() {
    let mut timers = ticket();
    timers.pause(WaitingReason::Requester, hour(1.0));
    timers.resume(hour(11.0));
    timers.retarget(CRITICAL.into(), hour(0.0));
    assert_eq!(
        resolution(&timers).due_at(),
        Some(hour(34.0)),
        "24 h and the 10 h that were paused"
    );
    assert_eq!(
        first_reply(&timers).due_at(),
        Some(hour(0.5)),
        "a shorter target may have been over already"
    );
    assert_eq!(timers.state(hour(11.0)), TimerState::Breached);

    let mut timers = ticket();
    timers.pause(WaitingReason::Requester, hour(1.0));
    timers.retarget(CRITICAL.into(), hour(0.0));
    assert_eq!(
        timers.state(hour(9.0)),
        TimerState::Paused,
        "a change of policy does not wake a ticket"
    );
}

#[test]
fn what_ended_is_judged_by_the_promise_of_its_time() {
    let mut timers = answered();
    timers.retarget(CRITICAL.into(), hour(0.0));
    assert_eq!(first_reply(&timers).state(hour(2.0)), TimerState::Met);
    timers.requester_commented(hour(2.0));
    assert_eq!(
        next_reply(&timers).and_then(|timer| timer.due_at()),
        Some(hour(4.0)),
        "what starts later has the new target"
    );
    timers.solve(hour(3.0));
    timers.retarget(ONE_OFF.into(), hour(0.0));
    timers.reopen(hour(4.0));
    assert_eq!(
        resolution(&timers).due_at(),
        Some(hour(9.0)),
        "so has what goes on"
    );
}

#[test]
fn a_target_that_comes_later_counts_from_the_start() {
    let mut timers = Timers::start(Terms::default(), hour(0.0));
    assert_eq!(timers.get(TimerKind::Resolution), None);
    let summary = timers.summary();
    assert_eq!(
        (summary.phase, summary.next_due_at, summary.at_risk_at),
        (Phase::Running, None, None)
    );
    timers.pause(WaitingReason::Requester, hour(1.0));
    timers.resume(hour(2.0));
    timers.retarget(ONE_OFF.into(), hour(0.0));
    assert_eq!(resolution(&timers).due_at(), Some(hour(9.0)));
}

#[test]
fn merged_and_closed_tickets_stop() {
    let mut timers = answered();
    timers.requester_commented(hour(2.0));
    timers.close(hour(3.0));
    for change in [
        Timers::requester_commented,
        Timers::agent_replied,
        Timers::resume,
        Timers::reopen,
        Timers::solve,
    ] {
        change(&mut timers, hour(4.0));
    }
    timers.pause(WaitingReason::Requester, hour(5.0));
    assert_eq!(timers.state(hour(99.0)), TimerState::Cancelled);
    assert_eq!(resolution(&timers).outcome, Outcome::Cancelled(hour(3.0)));
    assert_eq!(
        timers.summary(),
        Summary {
            phase: Phase::Cancelled,
            next_due_at: None,
            at_risk_at: None
        }
    );

    let mut timers = answered();
    timers.solve(hour(2.0));
    let solved = timers.clone();
    timers.close(hour(200.0));
    assert_eq!(timers, solved, "closing a solved ticket changes nothing");
}

#[test]
fn only_real_changes_make_segments() {
    let mut timers = answered();
    timers.resume(hour(2.0));
    timers.pause(WaitingReason::Requester, hour(3.0));
    timers.pause(WaitingReason::Requester, hour(4.0));
    timers.resume(hour(3.5));
    assert_eq!(resolution(&timers).segments.len(), 3);
    assert_eq!(resolution(&timers).elapsed(hour(4.5)), TimeDelta::hours(4));

    let mut timers = answered();
    timers.pause(WaitingReason::Requester, hour(2.0));
    timers.resume(hour(2.0));
    assert_eq!(
        resolution(&timers).segments.len(),
        1,
        "a pause of no length leaves no trace"
    );
}

#[test]
fn old_segments_are_summed_up() {
    let mut timers = answered();
    for round in 0..500 {
        timers.pause(WaitingReason::Requester, hour(2.0 * f64::from(round) + 1.0));
        timers.resume(hour(2.0 * f64::from(round) + 2.0));
    }
    let timer = resolution(&timers);
    assert_eq!(timer.segments.len(), SEGMENTS_MAX);
    assert_eq!(
        timer.elapsed(hour(1_000.5)),
        TimeDelta::minutes(500 * 60 + 30)
    );
    assert_eq!(timer.segments[0].reason, SegmentReason::Summed);
}

#[test]
fn a_clock_that_steps_back_takes_nothing_away() {
    let mut timers = answered();
    timers.pause(WaitingReason::Requester, hour(2.0));
    timers.resume(hour(1.5));
    assert_eq!(resolution(&timers).due_at(), Some(hour(8.0)));
}

#[test]
fn the_stored_form_is_stable() {
    let mut timers = Timers::start(
        Targets {
            next_reply_s: None,
            ..ONE_OFF
        }
        .into(),
        DateTime::UNIX_EPOCH,
    );
    timers.agent_replied(DateTime::UNIX_EPOCH + TimeDelta::microseconds(1_500_000));
    timers.pause(
        WaitingReason::Requester,
        DateTime::UNIX_EPOCH + TimeDelta::seconds(2),
    );
    let json = serde_json::to_string(&Stored::from(&timers)).expect("timers serialize");
    insta::assert_snapshot!(json, @r#"{"targets":{"first_reply_s":14400,"next_reply_s":null,"resolution_s":28800},"timers":[{"kind":"FIRST_REPLY","target":14400,"outcome":{"MET":"1970-01-01T00:00:01.500Z"},"segments":[{"from":"1970-01-01T00:00:00Z","to":"1970-01-01T00:00:01.500Z","run":true,"why":"OPEN"}]},{"kind":"RESOLUTION","target":28800,"outcome":"OPEN","segments":[{"from":"1970-01-01T00:00:00Z","to":"1970-01-01T00:00:02Z","run":true,"why":"OPEN"},{"from":"1970-01-01T00:00:02Z","run":false,"why":"WAITING_REQUESTER"}]}]}"#);
    assert_eq!(
        serde_json::from_str::<Stored>(&json)
            .expect("and come back")
            .with(timers.hours.clone()),
        timers
    );
}
