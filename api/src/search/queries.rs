//! One page of what is found: the newest hits ranked in memory, the older ones after them.

use entity::index_fill::Kind;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{
    candidates::{self, Candidate, RANKED_MAX},
    rank,
};
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    index::{Matcher, Query, Thing},
    page::{Cursor, OrderTag, Page, Sort, Window},
};

/// Best first.
pub(super) const ORDER: OrderTag = *b"Sn";
/// The score of what is not ranked: less than any other.
const UNRANKED: i64 = -1;

/// Something that was found, and how good it is, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub thing: Thing,
    pub score: i64,
}

/// A page of hits, and what was searched for in the end.
#[derive(Debug)]
pub struct Hits {
    pub page: Page<Hit>,
    /// How many can be paged through, where that was asked for.
    pub total: Option<u64>,
    pub query: Query,
}

impl Hit {
    /// Where it stands.
    pub const fn place(&self) -> Cursor {
        Cursor {
            sort: Sort::Number(self.score),
            id: self.thing.id(),
        }
    }

    /// As clients see it.
    #[expect(clippy::cast_precision_loss, reason = "a few millions")]
    pub(super) fn score(&self) -> f64 {
        self.score.max(0) as f64 / 1e6
    }

    const fn rank(&self) -> (i64, Uuid) {
        (self.score, self.thing.id())
    }
}

/// Finds what the actor may see of these kinds. Where nothing has the words as they are, small typos are forgiven.
pub async fn search(
    app: &App,
    actor: &Actor,
    query: Query,
    kinds: &[Kind],
    window: &Window,
    is_counted: bool,
) -> Result<Hits> {
    let mut query = query;
    let mut found = newest(app, actor, &query, kinds).await?;
    if found.iter().all(Vec::is_empty)
        && let Some(forgiving) = query.forgiving()
    {
        query = forgiving;
        found = newest(app, actor, &query, kinds).await?;
    }
    let full: Vec<Thing> = found
        .iter()
        .filter(|of_kind| of_kind.len() as u64 == RANKED_MAX)
        .filter_map(|of_kind| Some(of_kind.last()?.thing))
        .collect();
    let mut hits = ranked(app, &query, found).await?;
    let mut page = window.page_of(hits.clone(), Hit::rank);
    if is_counted || !page.has_next {
        for last in full {
            let older = candidates::older(app, actor, &query, last).await?;
            hits.extend(older.into_iter().map(|thing| Hit {
                thing,
                score: UNRANKED,
            }));
        }
        page = window.page_of(hits.clone(), Hit::rank);
    }
    Ok(Hits {
        page,
        total: is_counted.then_some(hits.len() as u64),
        query,
    })
}

async fn newest(
    app: &App,
    actor: &Actor,
    query: &Query,
    kinds: &[Kind],
) -> Result<Vec<Vec<Candidate>>> {
    let mut found = Vec::new();
    if query.is_empty() {
        return Ok(found);
    }
    for kind in kinds {
        found.push(candidates::newest(app, actor, query, *kind).await?);
    }
    Ok(found)
}

/// Off the threads that answer requests: up to 200 texts of each kind are cut into words.
async fn ranked(app: &App, query: &Query, found: Vec<Vec<Candidate>>) -> Result<Vec<Hit>> {
    let (query, now) = (query.clone(), app.clock.now());
    let hits = spawn_blocking(move || {
        let mut matcher = Matcher::new(&query);
        let hits = found.iter().flatten().map(|candidate| Hit {
            thing: candidate.thing,
            score: rank::score(&mut matcher, query.len(), candidate, now),
        });
        hits.collect()
    });
    Ok(hits.await.map_err(anyhow::Error::from)?)
}
