//! One score of all evidence, and what is answered.

use std::collections::{HashMap, HashSet};

use entity::ids::{ArticleId, TicketId};
use rustc_hash::FxHashMap;

use super::{
    QUERY_CHARS_MAX,
    evidence::{self, Near, Sight, nearest},
    lane::{Lane, to_f32},
    seen::Scores,
    segment::{Audience, By, Kind, NO_ARTICLE},
    snapshot::{Entry, Snapshot},
    terms::{Asked, Wanted},
};
use crate::text::beginning;

/// With how many tickets an article's history counts as much as its own words.
const TRUST: f32 = 3.0;
/// What an article without history is worth beside one with it.
const COLD: f32 = 0.75;
/// Articles with fewer tickets are new: one of them has a reserved place.
const FEW_TICKETS: u32 = 5;
/// The reserved place, from 0 on.
const RESERVED: usize = 2;
/// How many of the nearest tickets are looked at for each that is shown.
const ALIKE_READ: usize = 20;
/// How many of the nearest tickets are asked for their level.
const LEVEL_NEIGHBOURS: usize = 15;
/// With fewer nobody can tell.
const LEVEL_NEIGHBOURS_MIN: usize = 5;
/// A level is suggested from this share of the votes on.
const LEVEL_SHARE_MIN: f32 = 0.6;

/// What may answer a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggestions {
    /// Best first, with scores between 0 and 1.
    pub articles: Vec<(ArticleId, f32)>,
    /// Solved tickets that are alike; for staff only.
    pub tickets: Vec<(TicketId, f32)>,
    /// The rank of a level, and its share of the votes; for staff only.
    pub level: Option<(i16, f32)>,
    /// How much of what was asked the nearest evidence covers, from 0 to 1.
    pub confidence: f32,
}

/// How near articles are to a text in the vectors of a model, from -1 to 1.
pub struct Cosines(pub FxHashMap<ArticleId, f32>);

/// The best `first` articles, and for staff as many tickets, and a level.
///
/// `near` is what a model says of articles, where there is one.
pub fn suggest(
    snapshot: &Snapshot,
    audience: &Audience,
    text: &str,
    near: Option<&Cosines>,
    first: usize,
) -> Suggestions {
    let asked = Asked::of(beginning(text, QUERY_CHARS_MAX));
    let sight = snapshot.sight(audience);
    let own = own_words(snapshot, &sight, &asked);
    let history = History::of(snapshot, &sight, &asked);

    let articles = sight.articles.len();
    let meaning = near.map(|near| meaning(snapshot, &sight, near));
    let share = share_of_words(&own.is_known, &history.is_known);
    let places = (0..articles).filter(|place| sight.articles[*place]);
    let mut ranked: Vec<(usize, f32)> = places
        .map(|place| {
            let words = share * own.words[place] + (1.0 - share) * own.grams[place];
            // What has no vector yet goes by its words alone.
            let meant = meaning.as_ref().and_then(|meaning| meaning[place]);
            let with_meaning =
                |words: f32| meant.map_or(words, |meant| f32::midpoint(words, meant));
            let art = with_meaning(words);
            let solved = to_f32(sight.solved[place]);
            let trust = solved / (solved + TRUST);
            let hist = history.articles[place];
            let cold = COLD * (1.0 - trust) * (art + with_meaning(hist));
            (place, (cold + trust * (0.5 * art + hist)) / 1.5)
        })
        .filter(|(_, score)| *score > 0.0)
        .collect();
    ranked.sort_unstable_by(|(one, a), (other, b)| {
        let id = |place: usize| snapshot.entries[place].id.0;
        b.total_cmp(a).then_with(|| id(*one).cmp(&id(*other)))
    });
    reserve(&mut ranked, &sight.solved);
    ranked.truncate(first);
    let confidence = history.covered;
    let tickets = match audience {
        Audience::Staff | Audience::Teams(_) => {
            let count = LEVEL_NEIGHBOURS.max(first * ALIKE_READ);
            history.nearest_tickets(snapshot, count)
        }
        Audience::Requester(_) => Vec::new(),
    };
    Suggestions {
        articles: ranked
            .into_iter()
            .map(|(place, score)| (snapshot.entries[place].id, score))
            .collect(),
        tickets: alike(&tickets[..tickets.len().min(first * ALIKE_READ)], first),
        level: level(&tickets[..tickets.len().min(LEVEL_NEIGHBOURS)]),
        confidence,
    }
}

