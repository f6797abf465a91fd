//! Times as an imported file writes them: absolute, or counted from the moment of the import.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta, Utc};

/// A time in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    At(DateTime<Utc>),
    /// So long after the import, or before it; it counts when the row is created and is not
    /// compared later.
    FromNow(TimeDelta),
}

impl When {
    /// Reads RFC 3339, `2026-03-02 09:14:00`, `2026-03-02` or an offset such as `-3d4h` or `+2d`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(offset) = text.strip_prefix('-') {
            return offset_of(offset).map(|offset| Self::FromNow(-offset));
        }
        if let Some(offset) = text.strip_prefix('+') {
            return offset_of(offset).map(Self::FromNow);
        }
        let at = DateTime::parse_from_rfc3339(text)
            .map(|time| time.to_utc())
            .or_else(|_| {
                NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").map(|time| time.and_utc())
            })
            .or_else(|_| {
                NaiveDate::parse_from_str(text, "%Y-%m-%d")
                    .map(|day| day.and_time(NaiveTime::MIN).and_utc())
            });
        at.ok().map(|time| Self::At(time.trunc_subsecs(6)))
    }

    /// The moment meant, for an import at `now`.
    pub fn resolve(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(time) => time,
            Self::FromNow(offset) => now
                .checked_add_signed(offset)
                .unwrap_or(DateTime::UNIX_EPOCH),
        }
    }

    /// The moment, if it is the same in every import.
    pub const fn fixed(self) -> Option<DateTime<Utc>> {
        match self {
            Self::At(time) => Some(time),
            Self::FromNow(_) => None,
        }
    }
}

/// One or more of weeks, days, hours, minutes: `2w`, `3d4h`.
fn offset_of(mut text: &str) -> Option<TimeDelta> {
    let mut offset = TimeDelta::zero();
    while !text.is_empty() {
        let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
        let count: i64 = text[..digits].parse().ok()?;
        let part = match text.as_bytes()[digits] {
            b'w' => TimeDelta::try_weeks(count),
            b'd' => TimeDelta::try_days(count),
            b'h' => TimeDelta::try_hours(count),
            b'm' => TimeDelta::try_minutes(count),
            _ => None,
        };
        offset = offset.checked_add(&part?)?;
        text = &text[digits + 1..];
    }
    (!offset.is_zero()).then_some(offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_to_write_a_time_is_read() {
        let now = DateTime::parse_from_rfc3339("2026-03-10T12:00:00Z")
            .unwrap()
            .to_utc();
        let cases = [
            ("2026-03-02T10:14:00+01:00", "2026-03-02T09:14:00+00:00"),
            ("2026-03-02 09:14:00", "2026-03-02T09:14:00+00:00"),
            ("2026-03-02", "2026-03-02T00:00:00+00:00"),
            ("-3d4h", "2026-03-07T08:00:00+00:00"),
            ("-1w30m", "2026-03-03T11:30:00+00:00"),
            ("+2d", "2026-03-12T12:00:00+00:00"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                When::parse(text).unwrap().resolve(now).to_rfc3339(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "-",
            "-3",
            "-d",
            "-3d4",
            "-3y",
            "-0d",
            "-é",
            "3d",
            "yesterday",
            "02/03/2026",
            "-99999999999999w",
        ] {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, offset in "[-+][0-9wdhmé]{0,30}") {
            for text in [text, offset] {
                let _ = When::parse(&text).map(|when| when.resolve(DateTime::UNIX_EPOCH));
            }
        }
    }
}
