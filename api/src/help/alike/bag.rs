//! The words of tickets, kept by version: the same ones are compared again and again.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use entity::ids::TicketId;
use moka::sync::Cache;
use tokio::task::spawn_blocking;

use crate::{
    app::App,
    error::Result,
    help::source,
    store,
    text::analysis::{guess_language, is_stop_word, stem, tokens},
    turns::Turns,
};

/// Words of one ticket that count; what somebody asks stands at the beginning.
const WORDS_MAX: usize = 200;
/// Shorter words say too little.
const CHARS_MIN: usize = 2;
/// What is kept takes so much memory at most, in bytes.
const KEPT_BYTES_MAX: u64 = 8 << 20;
/// How many compare everything with everything at once, and how many wait for it.
const GAPS_AT_ONCE: usize = 1;
const GAPS_WAITING_MAX: usize = 8;
/// How many compare the tickets of a page with the others at once, and how many wait for it.
const DUPLICATES_AT_ONCE: usize = 2;
const DUPLICATES_WAITING_MAX: usize = 32;
/// What a word takes besides its letters, in bytes, about.
const WORD_BYTES: usize = 48;

/// A ticket at one version.
pub(super) type Key = (TicketId, i32);

/// The telling words of a text, in the order of their stems.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Bag(pub(super) Vec<Word>);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) stem: Box<str>,
    /// As it stands there first.
    pub(super) form: Box<str>,
    pub(super) times: u16,
}

impl Bag {
    /// The words as search and suggestions stem them, but for those that say nothing.
    pub(super) fn of(text: &str) -> Self {
        let language = guess_language(text);
        let mut words: BTreeMap<String, (String, u16)> = BTreeMap::new();
        for token in tokens(text) {
            if token.lower.chars().nth(CHARS_MIN - 1).is_none()
                || is_stop_word(&token.lower, language)
            {
                continue;
            }
            let stem = stem(&token.lower, language.unwrap_or_default());
            let is_full = words.len() >= WORDS_MAX;
            match words.get_mut(&stem) {
                Some((_, times)) => *times = times.saturating_add(1),
                None if is_full => {}
                None => {
                    words.insert(stem, (token.lower, 1));
                }
            }
        }
        let word = |(stem, (form, times)): (String, (String, u16))| Word {
            stem: stem.into(),
            form: form.into(),
            times,
        };
        Self(words.into_iter().map(word).collect())
    }

    fn bytes(&self) -> u32 {
        let words = self.0.iter();
        let bytes = words.map(|word| word.stem.len() + word.form.len() + WORD_BYTES);
        u32::try_from(bytes.sum::<usize>()).unwrap_or(u32::MAX)
    }
}

/// The bags of the tickets that were compared last. It knows no rights: whoever asks has the tickets from a query that
/// does.
pub(in crate::help) struct Bags {
    kept: Cache<Key, Arc<Bag>>,
    /// Whoever compares everything with everything takes its turn: it holds a square of numbers, and a core.
    pub(super) gaps: Turns,
    /// Who compares the tickets of a page takes one of these: each makes vectors of all that they are compared with.
    pub(super) duplicates: Turns,
}

impl Default for Bags {
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(KEPT_BYTES_MAX)
            .weigher(|_: &Key, bag: &Arc<Bag>| bag.bytes());
        Self {
            kept: cache.build(),
            gaps: Turns::new(GAPS_AT_ONCE, GAPS_WAITING_MAX),
            duplicates: Turns::new(DUPLICATES_AT_ONCE, DUPLICATES_WAITING_MAX),
        }
    }
}

/// The bags of tickets that the actor sees, in their order; an empty one for a ticket that has gone.
pub(super) async fn load(app: &App, keys: &[Key]) -> Result<Vec<Arc<Bag>>> {
    let kept = &app.help.bags.kept;
    let mut bags: HashMap<Key, Arc<Bag>> = HashMap::new();
    let mut missing = Vec::new();
    for key in keys {
        match kept.get(key) {
            Some(bag) => {
                bags.insert(*key, bag);
            }
            None => missing.push(*key),
        }
    }
    for some in missing.chunks(source::TEXTS_MAX) {
        let ids: Vec<TicketId> = some.iter().map(|(id, _)| *id).collect();
        let mut texts = source::ticket_texts(app, &ids).await?;
        let some = some.to_vec();
        let cut = spawn_blocking(move || {
            let bag = |key: Key| Some((key, Arc::new(Bag::of(&texts.remove(&key.0.0)?))));
            some.into_iter().filter_map(bag).collect::<Vec<_>>()
        });
        for (key, bag) in cut.await.map_err(anyhow::Error::from)? {
            if !store::sees_uncommitted() {
                kept.insert(key, Arc::clone(&bag));
            }
            bags.insert(key, bag);
        }
    }
    let found = |key: &Key| bags.get(key).map(Arc::clone).unwrap_or_default();
    Ok(keys.iter().map(found).collect())
}
