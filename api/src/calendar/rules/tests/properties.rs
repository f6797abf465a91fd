//! What must hold of every calendar.

use proptest::prelude::*;

use super::*;

fn weeks() -> impl Strategy<Value = Week> {
    let zones = vec![
        Europe::Paris,
        America::New_York,
        Australia::Lord_Howe,
        America::St_Johns,
        Pacific::Apia,
    ];
    let opening =
        (0..7_usize, 0..1_440_u32, 0..=1_440_u32).prop_map(|(weekday, from, to)| Opening {
            weekday,
            from_s: from * 60,
            to_s: to * 60,
        });
    let date = (2010..2030_i32, 1..=366_u32)
        .prop_filter_map("a date", |(year, day)| NaiveDate::from_yo_opt(year, day));
    let closed = (
        prop::collection::btree_set(date, 0..40),
        prop::collection::btree_set((1..=12_u32, 1..=31_u32), 0..20),
    );
    (
        prop::sample::select(zones),
        prop::collection::vec(opening, 1..12),
        closed,
    )
        .prop_filter_map("open", |(zone, openings, (dated, yearly))| {
            Week::new(zone, &openings, Holidays { dated, yearly })
        })
}

/// From 2010 to 2029.
fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (1_262_304_000_000_000..1_893_456_000_000_000_i64)
        .prop_filter_map("a moment", DateTime::from_timestamp_micros)
}

/// Counts by asking the wall about every minute, which is slow and hard to get wrong.
fn minute_by_minute(week: &Week, openings_from: DateTime<Utc>, minutes: i64) -> i64 {
    let is_open = |moment: DateTime<Utc>| {
        let wall = moment.with_timezone(&week.zone).naive_local();
        let second = chrono::Timelike::num_seconds_from_midnight(&wall);
        let day = &week.days[wall.weekday().num_days_from_monday() as usize];
        !week.holidays.contains(wall.date())
            && day.iter().any(|(from, to)| (*from..*to).contains(&second))
    };
    (0..minutes)
        .filter(|minute| is_open(openings_from + TimeDelta::minutes(*minute)))
        .count()
        .try_into()
        .expect("few")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_then_measuring_gives_the_same_amount_and_nothing_earlier_does(week in weeks(), from in moments(), amount_us in 1..4_000_000_000_000_i64) {
        let amount = TimeDelta::microseconds(amount_us);
        if let Some(due) = week.add(from, amount) {
            prop_assert_eq!(week.elapsed(from, due), amount);
            prop_assert!(week.elapsed(from, due - TimeDelta::microseconds(1)) < amount);
        }
    }

    #[test]
    fn measuring_then_adding_comes_back(week in weeks(), from in moments(), length_us in 1..9_000_000_000_000_i64) {
        let to = from + TimeDelta::microseconds(length_us);
        let amount = week.elapsed(from, to);
        let back = week.add(from, amount).expect("it was measured");
        prop_assert!(back <= to);
        prop_assert_eq!(week.elapsed(back, to), TimeDelta::zero());
    }

    #[test]
    fn splitting_changes_nothing_and_more_time_is_never_less(week in weeks(), from in moments(), first_us in 0..9_000_000_000_000_i64, second_us in 0..9_000_000_000_000_i64) {
        let middle = from + TimeDelta::microseconds(first_us);
        let to = middle + TimeDelta::microseconds(second_us);
        let (first, whole) = (week.elapsed(from, middle), week.elapsed(from, to));
        prop_assert_eq!(first + week.elapsed(middle, to), whole);
        prop_assert!(first <= whole && whole <= to - from);
        let due = |amount| week.add(from, amount);
        if let (Some(earlier), Some(later)) = (due(first), due(whole)) {
            prop_assert!(earlier <= later);
        }
    }

    #[test]
    fn parts_follow_one_another_and_the_open_ones_add_up(week in weeks(), from in moments(), length_us in 1..3_000_000_000_000_i64) {
        let to = from + TimeDelta::microseconds(length_us);
        let parts = week.parts(from, to);
        let ends = parts.first().zip(parts.last()).map(|(first, last)| (first.from, last.to));
        prop_assert_eq!(ends, Some((from, to)));
        for pair in parts.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
            prop_assert_ne!(pair[0].standing, pair[1].standing);
        }
        for part in &parts {
            let is_open = part.standing == Standing::Open;
            let expected = if is_open { part.to - part.from } else { TimeDelta::zero() };
            prop_assert_eq!(week.elapsed(part.from, part.to), expected);
            let wall = part.from.with_timezone(&week.zone).date_naive();
            prop_assert_eq!(part.standing == Standing::Holiday, week.holidays.contains(wall));
        }
    }

    #[test]
    fn every_minute_counts_as_the_wall_says(week in weeks(), from_minute in 21_038_400..31_557_600_i64, minutes in 0..20_000_i64) {
        let from = DateTime::from_timestamp(from_minute * 60, 0).expect("a moment");
        let measured = week.elapsed(from, from + TimeDelta::minutes(minutes));
        prop_assert_eq!(measured, TimeDelta::minutes(minute_by_minute(&week, from, minutes)));
    }
}
