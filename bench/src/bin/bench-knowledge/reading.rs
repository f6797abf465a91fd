//! What is asked while somebody types, searches and looks for gaps, and what it may be compared with.

use std::time::Instant;

use anyhow::{Context, Result};
use live::{
    meter::{Kind, Measured, Meter},
    person::Person,
    scratch::{Engine, Scratch, rows},
    took::Took,
};
use serde_json::{Value, json};

use crate::{Cli, pool::Pool};

const WHO: &str = "{ viewer { id } }";
const SUGGEST: &str = "query($input: HelpSuggestionsInput!) { helpSuggestions(input: $input) { session confidence
    articles { score excerptHtml article { id title } } similarTickets { score ticket { id subject } } level { rank } } }";
const SEARCH: &str = "query($text: String!) { search(text: $text, first: 10) { nodes { kind score titleHtml excerptHtml } } }";
const GAPS: &str = "{ knowledgeGaps { ticketCount gaps { words ticketCount requesterCount examples { id subject } } } }";
const DUPLICATES: &str = "query($first: Int!, $after: String) { tickets(filter: { status: { in: [NEW] } }, first: $first,
    after: $after) { nodes { id possibleDuplicates { score ticket { id subject } } } pageInfo { endCursor } } }";
/// Somebody who types is asked for after every third letter, from the third word on.
const WORDS_BEFORE: usize = 3;
const LETTERS: usize = 3;
const LETTERS_MAX: usize = 120;
/// How often something is asked that changes little from one time to the next.
const TIMES: usize = 20;
/// Clients that ask at once, where they are not alone.
const AT_ONCE: usize = 4;
/// Words of a search.
const SEARCHED_WORDS: usize = 2;
/// As many as a search ranks.
const PLAIN_ROWS: usize = 200;

/// A row of the table.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) measured: Measured,
}

/// Everything that reads, by the agent and the requester.
pub(crate) async fn measure(
    cli: &Cli,
    meter: &Meter<'_>,
    scratch: &Scratch,
    (agent, requester): (&Person, &Person),
    pool: &Pool,
) -> Result<Vec<Line>> {
    let texts: Vec<&str> = pool.typed.iter().map(String::as_str).collect();
    let texts: Vec<&str> = spread(&texts, cli.texts);
    let typed: Vec<Value> = texts.iter().flat_map(|text| prefixes(text)).collect();
    let words: Vec<String> = texts.iter().filter_map(|text| words_of(text)).collect();
    let searches: Vec<Value> = words.iter().map(|text| json!({ "text": text })).collect();
    let nothing = vec![json!({}); typed.len()];

    let mut lines = Vec::new();
    for (who, person) in [("requester", requester), ("agent", agent)] {
        for clients in [1, AT_ONCE] {
            for (name, document, variables) in [
                ("nothing but who asks", WHO, &nothing),
                ("helpSuggestions", SUGGEST, &typed),
                ("search", SEARCH, &searches),
            ] {
                lines.push(Line {
                    name: format!("{name}, {who}, {clients} at once"),
                    measured: meter
                        .ask(person, (Kind::Query, document), variables, clients)
                        .await?,
                });
            }
        }
    }
    for (name, took) in plain(scratch, &words).await? {
        lines.push(Line {
            name: name.to_owned(),
            measured: Measured {
                took,
                ..Measured::default()
            },
        });
    }
    lines.extend(measure_by_hand(meter, agent).await?);
    Ok(lines)
}

/// What an agent asks for now and then: for the first time, and again.
async fn measure_by_hand(meter: &Meter<'_>, agent: &Person) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (name, document, variables) in [
        ("knowledgeGaps", GAPS, json!({})),
        (
            "possibleDuplicates of one",
            DUPLICATES,
            json!({ "first": 1 }),
        ),
        (
            "possibleDuplicates of 25",
            DUPLICATES,
            json!({ "first": 25 }),
        ),
    ] {
        for (time, times) in [("first", 1), ("again", TIMES)] {
            let variables = vec![variables.clone(); times];
            lines.push(Line {
                name: format!("{name}, {time}"),
                measured: meter
                    .ask(agent, (Kind::Query, document), &variables, 1)
                    .await?,
            });
        }
    }
    Ok(lines)
}

/// The same words as plain SQL: by the index that search has, and by reading every description.
async fn plain(scratch: &Scratch, words: &[String]) -> Result<Vec<(&'static str, Took)>> {
    let connection = scratch.connect().await?;
    let is_sqlite = scratch.engine == Engine::Sqlite;
    let by_index = if is_sqlite {
        format!("SELECT rowid FROM ticket_words WHERE ticket_words MATCH ? LIMIT {PLAIN_ROWS}")
    } else {
        format!(
            "SELECT id FROM ticket_words WHERE words @@ plainto_tsquery('simple', $1) LIMIT {PLAIN_ROWS}"
        )
    };
    let place = if is_sqlite { "?" } else { "$1" };
    let by_reading = format!(
        "SELECT ticket_id FROM ticket_details WHERE description LIKE {place} LIMIT {PLAIN_ROWS}"
    );
    let mut times = [Vec::new(), Vec::new()];
    for text in words {
        let quoted: Vec<String> = text.split(' ').map(|word| format!("\"{word}\"")).collect();
        let words = if is_sqlite {
            quoted.join(" ")
        } else {
            text.clone()
        };
        let part = format!("%{}%", text.replace(' ', "%"));
        for ((times, sql), value) in times
            .iter_mut()
            .zip([&by_index, &by_reading])
            .zip([words, part])
        {
            let begin = Instant::now();
            rows(&connection, sql, [value.into()])
                .await
                .context("plain SQL")?;
            times.push(begin.elapsed());
        }
    }
    let [by_index, by_reading] = times.map(Took::new);
    Ok(vec![
        ("search as plain SQL: full text of tickets", by_index),
        ("search as plain SQL: LIKE of descriptions", by_reading),
    ])
}

/// So many of them, from all over.
fn spread<'a>(all: &[&'a str], count: usize) -> Vec<&'a str> {
    let step = (all.len() / count.max(1)).max(1);
    all.iter().step_by(step).take(count).copied().collect()
}

/// What stands in the form at each moment that is asked for.
fn prefixes(text: &str) -> Vec<Value> {
    let (mut words, mut ends) = (0, Vec::new());
    for (count, (at, letter)) in text.char_indices().take(LETTERS_MAX).enumerate() {
        words += usize::from(letter == ' ');
        if words >= WORDS_BEFORE && count.is_multiple_of(LETTERS) {
            ends.push(at);
        }
    }
    let ends = ends.into_iter().map(|end| &text[..end]);
    ends.map(|text| json!({ "input": { "text": text } }))
        .collect()
}

/// The longest words of a text, as somebody searches.
fn words_of(text: &str) -> Option<String> {
    let is_word =
        |word: &&str| word.len() > 3 && word.chars().all(|letter| letter.is_ascii_alphabetic());
    let mut words: Vec<&str> = text.split(' ').filter(is_word).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.truncate(SEARCHED_WORDS);
    (words.len() == SEARCHED_WORDS).then(|| words.join(" ").to_lowercase())
}
