//! Open tickets that may be one and the same: by their words, by whose they are, and by when they were opened.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entity::{
    ids::{OrganizationId, TicketId},
    ticket::{self, Status},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use tokio::task::spawn_blocking;

use super::{
    bag::{self, Bag},
    vectors::Vectors,
};
use crate::{actor::Actor, app::App, error::Result, policy, ticket as tickets};

/// Open tickets that are looked at, the newest.
const TICKETS_MAX: u64 = 1_000;
/// How many of them are shown of one ticket.
const SHOWN_MAX: usize = 5;
/// What is less alike is another matter.
const SCORE_MIN: f32 = 0.35;
/// What is left of the score where the tickets are of different organizations, or of people without one.
const OTHERS: f32 = 0.8;
/// What is left of the score after a long time, and after how many days half of the rest is gone.
const LATER: f32 = 0.6;
const HALF_AFTER_DAYS: f32 = 7.0;

/// Nobody has solved them yet.
const OPEN: [Status; 3] = [Status::New, Status::Open, Status::Waiting];

/// Tickets and how alike they are, from 0 to 1, best first.
pub(in crate::help) type Duplicates = Vec<(ticket::Model, f32)>;

#[derive(Clone, Copy)]
struct Row {
    id: TicketId,
    version: i32,
    organization: Option<OrganizationId>,
    at: DateTime<Utc>,
}

/// For each of `ids` that is open: other open tickets that may be the same, for staff, through what they see.
pub(in crate::help) async fn find_duplicates(
    app: &App,
    actor: &Actor,
    ids: &[TicketId],
) -> Result<HashMap<TicketId, Arc<Duplicates>>> {
    if !policy::is_at_desk(actor) {
        return Ok(HashMap::new());
    }
    let _turn = app.help.bags.duplicates.take().await?;
    let newest = open_tickets(actor)
        .order_by_desc(ticket::Column::CreatedAt)
        .order_by_desc(ticket::Column::Id)
        .limit(TICKETS_MAX);
    let mut rows = read(app, newest).await?;
    let known: HashSet<TicketId> = rows.iter().map(|row| row.id).collect();
    let older = ids.iter().filter(|id| !known.contains(id)).copied();
    let older: Vec<TicketId> = older.collect();
    let candidates = rows.len();
    if !older.is_empty() {
        let older = open_tickets(actor)
            .filter(ticket::Column::Id.is_in(older))
            .order_by_asc(ticket::Column::Id);
        rows.extend(read(app, older).await?);
    }
    let keys: Vec<_> = rows.iter().map(|row| (row.id, row.version)).collect();
    let bags = bag::load(app, &keys).await?;
    let wanted: HashSet<TicketId> = ids.iter().copied().collect();
    let found = spawn_blocking(move || compare(&rows, candidates, &bags, &wanted));
    show(app, actor, found.await.map_err(anyhow::Error::from)?).await
}

fn open_tickets(actor: &Actor) -> Select<ticket::Entity> {
    ticket::Entity::find()
        .filter(policy::visible_tickets(actor))
        .filter(ticket::Column::Status.is_in(OPEN))
}

async fn read(app: &App, query: Select<ticket::Entity>) -> Result<Vec<Row>> {
    use ticket::Column;

    let rows: Vec<(TicketId, i32, Option<OrganizationId>, DateTime<Utc>)> = query
        .select_only()
        .columns([
            Column::Id,
            Column::Version,
            Column::OrganizationId,
            Column::CreatedAt,
        ])
        .into_tuple()
        .all(&app.store.read)
        .await?;
    let row = |(id, version, organization, at)| Row {
        id,
        version,
        organization,
        at,
    };
    Ok(rows.into_iter().map(row).collect())
}

type Found = Vec<(TicketId, Vec<(TicketId, f32)>)>;

/// Compares each of the wanted with the first `candidates` of the rows.
fn compare(
    rows: &[Row],
    candidates: usize,
    bags: &[Arc<Bag>],
    wanted: &HashSet<TicketId>,
) -> Found {
    let vectors = Vectors::of(bags);
    let mut alike = vec![0.0; rows.len()];
    let mut found = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        if !wanted.contains(&row.id) {
            continue;
        }
        vectors.compare(place, &mut alike);
        let others = rows[..candidates].iter().zip(&alike);
        let others = others.filter(|(other, _)| other.id != row.id);
        let scored = others.map(|(other, alike)| (other.id, alike * nearness(row, other)));
        let mut near: Vec<(TicketId, f32)> =
            scored.filter(|(_, score)| *score >= SCORE_MIN).collect();
        near.sort_by(|(one, a), (other, b)| b.total_cmp(a).then(one.cmp(other)));
        near.truncate(SHOWN_MAX);
        found.push((row.id, near));
    }
    found
}

/// What whose they are and when they were opened leaves of how alike their words are.
fn nearness(one: &Row, other: &Row) -> f32 {
    let is_same = one.organization.is_some() && one.organization == other.organization;
    let apart = (one.at - other.at).abs().num_seconds();
    #[expect(clippy::cast_precision_loss, reason = "seconds of some years")]
    let days = apart as f32 / 86_400.0;
    let near = 0.5_f32.powf(days / HALF_AFTER_DAYS);
    (if is_same { 1.0 } else { OTHERS }) * (LATER + (1.0 - LATER) * near)
}

async fn show(
    app: &App,
    actor: &Actor,
    found: Found,
) -> Result<HashMap<TicketId, Arc<Duplicates>>> {
    let others = found.iter().flat_map(|(_, others)| others);
    let ids: HashSet<TicketId> = others.map(|(id, _)| *id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<TicketId> = ids.into_iter().collect();
    let rows = tickets::find_many(app, actor, &ids).await?;
    let shown = |(id, others): (TicketId, Vec<(TicketId, f32)>)| {
        let others = others.into_iter();
        let others = others.filter_map(|(id, score)| Some((rows.get(&id)?.clone(), score)));
        (id, Arc::new(others.collect()))
    };
    Ok(found.into_iter().map(shown).collect())
}
