//! Gaps in what is known: groups of recent tickets that no article answered.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use entity::{
    ids::{TicketId, UserId},
    knowledge_link, ticket,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use tokio::task::spawn_blocking;

use super::{
    bag::{self, Bag},
    clusters::clusters,
    vectors::Vectors,
};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    help::source::TEACHING,
    policy::{self, Action},
    ticket as tickets,
};

/// Tickets that are looked at, the newest of the time.
const TICKETS_MAX: usize = 2_000;
/// The longest time that can be asked for.
const TIME_MAX: TimeDelta = TimeDelta::days(92);
/// How long it is where nobody says.
const TIME: TimeDelta = TimeDelta::days(30);
/// What fewer tickets ask for is no gap yet.
const GAP_TICKETS_MIN: usize = 3;
/// Gaps in one answer.
const GAPS_MAX: usize = 25;
/// Tickets and words that show what a gap is about.
const EXAMPLES: usize = 5;
const WORDS: usize = 6;

/// Which gaps are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::help) struct Asked {
    pub(in crate::help) from: Option<DateTime<Utc>>,
    pub(in crate::help) to: Option<DateTime<Utc>>,
    pub(in crate::help) first: Option<i32>,
}

/// What was found, and in which tickets.
#[derive(Clone, Debug)]
pub(in crate::help) struct Gaps {
    pub(in crate::help) groups: Vec<Gap>,
    pub(in crate::help) ticket_count: usize,
    /// Whether these were all tickets of the time.
    pub(in crate::help) is_complete: bool,
}

/// Tickets that ask for the same.
#[derive(Clone, Debug)]
pub(in crate::help) struct Gap {
    /// Most telling first.
    pub(in crate::help) words: Vec<String>,
    pub(in crate::help) ticket_count: usize,
    pub(in crate::help) requester_count: usize,
    /// Most typical first.
    pub(in crate::help) examples: Vec<ticket::Model>,
    pub(in crate::help) first_at: DateTime<Utc>,
    pub(in crate::help) last_at: DateTime<Utc>,
}

/// The last year with four digits: the databases do not know all that follow.
const YEAR_MAX: i32 = 9999;

/// A ticket without an article.
struct Unanswered {
    id: TicketId,
    version: i32,
    requester: UserId,
    at: DateTime<Utc>,
}

/// The largest groups of tickets like each other that the actor sees and no article answered.
pub(in crate::help) async fn find_gaps(app: &App, actor: &Actor, asked: Asked) -> Result<Gaps> {
    policy::authorize(actor, Action::FindKnowledgeGaps)?;
    let first = usize::try_from(asked.first.unwrap_or(10)).unwrap_or(usize::MAX);
    if first > GAPS_MAX {
        return Err(Error::BadInput("`first` is from 0 to 25"));
    }
    let to = asked.to.unwrap_or_else(|| app.clock.now());
    let from = asked.from.or_else(|| to.checked_sub_signed(TIME));
    let from = from.filter(|from| from.year() >= 0 && to.year() <= YEAR_MAX);
    let from = from.ok_or(Error::BadInput("`from` and `to` have years of four digits"))?;
    if from > to || to - from > TIME_MAX {
        return Err(Error::BadInput("`from` is before `to`, by 92 days at most"));
    }
    let _turn = app.help.bags.gaps.take().await?;
    let mut rows = unanswered(app, actor, from, to).await?;
    let is_complete = rows.len() <= TICKETS_MAX;
    rows.truncate(TICKETS_MAX);
    let keys: Vec<_> = rows.iter().map(|row| (row.id, row.version)).collect();
    let bags = bag::load(app, &keys).await?;
    let found = spawn_blocking(move || (group(&rows, &bags, first), rows.len()));
    let (groups, ticket_count) = found.await.map_err(anyhow::Error::from)?;
    Ok(Gaps {
        groups: with_examples(app, actor, groups).await?,
        ticket_count,
        is_complete,
    })
}

