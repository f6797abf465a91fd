//! A thing's texts, and the words that are indexed of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::{
    comment,
    json::CustomFields,
    ticket,
    user::{self, Locale},
};

use super::{Thing, fields::FieldTexts, terms};
use crate::{
    directory::Fields,
    text::analysis::{self, Token, tokens},
};

/// Words of one thing. PostgreSQL knows no place after 16,383.
const WORDS_MAX: usize = 16_000;
/// Bytes of words and stems of one thing, each with its place: PostgreSQL takes 1 MiB.
const BYTES_MAX: usize = 400_000;
/// Places of one word: PostgreSQL keeps no more.
const PLACES_MAX: u32 = 255;
/// Between two fields, so that no phrase begins in one and ends in the next.
const GAP: Option<String> = None;

/// A thing with its texts, as they are now.
#[derive(Clone, Debug)]
pub struct Document {
    pub thing: Thing,
    fields: Vec<Field>,
    /// Of a ticket.
    pub(super) custom: Option<FieldTexts>,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) text: String,
    /// None: it is guessed.
    pub(super) language: Option<Locale>,
}

/// What is indexed of a document.
pub(super) struct Words {
    /// In their places; none where no word can be found by its place.
    pub(super) places: Vec<Option<String>>,
    /// Stems that are not among the words.
    pub(super) stems: BTreeSet<String>,
}

impl Document {
    pub(super) const fn new(thing: Thing, fields: Vec<Field>) -> Self {
        Self {
            thing,
            fields,
            custom: None,
        }
    }

    /// Of texts whose language nobody has said.
    pub(super) fn of_texts(thing: Thing, texts: impl IntoIterator<Item = String>) -> Self {
        let fields = texts.into_iter().map(|text| Field {
            text,
            language: None,
        });
        Self::new(thing, fields.collect())
    }

    /// A ticket that was not there before.
    pub fn ticket(
        ticket: &ticket::Model,
        description: &str,
        definitions: &Fields,
        custom_fields: &CustomFields,
    ) -> Self {
        Self::of_ticket(
            Thing::Ticket(ticket.id),
            (ticket.number, &ticket.subject),
            description,
            FieldTexts::of(definitions, custom_fields, false),
        )
    }

    /// Its custom fields stand apart: whom each is for may change.
    pub(super) fn of_ticket(
        thing: Thing,
        (number, subject): (i32, &str),
        description: &str,
        custom: FieldTexts,
    ) -> Self {
        // As it is written, and as it is typed in haste.
        let texts = [
            format!("GU-{number} GU{number}"),
            subject.to_owned(),
            description.to_owned(),
        ];
        Self {
            custom: Some(custom),
            ..Self::of_texts(thing, texts)
        }
    }

    pub fn comment(comment: &comment::Model) -> Self {
        Self::of_texts(Thing::Comment(comment.id), [comment.body.clone()])
    }

    pub fn user(user: &user::Model) -> Self {
        let email = user.email.iter().cloned();
        let texts = std::iter::once(user.name.clone()).chain(email);
        Self::of_texts(Thing::User(user.id), texts)
    }

    /// How much there is to be indexed.
    pub(super) fn text_bytes(&self) -> usize {
        self.fields.iter().map(|field| field.text.len()).sum()
    }

    /// The words of one text of a custom field.
    pub(super) fn words_of(text: &str) -> Words {
        let mut collected = Collected::default();
        let language = analysis::guess_language(text);
        for token in tokens(text) {
            collected.add(&token, language);
        }
        collected.words()
    }

    pub(super) fn words(&self) -> Words {
        let fields = self.fields.iter();
        let fields: Vec<(Vec<Token>, &Field)> = fields
            .map(|field| (tokens(&field.text).collect(), field))
            .collect();
        // Of the texts together: each alone may say too little.
        let unsaid = fields.iter().filter(|(_, field)| field.language.is_none());
        let guessed = analysis::language_of(unsaid.flat_map(|(tokens, _)| tokens));
        let mut collected = Collected::default();
        for (tokens, field) in &fields {
            let language = field.language.or(guessed);
            for token in tokens {
                collected.add(token, language);
            }
            collected.places.push(GAP);
        }
        collected.words()
    }
}

#[derive(Default)]
struct Collected {
    places: Vec<Option<String>>,
    /// How often each word is there, by its folded form.
    times: HashMap<String, u32>,
    /// Words with accents whose stems are taken.
    accented: HashSet<String>,
    stems: BTreeSet<String>,
    bytes: usize,
}

impl Collected {
    fn add(&mut self, token: &Token, language: Option<Locale>) {
        let Some(word) = terms::folded(&token.lower) else {
            return;
        };
        // A place takes a few bytes besides the word.
        self.bytes += word.len() + 8;
        if self.places.len() >= WORDS_MAX || self.bytes > BYTES_MAX {
            return;
        }
        // Stems of a word with accents are more than those of the word without.
        let is_accented = token.lower != word && self.accented.insert(token.lower.clone());
        let times = self.times.entry(word.clone()).or_default();
        let is_new = *times == 0 || is_accented;
        *times += 1;
        if is_new && !analysis::is_stop_word(&token.lower, None) {
            let stems = terms::stems_in(&token.lower, &word, language);
            self.stems.extend(stems);
        }
        self.places.push((*times <= PLACES_MAX).then_some(word));
    }

    fn words(mut self) -> Words {
        self.stems.retain(|stem| !self.times.contains_key(stem));
        Words {
            places: self.places,
            stems: self.stems,
        }
    }
}
