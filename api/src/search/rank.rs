//! How good a hit is: by what it says itself and how new it is, never by what other texts say. So nothing that the
//! viewer may not see has a part in it.

use chrono::{DateTime, Utc};

use super::candidates::Candidate;
use crate::index::{Found, Matcher};

/// What a word in a title, and in a text, counts.
const TITLE: f64 = 1.0;
const TEXT: f64 = 0.55;
/// What a word counts that stands further on than ranking looks.
const SOMEWHERE: f64 = 0.2;
/// What is added where a word comes again and again.
const OFTEN: f64 = 0.15;
/// What is added where the words are all of the title, and where they stand together as they were typed.
const WHOLE_TITLE: f64 = 0.3;
const TOGETHER_IN_TITLE: f64 = 0.2;
const TOGETHER_IN_TEXT: f64 = 0.1;
/// What is added to what is new, and after how many days it is half.
const NEW: f64 = 0.25;
const HALF_NEW_AFTER_DAYS: f64 = 30.0;

/// In millionths. Age counts in whole days, so that a page stands where it stood for as long as somebody reads on.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a score is a small number above zero"
)]
pub(super) fn score(
    matcher: &mut Matcher<'_>,
    parts: usize,
    candidate: &Candidate,
    now: DateTime<Utc>,
) -> i64 {
    let words = candidate
        .texts
        .iter()
        .map(|(title, text)| of_texts(matcher, parts, title, text));
    let score = words.fold(SOMEWHERE, f64::max) + newness(candidate.at, now);
    (score * 1e6).round() as i64
}

fn of_texts(matcher: &mut Matcher<'_>, parts: usize, title: &str, text: &str) -> f64 {
    let (in_title, title_words) = matcher.find(title);
    let (in_text, _) = matcher.find(text);
    let words: f64 = (0..parts)
        .map(|part| {
            let title = TITLE * best(&in_title, part);
            let (text, times) = (TEXT * best(&in_text, part), times(&in_text, part));
            title.max(text).max(SOMEWHERE) + OFTEN * (1.0 - 1.0 / (1.0 + times))
        })
        .sum();
    let mut score = words / to_f64(parts.max(1));
    score += WHOLE_TITLE * (to_f64(places(&in_title)) / to_f64(title_words.max(1)));
    if are_together(&in_title, parts) {
        score += TOGETHER_IN_TITLE;
    }
    if are_together(&in_text, parts) {
        score += TOGETHER_IN_TEXT;
    }
    score
}

fn best(found: &[Found], part: usize) -> f64 {
    let of_part = found.iter().filter(|found| found.part == part);
    of_part.map(|found| found.quality).fold(0.0, f64::max)
}

fn times(found: &[Found], part: usize) -> f64 {
    to_f64(found.iter().filter(|found| found.part == part).count())
}

/// Words of the text that were found, each once.
fn places(found: &[Found]) -> usize {
    let mut places: Vec<usize> = found.iter().map(|found| found.place).collect();
    places.dedup();
    places.len()
}

/// Whether all parts follow each other as they were typed, with at most one other word between two.
fn are_together(found: &[Found], parts: usize) -> bool {
    if parts < 2 {
        return false;
    }
    let mut next = 0;
    let mut last = 0;
    for found in found {
        if next > 0 && found.place > last + 2 {
            next = 0;
        }
        if found.part == next {
            next += 1;
            last = found.place;
            if next == parts {
                return true;
            }
        }
    }
    false
}

fn newness(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> f64 {
    let Some(at) = at else { return 0.0 };
    let days = (now.date_naive() - at.date_naive())
        .num_days()
        .clamp(0, 36_500);
    #[expect(clippy::cast_precision_loss, reason = "some thousand days")]
    let days = days as f64;
    NEW / (1.0 + days / HALF_NEW_AFTER_DAYS)
}

#[expect(clippy::cast_precision_loss, reason = "words of one text")]
const fn to_f64(count: usize) -> f64 {
    count as f64
}
