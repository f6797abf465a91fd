//! Scalars of our own.

use async_graphql::{Description, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;

/// A length of time, in ISO 8601: `PT4H`, `PT30M`, `PT1H30M5S`; `-PT10M` is ten minutes late. Days
/// are given as hours: a day of working time has no fixed length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Description)]
pub struct Duration {
    pub seconds: i64,
}

#[Scalar(
    use_type_description = true,
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#appendix-A"
)]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        read(text)
            .map(|seconds| Self { seconds })
            .ok_or_else(|| InputValueError::custom("not a duration such as PT4H"))
    }

    fn to_value(&self) -> Value {
        Value::String(write(self.seconds))
    }
}

/// A day of the calendar, in ISO 8601: `2026-12-25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Description)]
pub struct Date(pub NaiveDate);

#[Scalar(
    use_type_description = true,
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // Four digits of the year, so that dates as texts stand in their order.
        let day = text.parse().ok().filter(|_| text.len() == DATE_CHARS);
        day.map(Self)
            .ok_or_else(|| InputValueError::custom("not a date such as 2026-12-25"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

const DATE_CHARS: usize = "2026-12-25".len();

/// A time on the clock on the wall, to the minute: from `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Description)]
pub struct LocalTime {
    pub minutes: u16,
}

#[Scalar(use_type_description = true)]
impl ScalarType for LocalTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        read_time(text)
            .map(|minutes| Self { minutes })
            .ok_or_else(|| InputValueError::custom("not a time such as 08:30"))
    }

    fn to_value(&self) -> Value {
        Value::String(format!("{:02}:{:02}", self.minutes / 60, self.minutes % 60))
    }
}

fn read_time(text: &str) -> Option<u16> {
    let is_plain = text.len() == 5
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b':');
    let (hours, minutes) = text.split_once(':').filter(|_| is_plain)?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60).then_some(total)
}

fn write(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let total = seconds.unsigned_abs();
    let parts = [
        (total / 3_600, 'H'),
        (total / 60 % 60, 'M'),
        (total % 60, 'S'),
    ];
    let shown = parts.iter().filter(|(count, _)| *count > 0);
    let text = shown.fold(String::new(), |text, (count, unit)| {
        format!("{text}{count}{unit}")
    });
    if text.is_empty() {
        "PT0S".to_owned()
    } else {
        format!("{sign}PT{text}")
    }
}

fn read(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut rest = text.strip_prefix("PT").filter(|rest| !rest.is_empty())?;
    let mut seconds: i64 = 0;
    for (unit, length_s) in [('H', 3_600), ('M', 60), ('S', 1)] {
        if let Some((count, after)) = rest.split_once(unit) {
            let count: i64 = count.parse::<u32>().ok()?.into();
            seconds = seconds.checked_add(count.checked_mul(length_s)?)?;
            rest = after;
        }
    }
    rest.is_empty().then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_the_clock() {
        for (text, minutes) in [("00:00", 0), ("08:30", 510), ("24:00", 1_440)] {
            assert_eq!(read_time(text), Some(minutes));
        }
        for nothing in ["", "8:30", "24:01", "12:60", "12-30", "99:99", "1:2:3"] {
            assert_eq!(read_time(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn durations_read_as_they_are_written() {
        for (seconds, text) in [
            (0, "PT0S"),
            (14_400, "PT4H"),
            (5_405, "PT1H30M5S"),
            (-600, "-PT10M"),
        ] {
            assert_eq!(write(seconds), text);
            assert_eq!(read(text), Some(seconds));
        }
        for nothing in [
            "",
            "PT",
            "4H",
            "P1D",
            "PTH",
            "PT1M1H",
            "PT99999999999H",
            "PT-1H",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
