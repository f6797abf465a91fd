//! Tables worked out by hand, in `parts` time told by the wall; in `properties` what must hold of every calendar.

use chrono_tz::{America, Australia, Europe, Pacific};

use super::*;

mod parts;
mod properties;

const H: u32 = 3_600;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

fn weekdays(days: std::ops::RangeInclusive<usize>, hours: &[(u32, u32)]) -> Vec<Opening> {
    days.flat_map(|weekday| {
        hours.iter().map(move |(from, to)| Opening {
            weekday,
            from_s: from * H,
            to_s: to * H,
        })
    })
    .collect()
}

fn holidays(dated: &[&str], yearly: &[(u32, u32)]) -> Holidays {
    Holidays {
        dated: dated
            .iter()
            .map(|date| date.parse().expect("a date"))
            .collect(),
        yearly: yearly.iter().copied().collect(),
    }
}

/// Monday to Friday, 9 to 12 and 14 to 18; 14 July and Christmas every year, Easter Monday of 2026.
fn office(zone: Tz) -> Week {
    let closed = holidays(&["2026-04-06"], &[(7, 14), (12, 25)]);
    Week::new(zone, &weekdays(0..=4, &[(9, 12), (14, 18)]), closed).expect("open")
}

/// Every night from 22 to 6; closed on 24 and 31 December 2026.
fn nights(zone: Tz) -> Week {
    let closed = holidays(&["2026-12-24", "2026-12-31"], &[]);
    Week::new(zone, &weekdays(0..=6, &[(22, 6)]), closed).expect("open")
}

fn always(zone: Tz) -> Week {
    Week::new(zone, &weekdays(0..=6, &[(0, 24)]), Holidays::default()).expect("open")
}

