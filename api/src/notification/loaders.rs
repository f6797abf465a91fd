//! Who is part of a ticket: read once for all who are told of the same event.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::{
    dataloader::{DataLoader, Loader, LruCache},
    runtime::{TokioSpawner, TokioTimer},
};
use entity::{
    follower,
    ids::{TeamId, TicketId, UserId},
    team_member, ticket,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Kind, Question};
use crate::{
    error::{Error, Result},
    events::Pos,
    graphql::loader::SharedError,
    policy,
    store::Store,
};

/// Events whose audience is remembered: streams come to them within a moment of each other.
const REMEMBERED_MAX: usize = 1_024;

/// Every stream of notifications asks the same of every event, so the questions go to the database
/// together, and the answer for an event stays: however many listen, it is read once or twice.
pub struct Audiences(DataLoader<Reader, LruCache>);

struct Reader(Store);

type Users = Arc<HashSet<UserId>>;

/// A ticket at an event: what was read for an earlier one does not answer for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asked {
    ticket_id: TicketId,
    pos: Pos,
}

/// Asks who answers for a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct InCharge(Asked);

/// Asks who is of a team, at an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct OfTeam {
    team_id: TeamId,
    pos: Pos,
}

impl Audiences {
    /// Reads from `store`, on the present runtime.
    pub fn new(store: Store) -> Self {
        let (spawner, timer) = (TokioSpawner::current(), TokioTimer::default());
        let remembered = LruCache::new(REMEMBERED_MAX);
        Self(DataLoader::with_cache(
            Reader(store),
            spawner,
            timer,
            remembered,
        ))
    }

    /// The answer to a question that the event at `pos` raises about `user`. Says nothing of what they
    /// may see.
    pub(super) async fn answer(
        &self,
        question: Question,
        pos: Pos,
        user: UserId,
    ) -> Result<Option<Kind>> {
        let asked = |ticket_id| Asked { ticket_id, pos };
        let (is_concerned, kind) = match question {
            Question::Settled(kind) => (true, kind),
            Question::Part(id, kind) => (self.has(asked(id), user).await?, kind),
            Question::Charge(id, kind) => (self.has(InCharge(asked(id)), user).await?, kind),
            Question::ChargeOrTeam(id, team_id, kind) => {
                let is_in_charge = self.has(InCharge(asked(id)), user).await?;
                let is_member = is_in_charge || self.has(OfTeam { team_id, pos }, user).await?;
                (is_member, kind)
            }
        };
        Ok(is_concerned.then_some(kind))
    }

    async fn has<K>(&self, key: K, user: UserId) -> Result<bool>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Reader: Loader<K, Value = Users, Error = SharedError>,
    {
        let users = self.0.load_one(key).await;
        let users = users.map_err(|error| Error::Internal(anyhow::anyhow!("{error:?}")))?;
        Ok(users.is_some_and(|users| users.contains(&user)))
    }
}

impl Loader<Asked> for Reader {
    type Value = Users;
    type Error = SharedError;

    /// Requester, assignee and followers of now.
    async fn load(&self, asked: &[Asked]) -> Result<HashMap<Asked, Users>, SharedError> {
        let ids: HashSet<_> = asked.iter().map(|asked| asked.ticket_id).collect();
        let holders = ticket::Entity::find()
            .select_only()
            .columns([
                ticket::Column::Id,
                ticket::Column::RequesterId,
                ticket::Column::AssigneeId,
            ])
            .filter(ticket::Column::Id.is_in(ids.iter().copied()))
            .into_tuple();
        let holders: Vec<(TicketId, UserId, Option<UserId>)> =
            holders.all(&self.0.read).await.map_err(shared)?;
        let followers =
            follower::Entity::find().filter(follower::Column::TicketId.is_in(ids.iter().copied()));
        let mut users: HashMap<TicketId, HashSet<UserId>> = HashMap::new();
        for (id, requester, assignee) in holders {
            users
                .entry(id)
                .or_default()
                .extend(std::iter::once(requester).chain(assignee));
        }
        for row in followers.all(&self.0.read).await.map_err(shared)? {
            users.entry(row.ticket_id).or_default().insert(row.user_id);
        }
        let users = share(users);
        let answers = asked
            .iter()
            .filter_map(|asked| Some((*asked, Arc::clone(users.get(&asked.ticket_id)?))));
        Ok(answers.collect())
    }
}

impl Loader<InCharge> for Reader {
    type Value = Users;
    type Error = SharedError;

    /// The assignee, and who leads the team, of now.
    async fn load(&self, asked: &[InCharge]) -> Result<HashMap<InCharge, Users>, SharedError> {
        let ids: HashSet<_> = asked.iter().map(|asked| asked.0.ticket_id).collect();
        let holders: Vec<(TicketId, Option<UserId>, Option<TeamId>)> = ticket::Entity::find()
            .select_only()
            .columns([
                ticket::Column::Id,
                ticket::Column::AssigneeId,
                ticket::Column::TeamId,
            ])
            .filter(ticket::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.0.read)
            .await
            .map_err(shared)?;
        let teams: HashSet<TeamId> = holders.iter().filter_map(|(_, _, team)| *team).collect();
        let leads = if teams.is_empty() {
            Vec::new()
        } else {
            let query = team_member::Entity::find().filter(policy::leads_of(teams));
            query.all(&self.0.read).await.map_err(shared)?
        };
        let in_charge = holders.into_iter().map(|(id, assignee, team)| {
            let leads = leads.iter().filter(|member| Some(member.team_id) == team);
            let leads = leads.map(|member| member.user_id);
            (id, leads.chain(assignee).collect())
        });
        let users = share(in_charge);
        let answers = asked
            .iter()
            .filter_map(|asked| Some((*asked, Arc::clone(users.get(&asked.0.ticket_id)?))));
        Ok(answers.collect())
    }
}

impl Loader<OfTeam> for Reader {
    type Value = Users;
    type Error = SharedError;

    /// The members of now.
    async fn load(&self, asked: &[OfTeam]) -> Result<HashMap<OfTeam, Users>, SharedError> {
        let teams: HashSet<_> = asked.iter().map(|asked| asked.team_id).collect();
        let rows = team_member::Entity::find().filter(team_member::Column::TeamId.is_in(teams));
        let mut members: HashMap<TeamId, HashSet<UserId>> = HashMap::new();
        for row in rows.all(&self.0.read).await.map_err(shared)? {
            members.entry(row.team_id).or_default().insert(row.user_id);
        }
        let members: HashMap<TeamId, Users> = members
            .into_iter()
            .map(|(team, users)| (team, Arc::new(users)))
            .collect();
        let answers = asked
            .iter()
            .filter_map(|asked| Some((*asked, Arc::clone(members.get(&asked.team_id)?))));
        Ok(answers.collect())
    }
}

fn share(users: impl IntoIterator<Item = (TicketId, HashSet<UserId>)>) -> HashMap<TicketId, Users> {
    let users = users.into_iter();
    users.map(|(id, users)| (id, Arc::new(users))).collect()
}

fn shared(error: sea_orm::DbErr) -> SharedError {
    SharedError::new(error.into())
}