/// The newest tickets of a time that have no article which was sent or solved them, one more than are looked at.
async fn unanswered(
    app: &App,
    actor: &Actor,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Unanswered>> {
    use ticket::Column;

    let answered = knowledge_link::Entity::find()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col(knowledge_link::Column::TicketId.as_column_ref())
                .equals(Column::Id.as_column_ref()),
        )
        .filter(knowledge_link::Column::Role.is_in(TEACHING))
        .into_query();
    let rows: Vec<(TicketId, i32, UserId, DateTime<Utc>)> = ticket::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Version,
            Column::RequesterId,
            Column::CreatedAt,
        ])
        .filter(policy::visible_tickets(actor))
        .filter(Column::MergedIntoId.is_null())
        .filter(Column::CreatedAt.gte(from))
        .filter(Column::CreatedAt.lte(to))
        .filter(Expr::exists(answered).not())
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(TICKETS_MAX as u64 + 1)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let row = |(id, version, requester, at)| Unanswered {
        id,
        version,
        requester,
        at,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// A gap before its tickets are read.
struct Group {
    gap: Gap,
    examples: Vec<TicketId>,
}

/// Largest first, then the one that goes on; ties by id, so that all servers answer alike.
fn group(rows: &[Unanswered], bags: &[Arc<Bag>], first: usize) -> Vec<Group> {
    let vectors = Vectors::of(bags);
    let mut groups = clusters(&vectors);
    groups.retain(|members| members.len() >= GAP_TICKETS_MIN);
    groups.sort_by_key(|members| {
        let newest = members
            .iter()
            .map(|place| (rows[*place].at, rows[*place].id));
        (Reverse(members.len()), Reverse(newest.max()))
    });
    groups.truncate(first);
    let describe = |members: &Vec<usize>| describe(&vectors, rows, bags, members);
    groups.iter().map(describe).collect()
}

fn describe(vectors: &Vectors, rows: &[Unanswered], bags: &[Arc<Bag>], members: &[usize]) -> Group {
    let mut together = vec![0.0_f32; vectors.stems.len()];
    for (word, weight) in members.iter().flat_map(|place| &vectors.texts[*place]) {
        together[*word as usize] += weight;
    }
    let mut words: Vec<usize> = (0..together.len())
        .filter(|word| together[*word] > 0.0)
        .collect();
    words.sort_by(|one, other| {
        together[*other]
            .total_cmp(&together[*one])
            .then(one.cmp(other))
    });
    words.truncate(WORDS);
    let typical = |place: usize| -> f32 {
        let words = vectors.texts[place].iter();
        words
            .map(|(word, weight)| weight * together[*word as usize])
            .sum()
    };
    let mut examples: Vec<(f32, TicketId)> = members
        .iter()
        .map(|place| (typical(*place), rows[*place].id))
        .collect();
    examples.sort_by(|(one, a), (other, b)| other.total_cmp(one).then(a.cmp(b)));
    let times = members.iter().map(|place| rows[*place].at);
    let requesters: HashSet<UserId> = members.iter().map(|place| rows[*place].requester).collect();
    Group {
        gap: Gap {
            words: words
                .into_iter()
                .map(|word| form_of(&vectors.stems[word], bags, members))
                .collect(),
            ticket_count: members.len(),
            requester_count: requesters.len(),
            examples: Vec::new(),
            first_at: times.clone().min().unwrap_or_default(),
            last_at: times.max().unwrap_or_default(),
        },
        examples: examples
            .into_iter()
            .take(EXAMPLES)
            .map(|(_, id)| id)
            .collect(),
    }
}

/// How a stem is mostly written.
fn form_of(stem: &str, bags: &[Arc<Bag>], members: &[usize]) -> String {
    let mut forms: BTreeMap<&str, usize> = BTreeMap::new();
    for place in members {
        let words = &bags[*place].0;
        if let Ok(at) = words.binary_search_by(|word| (*word.stem).cmp(stem)) {
            *forms.entry(&words[at].form).or_default() += 1;
        }
    }
    let most = forms
        .into_iter()
        .max_by_key(|(form, times)| (*times, Reverse(*form)));
    most.map_or(stem, |(form, _)| form).to_owned()
}

async fn with_examples(app: &App, actor: &Actor, groups: Vec<Group>) -> Result<Vec<Gap>> {
    let ids: Vec<TicketId> = groups
        .iter()
        .flat_map(|group| group.examples.iter().copied())
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = tickets::find_many(app, actor, &ids).await?;
    let mut gaps = Vec::with_capacity(groups.len());
    for Group { mut gap, examples } in groups {
        gap.examples = examples.iter().filter_map(|id| rows.remove(id)).collect();
        gaps.push(gap);
    }
    Ok(gaps)
}