/// What a model says of each article that may be offered: how much nearer it is than they are on average, as a part of
/// the nearest. Cosines of texts that have nothing in common are far from zero in most models.
fn meaning(snapshot: &Snapshot, sight: &Sight, Cosines(near): &Cosines) -> Vec<Option<f32>> {
    let cosine =
        |(entry, is_seen): (&Entry, &bool)| is_seen.then(|| near.get(&entry.id).copied()).flatten();
    let cosines: Vec<Option<f32>> = snapshot
        .entries
        .iter()
        .zip(&sight.articles)
        .map(cosine)
        .collect();
    let known = cosines.iter().flatten();
    let count = u32::try_from(known.clone().count()).unwrap_or(u32::MAX);
    let mean = known.clone().sum::<f32>() / to_f32(count).max(1.0);
    let most = known.copied().fold(mean, f32::max) - mean;
    let part = |cosine: f32| {
        if most > 0.0 {
            ((cosine - mean) / most).max(0.0)
        } else {
            0.0
        }
    };
    cosines.into_iter().map(|cosine| cosine.map(part)).collect()
}

/// How much whole words count beside their pieces: less where words are unknown, which is what typing errors are.
fn share_of_words(in_articles: &[bool], in_history: &[bool]) -> f32 {
    let count = |count: usize| to_f32(u32::try_from(count).unwrap_or(u32::MAX));
    let known = in_articles
        .iter()
        .zip(in_history)
        .filter(|(one, other)| **one || **other);
    0.5 * (count(known.count()) / count(in_articles.len().max(1))).powi(2)
}

/// Gives a new article its place, where none has one before.
fn reserve(ranked: &mut [(usize, f32)], solved: &[u32]) {
    let is_new = |(place, _): &(usize, f32)| solved[*place] < FEW_TICKETS;
    if ranked.len() <= RESERVED || ranked[..=RESERVED].iter().any(is_new) {
        return;
    }
    if let Some(at) = ranked.iter().position(is_new) {
        ranked[RESERVED..=at].rotate_right(1);
    }
}

/// What the articles' own texts say, by article.
struct Own {
    words: Vec<f32>,
    grams: Vec<f32>,
    /// Of each word that was typed, whether any article has it.
    is_known: Vec<bool>,
}

fn own_words(snapshot: &Snapshot, sight: &Sight, asked: &Asked) -> Own {
    let parts = &snapshot.texts.parts;
    let lane = |field, by| Lane::new(parts, &sight.texts, field, by);
    let both = |title: &Lane<'_>, body: &Lane<'_>, wanted: &Wanted| {
        let mut scores = sight.texts.zeros();
        let (in_titles, in_bodies) = (title.weigh(wanted), body.weigh(wanted));
        title.add(&in_titles.terms, 2.0, &mut scores);
        body.add(&in_bodies.terms, 1.0, &mut scores);
        let is_known = in_titles.is_known.iter().zip(&in_bodies.is_known);
        let is_known: Vec<bool> = is_known.map(|(title, body)| *title || *body).collect();
        let mut best = vec![0.0_f32; sight.articles.len()];
        for (part, scores) in parts.iter().zip(&scores) {
            for (doc, score) in part.segment.docs.iter().zip(scores) {
                let best = &mut best[doc.article as usize];
                *best = best.max(*score);
            }
        }
        (best, is_known)
    };
    let (words, is_known) = both(&lane(0, By::Words), &lane(1, By::Words), &asked.words);
    let (grams, _) = both(&lane(0, By::Grams), &lane(1, By::Grams), &asked.grams);
    Own {
        words: relative(words),
        grams: relative(grams),
        is_known,
    }
}

/// What past tickets say.
struct History {
    /// By article.
    articles: Vec<f32>,
    /// By document of the evidence, and the greatest, of each index.
    scores: [(Scores, f32); 2],
    /// Of each word that was typed, whether any of them has it.
    is_known: Vec<bool>,
    covered: f32,
}

