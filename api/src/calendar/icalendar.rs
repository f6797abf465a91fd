//! Holidays out of an iCalendar text (RFC 5545): whole days, dated or yearly. Of the format only what holidays are
//! written in is read; what is not a whole day is no holiday, and is counted.

use chrono::{Days, NaiveDate};
use entity::json::Holiday;

/// A holiday of many days is one holiday each day; longer ones are taken for something else.
const DAYS_MAX: i64 = 62;
const NAME_CHARS_MAX: usize = 255;

/// What a text holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) holidays: Vec<Holiday>,
    /// Events that are no whole days, or repeat in another way than yearly.
    pub(super) skipped: usize,
}

/// None where the text is no iCalendar.
pub(super) fn read(text: &str) -> Option<Found> {
    let lines = unfolded(text);
    let is_calendar = lines
        .first()
        .is_some_and(|line| line.trim().eq_ignore_ascii_case("BEGIN:VCALENDAR"));
    if !is_calendar {
        return None;
    }
    let mut found = Found::default();
    let mut event: Option<Event> = None;
    // Alarms and such stand inside of events, with properties of their own.
    let mut depth = 0;
    for line in &lines {
        let Some((name, parameters, value)) = property(line) else {
            continue;
        };
        match (name.as_str(), &mut event) {
            ("BEGIN", None) if value.eq_ignore_ascii_case("VEVENT") => {
                event = Some(Event::default());
            }
            ("BEGIN", Some(_)) => depth += 1,
            ("END", Some(_)) if depth > 0 => depth -= 1,
            ("END", Some(_)) => match event.take().and_then(Event::days) {
                Some(days) => found.holidays.extend(days),
                None => found.skipped += 1,
            },
            (_, Some(event)) if depth == 0 => event.take(&name, &parameters, value),
            _ => {}
        }
    }
    Some(found)
}

/// One VEVENT as far as it is read.
#[derive(Default)]
struct Event {
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
    rule: Option<String>,
    name: String,
    is_free: bool,
}

impl Event {
    fn take(&mut self, name: &str, parameters: &str, value: &str) {
        match name {
            "DTSTART" => self.start = date(parameters, value),
            "DTEND" => self.end = date(parameters, value),
            "RRULE" => self.rule = Some(value.trim().to_ascii_uppercase()),
            "SUMMARY" => self.name = unescaped(value),
            "STATUS" => self.is_free = value.trim().eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
    }

    /// A holiday for each of its days; the end is the first day after it.
    fn days(self) -> Option<Vec<Holiday>> {
        let start = self.start.filter(|_| !self.is_free)?;
        let yearly = match self.rule.as_deref() {
            None => false,
            Some(rule) if is_plainly_yearly(rule, start) => true,
            Some(_) => return None,
        };
        let length = self.end.map_or(1, |end| (end - start).num_days()).max(1);
        if length > DAYS_MAX {
            return None;
        }
        let days = (0..length.unsigned_abs()).map(|day| {
            let date = start.checked_add_days(Days::new(day))?;
            Some(Holiday {
                date,
                yearly,
                name: self.name.clone(),
            })
        });
        days.collect()
    }
}

/// Every year on the day of the start, without an end.
fn is_plainly_yearly(rule: &str, start: NaiveDate) -> bool {
    let (month, day) = (
        start.format("%-m").to_string(),
        start.format("%-d").to_string(),
    );
    let mut is_yearly = false;
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("FREQ", "YEARLY")) => is_yearly = true,
            Some(("INTERVAL", "1") | ("WKST", _)) => {}
            Some(("BYMONTH", value)) if value == month => {}
            Some(("BYMONTHDAY", value)) if value == day => {}
            _ => return false,
        }
    }
    is_yearly
}

/// A line that begins with a space or tab goes on with the one before it.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// `NAME;PARAMETERS:VALUE`; a colon in quotes belongs to a parameter.
fn property(line: &str) -> Option<(String, String, &str)> {
    let mut is_quoted = false;
    let colon = line.find(|character| {
        is_quoted ^= character == '"';
        character == ':' && !is_quoted
    })?;
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    Some((
        name.trim().to_ascii_uppercase(),
        parameters.to_ascii_uppercase(),
        value,
    ))
}

/// A date without a time, with or without saying so.
fn date(parameters: &str, value: &str) -> Option<NaiveDate> {
    let says_time = parameters
        .split(';')
        .any(|parameter| parameter == "VALUE=DATE-TIME");
    if says_time || value.trim().len() != 8 {
        return None;
    }
    NaiveDate::parse_from_str(value.trim(), "%Y%m%d").ok()
}

fn unescaped(value: &str) -> String {
    let mut text = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        let plain = match character {
            '\\' => match characters.next() {
                Some('n' | 'N') | None => ' ',
                Some(escaped) => escaped,
            },
            control if control.is_control() => ' ',
            other => other,
        };
        text.push(plain);
    }
    text.trim().chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holiday(date: &str, yearly: bool, name: &str) -> Holiday {
        let date = date.parse().expect("a date");
        Holiday {
            date,
            yearly,
            name: name.to_owned(),
        }
    }

    #[test]
    fn whole_days_are_read_and_the_rest_is_counted() {
        let text = "\u{feff}BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Lundi de\r\n  Pâques\\, férié\r\nDTSTART;VALUE=DATE:20270329\r\nDTEND;VALUE=DATE:20270330\r\nEND:VEVENT\r\n\
            BEGIN:VEVENT\nDTSTART;VALUE=DATE;X-A=\"b:c\":20261225\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25\nSUMMARY:Noël\nBEGIN:VALARM\nSUMMARY:Wake up\nEND:VALARM\nEND:VEVENT\n\
            BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261231\nDTEND;VALUE=DATE:20270102\nSUMMARY:Bridge\nEND:VEVENT\n\
            BEGIN:VEVENT\nDTSTART:20261225T090000Z\nSUMMARY:A meeting\nEND:VEVENT\n\
            BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261101\nRRULE:FREQ=YEARLY;BYDAY=1SU\nEND:VEVENT\n\
            BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261102\nSTATUS:CANCELLED\nEND:VEVENT\nEND:VCALENDAR\n";
        let expected = vec![
            holiday("2027-03-29", false, "Lundi de Pâques, férié"),
            holiday("2026-12-25", true, "Noël"),
            holiday("2026-12-31", false, "Bridge"),
            holiday("2027-01-01", false, "Bridge"),
        ];
        assert_eq!(
            read(text),
            Some(Found {
                holidays: expected,
                skipped: 3
            })
        );
    }

    #[test]
    fn what_is_no_calendar_is_refused() {
        for text in ["", "hello", "BEGIN:VCARD\nEND:VCARD"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(
            read("BEGIN:VCALENDAR\nEND:VCALENDAR"),
            Some(Found::default())
        );
    }
}