fn minutes(week: &Week, from: &str, to: &str) -> i64 {
    week.elapsed(at(from), at(to)).num_minutes()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of cases is read from top to bottom"
)]
fn working_time_is_measured_as_by_hand() {
    let (paris, york) = (office(Europe::Paris), office(America::New_York));
    let (paris_nights, york_nights) = (nights(Europe::Paris), nights(America::New_York));
    let cases: [(&str, &Week, &str, &str, i64); 21] = [
        (
            "a morning",
            &paris,
            "2026-11-23T08:00:00Z",
            "2026-11-23T10:30:00Z",
            150,
        ),
        (
            "over lunch",
            &paris,
            "2026-11-23T10:30:00Z",
            "2026-11-23T13:30:00Z",
            60,
        ),
        (
            "within lunch",
            &paris,
            "2026-11-23T11:10:00Z",
            "2026-11-23T12:50:00Z",
            0,
        ),
        (
            "a day",
            &paris,
            "2026-11-23T00:00:00Z",
            "2026-11-24T00:00:00Z",
            420,
        ),
        (
            "a week-end",
            &paris,
            "2026-11-20T16:30:00Z",
            "2026-11-23T08:15:00Z",
            45,
        ),
        (
            "backwards",
            &paris,
            "2026-11-24T00:00:00Z",
            "2026-11-23T00:00:00Z",
            0,
        ),
        (
            "summer hours are an hour earlier in UTC",
            &paris,
            "2026-07-13T07:00:00Z",
            "2026-07-13T08:00:00Z",
            60,
        ),
        (
            "a yearly holiday",
            &paris,
            "2026-07-13T15:00:00Z",
            "2026-07-15T07:30:00Z",
            90,
        ),
        (
            "and in another year",
            &paris,
            "2031-07-13T22:00:00Z",
            "2031-07-14T22:00:00Z",
            0,
        ),
        (
            "a dated holiday",
            &paris,
            "2026-04-06T00:00:00Z",
            "2026-04-06T20:00:00Z",
            0,
        ),
        (
            "which is none in another year",
            &paris,
            "2027-04-06T00:00:00Z",
            "2027-04-06T20:00:00Z",
            420,
        ),
        (
            "the week of the change in New York",
            &york,
            "2026-03-06T22:00:00Z",
            "2026-03-09T14:00:00Z",
            120,
        ),
        // Paris: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
        (
            "a night that loses an hour",
            &paris_nights,
            "2026-03-28T20:00:00Z",
            "2026-03-29T10:00:00Z",
            420,
        ),
        (
            "a night that gains one",
            &paris_nights,
            "2026-10-24T18:00:00Z",
            "2026-10-25T10:00:00Z",
            540,
        ),
        (
            "the hour that is there twice",
            &paris_nights,
            "2026-10-25T00:00:00Z",
            "2026-10-25T02:00:00Z",
            120,
        ),
        // New York: 2026-03-08 02:00 becomes 03:00, 2026-11-01 02:00 becomes 01:00.
        (
            "the same in New York",
            &york_nights,
            "2026-03-07T20:00:00Z",
            "2026-03-08T20:00:00Z",
            420,
        ),
        (
            "and in autumn",
            &york_nights,
            "2026-10-31T20:00:00Z",
            "2026-11-01T20:00:00Z",
            540,
        ),
        (
            "into a holiday until midnight",
            &paris_nights,
            "2026-12-23T12:00:00Z",
            "2026-12-24T12:00:00Z",
            120,
        ),
        (
            "out of a holiday from midnight",
            &paris_nights,
            "2026-12-24T12:00:00Z",
            "2026-12-25T12:00:00Z",
            360,
        ),
        (
            "a night shift of Sunday ends on Monday",
            &paris_nights,
            "2026-11-22T21:00:00Z",
            "2026-11-23T06:00:00Z",
            480,
        ),
        (
            "nothing",
            &paris,
            "2026-11-23T08:00:00Z",
            "2026-11-23T08:00:00Z",
            0,
        ),
    ];
    for (name, week, from, to, expected) in cases {
        assert_eq!(minutes(week, from, to), expected, "{name}");
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of cases is read from top to bottom"
)]
fn due_times_are_found_as_by_hand() {
    let (paris, york) = (office(Europe::Paris), office(America::New_York));
    let (paris_nights, york_nights) = (nights(Europe::Paris), nights(America::New_York));
    let cases: [(&str, &Week, &str, i64, &str); 13] = [
        (
            "the same morning",
            &paris,
            "2026-11-23T08:00:00Z",
            120,
            "2026-11-23T10:00:00Z",
        ),
        (
            "to the end of the morning, not to the afternoon",
            &paris,
            "2026-11-23T08:00:00Z",
            180,
            "2026-11-23T11:00:00Z",
        ),
        (
            "one minute more is after lunch",
            &paris,
            "2026-11-23T08:00:00Z",
            181,
            "2026-11-23T13:01:00Z",
        ),
        (
            "asked at lunch",
            &paris,
            "2026-11-23T11:30:00Z",
            30,
            "2026-11-23T13:30:00Z",
        ),
        (
            "over a week-end",
            &paris,
            "2026-11-20T16:00:00Z",
            120,
            "2026-11-23T09:00:00Z",
        ),
        (
            "over a holiday",
            &paris,
            "2026-07-13T15:00:00Z",
            120,
            "2026-07-15T08:00:00Z",
        ),
        (
            "nothing is due at once",
            &paris,
            "2026-11-21T03:00:00Z",
            0,
            "2026-11-21T03:00:00Z",
        ),
        (
            "from winter into summer",
            &york,
            "2026-03-06T22:00:00Z",
            61,
            "2026-03-09T13:01:00Z",
        ),
        (
            "through the night that loses an hour",
            &paris_nights,
            "2026-03-28T21:00:00Z",
            300,
            "2026-03-29T02:00:00Z",
        ),
        (
            "through the night that gains one",
            &paris_nights,
            "2026-10-24T20:00:00Z",
            300,
            "2026-10-25T01:00:00Z",
        ),
        (
            "the same in New York",
            &york_nights,
            "2026-11-01T02:00:00Z",
            540,
            "2026-11-01T11:00:00Z",
        ),
        (
            "into a holiday",
            &paris_nights,
            "2026-12-23T21:00:00Z",
            121,
            "2026-12-24T23:01:00Z",
        ),
        (
            "of 2,100 minutes a week, a year of 52 weeks",
            &paris,
            "2027-01-04T00:00:00Z",
            2_100 * 52 - 420,
            "2027-12-31T17:00:00Z",
        ),
    ];
    for (name, week, from, amount, expected) in cases {
        let due = week.add(at(from), TimeDelta::minutes(amount));
        assert_eq!(due, Some(at(expected)), "{name}");
    }
}

#[test]
fn an_always_open_calendar_counts_every_second_wherever_the_wall_is() {
    for zone in [
        Europe::Paris,
        Australia::Lord_Howe,
        Pacific::Apia,
        America::St_Johns,
    ] {
        let week = always(zone);
        // Apia had no 30 December 2011; St John's changed at one minute past midnight.
        for (from, to) in [
            ("2011-01-01T00:00:00Z", "2012-01-01T00:00:00Z"),
            ("2026-01-01T12:34:56Z", "2026-12-31T01:02:03Z"),
        ] {
            assert_eq!(week.elapsed(at(from), at(to)), at(to) - at(from), "{zone}");
        }
    }
}

#[test]
fn a_week_without_open_hours_is_refused() {
    assert_eq!(Week::new(Europe::Paris, &[], Holidays::default()), None);
}

#[test]
fn what_is_not_reached_in_ten_years_is_never_due() {
    let minute = Opening {
        weekday: 2,
        from_s: 0,
        to_s: 60,
    };
    let closed_for_good = holidays(
        &[],
        &(1..=12)
            .flat_map(|month| (1..=31).map(move |day| (month, day)))
            .collect::<Vec<_>>(),
    );
    let week = Week::new(Europe::Paris, &[minute], closed_for_good).expect("its week is open");
    assert_eq!(
        week.add(at("2026-01-01T00:00:00Z"), TimeDelta::minutes(1)),
        None
    );
    let week = Week::new(Europe::Paris, &[minute], Holidays::default()).expect("open");
    assert_eq!(
        week.add(at("2026-01-01T00:00:00Z"), TimeDelta::minutes(1_000)),
        None
    );
}