impl History {
    fn of(snapshot: &Snapshot, sight: &Sight, asked: &Asked) -> Self {
        let words = Half::of(snapshot, sight, By::Words, &asked.words);
        let grams = Half::of(snapshot, sight, By::Grams, &asked.grams);
        let kinds = [words.votes, words.together, grams.votes, grams.together];
        let mut articles = vec![0.0; sight.articles.len()];
        for kind in kinds {
            for (sum, part) in articles.iter_mut().zip(relative(kind)) {
                *sum += part / 4.0;
            }
        }
        Self {
            articles,
            is_known: words.is_known,
            covered: f32::midpoint(words.covered, grams.covered),
            scores: [(words.scores, words.best), (grams.scores, grams.best)],
        }
    }

    /// The tickets that are nearest by the mean of both indexes, of each of which the best counts as 1.
    fn nearest_tickets(self, snapshot: &Snapshot, count: usize) -> Vec<Near<'_>> {
        let [(mut near, best_words), (grams, best_grams)] = self.scores;
        for (near, grams) in near.iter_mut().flatten().zip(grams.iter().flatten()) {
            *near = f32::midpoint(*near / best_words, grams / best_grams);
        }
        nearest(&snapshot.evidence.parts, &near, count, |segment, at| {
            segment.docs[at].kind == Kind::Ticket
        })
    }
}

/// What one of the two indexes says.
struct Half {
    scores: Scores,
    /// The greatest of them.
    best: f32,
    votes: Vec<f32>,
    together: Vec<f32>,
    is_known: Vec<bool>,
    covered: f32,
}

impl Half {
    fn of(snapshot: &Snapshot, sight: &Sight, by: By, wanted: &Wanted) -> Self {
        let parts = &snapshot.evidence.parts;
        let lane = Lane::new(parts, &sight.evidence, 0, by);
        let found = lane.weigh(wanted);
        let (scores, together) = evidence::score(snapshot, sight, by, &lane, &found.terms);
        let best = best(&scores);
        Self {
            votes: evidence::votes(parts, &scores, sight.articles.len()),
            together,
            covered: if found.terms.is_empty() {
                0.0
            } else {
                found.covered(best)
            },
            is_known: found.is_known,
            scores,
            best,
        }
    }
}

/// Solved tickets that are alike, one for each article: its others say the same.
fn alike(nearest: &[Near<'_>], count: usize) -> Vec<(TicketId, f32)> {
    let mut near = nearest.to_vec();
    let mut articles = HashSet::new();
    near.retain(|near| near.doc.article == NO_ARTICLE || articles.insert(near.doc.article));
    let mut tickets = HashSet::new();
    near.retain(|near| tickets.insert(near.doc.id));
    near.truncate(count);
    let answer = |near: Near<'_>| (TicketId(near.doc.id), near.score);
    near.into_iter().map(answer).collect()
}

/// The level that most of the nearest tickets had.
fn level(nearest: &[Near<'_>]) -> Option<(i16, f32)> {
    if nearest.len() < LEVEL_NEIGHBOURS_MIN {
        return None;
    }
    let mut votes: HashMap<i16, f32> = HashMap::new();
    for near in nearest {
        *votes.entry(near.doc.level).or_default() += near.score.powi(2);
    }
    let all: f32 = nearest.iter().map(|near| near.score.powi(2)).sum();
    let (level, votes) = votes
        .into_iter()
        .max_by(|(one, a), (other, b)| a.total_cmp(b).then_with(|| other.cmp(one)))?;
    let share = votes / all;
    (share >= LEVEL_SHARE_MIN).then_some((level, share))
}

/// Each as a part of the greatest.
fn relative(mut scores: Vec<f32>) -> Vec<f32> {
    let greatest = scores.iter().copied().fold(0.0, f32::max);
    if greatest > 0.0 {
        for score in &mut scores {
            *score /= greatest;
        }
    }
    scores
}

/// The greatest of all; 1 where there is none, so that one can divide by it.
fn best(scores: &Scores) -> f32 {
    let greatest = scores.iter().flatten().copied().fold(0.0, f32::max);
    if greatest > 0.0 { greatest } else { 1.0 }
}
