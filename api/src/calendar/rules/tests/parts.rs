//! Stretches of time, told in parts.

use super::*;

#[test]
fn time_is_told_in_parts() {
    use Standing::{Closed, Holiday, Open};
    let told = |week: &Week, from: &str, to: &str| {
        let parts = week.parts(at(from), at(to));
        let ends = parts.iter().map(|part| (part.to, part.standing));
        ends.collect::<Vec<_>>()
    };
    // Thursday, 24 December, 16:30 in Paris until the Monday after Christmas, 10:00.
    assert_eq!(
        told(
            &office(Europe::Paris),
            "2026-12-24T15:30:00Z",
            "2026-12-28T09:00:00Z"
        ),
        [
            (at("2026-12-24T17:00:00Z"), Open),
            (at("2026-12-24T23:00:00Z"), Closed),
            (at("2026-12-25T23:00:00Z"), Holiday),
            (at("2026-12-28T08:00:00Z"), Closed),
            (at("2026-12-28T09:00:00Z"), Open),
        ]
    );
    // The night shift of the 23rd ends at midnight; of the 24th only what is after midnight is worked.
    assert_eq!(
        told(
            &nights(Europe::Paris),
            "2026-12-23T22:00:00Z",
            "2026-12-25T06:00:00Z"
        ),
        [
            (at("2026-12-23T23:00:00Z"), Open),
            (at("2026-12-24T23:00:00Z"), Holiday),
            (at("2026-12-25T05:00:00Z"), Open),
            (at("2026-12-25T06:00:00Z"), Closed),
        ]
    );
    // Clocks change in the night to 25 October; the parts do not.
    assert_eq!(
        told(
            &office(Europe::Paris),
            "2026-10-23T16:00:00Z",
            "2026-10-26T09:00:00Z"
        ),
        [
            (at("2026-10-26T08:00:00Z"), Closed),
            (at("2026-10-26T09:00:00Z"), Open),
        ]
    );
    assert_eq!(
        told(
            &office(Europe::Paris),
            "2026-10-26T09:00:00Z",
            "2026-10-26T09:00:00Z"
        ),
        []
    );
}
