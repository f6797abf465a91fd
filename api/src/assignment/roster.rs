//! Teams that give out their tickets by themselves, and their members who are there: locked, so that
//! two who assign at once see each other.

use std::collections::{HashMap, HashSet};

use entity::{
    ids::{TeamId, UserId},
    team, team_member,
    ticket::Status,
    user::{self, Availability},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{
        Expr, ExprTrait, Func, LockType, Order as SqlOrder, Query, SelectStatement, WindowStatement,
    },
};

use super::rules::{self, Candidate};
use crate::{
    actor::Actor,
    app::Tx,
    error::Result,
    events::Handing,
    ticket::{self, Change, Filter, IdTest, Order, is_load},
};

/// Tickets given out in one transaction.
pub(super) const GIVEN_OUT_MAX: usize = 100;
/// Members of one team who are locked at once: of those with room, whose turn was longest ago. No transaction gives out more
/// tickets than these can take, so turns go round among all.
const CANDIDATES_MAX: i64 = 100;

/// Locked teams that give out tickets; manual ones are left out, and are not locked.
pub(super) struct Teams(Vec<team::Model>);

/// These teams with members who are ONLINE and have room, and what has been given out of them so far.
pub struct Roster {
    teams: Vec<team::Model>,
    members: HashMap<TeamId, Vec<team_member::Model>>,
    /// The newest turn of each team, whoever had it.
    last_turns: HashMap<TeamId, i64>,
    people: HashMap<UserId, Person>,
    turns: HashSet<(TeamId, UserId)>,
}

struct Person {
    capacity: i64,
    load: i64,
}

/// The team that a ticket waits in for somebody to take it.
pub(super) fn team_to_ask(ticket: &entity::ticket::Model) -> Option<TeamId> {
    let waits = ticket.assignee_id.is_none() && is_load(ticket);
    ticket.team_id.filter(|_| waits)
}

fn of_team(team: TeamId) -> Filter {
    Filter::Team(IdTest::In(vec![team]))
}

impl Teams {
    /// Locks by id, whatever the order of `ids`. Not so that rows which name a team must wait.
    pub(super) async fn lock(
        tx: &Tx<'_>,
        ids: impl IntoIterator<Item = TeamId>,
    ) -> Result<Option<Self>> {
        let teams = team::Entity::find()
            .filter(team::Column::Id.is_in(ids))
            .filter(team::Column::Assignment.ne(team::Assignment::Manual))
            .order_by_asc(team::Column::Id)
            .lock(LockType::NoKeyUpdate)
            .all(&**tx)
            .await?;
        Ok((!teams.is_empty()).then_some(Self(teams)))
    }

    /// Locks members who are ONLINE and have room, or will have it since they are `freed`, and counts what they have.
    pub(super) async fn with_members(self, tx: &Tx<'_>, freed: Option<UserId>) -> Result<Roster> {
        let teams: Vec<_> = self.0.iter().map(|team| team.id).collect();
        let people = user::Entity::find()
            .filter(user::Column::Availability.eq(Availability::Online))
            .filter(user::Column::DisabledAt.is_null())
            .filter(user::Column::Id.in_subquery(candidates_of(&teams, freed)))
            .order_by_asc(user::Column::Id)
            .lock(LockType::NoKeyUpdate)
            .all(&**tx)
            .await?;
        let ids: Vec<_> = people.iter().map(|user| user.id).collect();
        let loads = if ids.is_empty() {
            HashMap::new()
        } else {
            loads(tx, &ids).await?
        };
        let person = |user: &user::Model| Person {
            capacity: user.capacity.into(),
            load: loads.get(&user.id).copied().unwrap_or_default(),
        };
        let mut members: HashMap<TeamId, Vec<team_member::Model>> = HashMap::new();
        let candidates = team_member::Entity::find()
            .filter(team_member::Column::TeamId.is_in(teams.iter().copied()))
            .filter(team_member::Column::UserId.is_in(ids));
        for member in candidates.all(&**tx).await? {
            members.entry(member.team_id).or_default().push(member);
        }
        Ok(Roster {
            teams: self.0,
            members,
            last_turns: last_turns(tx, &teams).await?,
            people: people.iter().map(|user| (user.id, person(user))).collect(),
            turns: HashSet::new(),
        })
    }
}

/// Who of each team may be given something next. Who is full is left out, so that they hide nobody; what they have is
/// counted again once they are locked.
fn candidates_of(teams: &[TeamId], freed: Option<UserId>) -> SelectStatement {
    let load = entity::ticket::Entity::find()
        .select_only()
        .column_as(Expr::col(entity::ticket::Column::Id).count(), "load")
        .filter(
            Expr::col(entity::ticket::Column::AssigneeId.as_column_ref())
                .equals(user::Column::Id.as_column_ref()),
        )
        .filter(Filter::Status(vec![Status::New, Status::Open]).condition())
        .into_query();
    let has_room = Condition::any()
        .add(Expr::col(user::Column::Capacity.as_column_ref()).gt(load))
        .add(user::Column::Id.is_in(freed));
    let turn = WindowStatement::partition_by(team_member::Column::TeamId.as_column_ref())
        .order_by_expr(
            Expr::col(team_member::Column::LastTurn.as_column_ref()),
            SqlOrder::Asc,
        )
        .order_by_expr(
            Expr::col(team_member::Column::UserId.as_column_ref()),
            SqlOrder::Asc,
        )
        .take();
    let ranked = team_member::Entity::find()
        .select_only()
        .column(team_member::Column::UserId)
        .filter(team_member::Column::TeamId.is_in(teams.iter().copied()))
        .filter(user::Column::Availability.eq(Availability::Online))
        .filter(user::Column::DisabledAt.is_null())
        .filter(has_room)
        .into_query()
        .inner_join(
            user::Entity,
            Expr::col(user::Column::Id.as_column_ref())
                .equals(team_member::Column::UserId.as_column_ref()),
        )
        .expr_window_as(Func::cust("ROW_NUMBER"), turn, "turn")
        .take();
    Query::select()
        .column(team_member::Column::UserId)
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("turn").lte(CANDIDATES_MAX))
        .take()
}

/// Whose turn it was is counted among all members, whether they are there or not.
async fn last_turns(tx: &Tx<'_>, teams: &[TeamId]) -> Result<HashMap<TeamId, i64>> {
    let turns: Vec<(TeamId, i64)> = team_member::Entity::find()
        .select_only()
        .column(team_member::Column::TeamId)
        .column_as(Expr::col(team_member::Column::LastTurn).max(), "last")
        .filter(team_member::Column::TeamId.is_in(teams.iter().copied()))
        .group_by(team_member::Column::TeamId)
        .into_tuple()
        .all(&**tx)
        .await?;
    Ok(turns.into_iter().collect())
}

/// How many NEW and OPEN tickets each of them has: an index holds them, a few for each.
async fn loads(tx: &Tx<'_>, users: &[UserId]) -> Result<HashMap<UserId, i64>> {
    let counts: Vec<(UserId, i64)> = entity::ticket::Entity::find()
        .select_only()
        .column(entity::ticket::Column::AssigneeId)
        .column_as(Expr::col(entity::ticket::Column::Id).count(), "load")
        .filter(entity::ticket::Column::AssigneeId.is_in(users.iter().copied()))
        .filter(Filter::Status(vec![Status::New, Status::Open]).condition())
        .group_by(entity::ticket::Column::AssigneeId)
        .into_tuple()
        .all(&**tx)
        .await?;
    Ok(counts.into_iter().collect())
}

impl Roster {
    /// Gives a ticket that is nobody's to whoever of its team is next, not to who has just put it back.
    pub fn route(&mut self, tx: &mut Tx<'_>, change: &mut Change) {
        let Some(team) = team_to_ask(&change.after) else {
            return;
        };
        if let Some((agent, why)) = self.choose(team, change.holder_before()) {
            change.hand(tx, Some(agent), why);
        }
    }

    /// Gives out what waits in these teams, those that are due next first, as far as there is room; at
    /// most `GIVEN_OUT_MAX`. What somebody else is changing at the moment is routed by their change.
    pub async fn give_out(mut self, tx: &mut Tx<'_>) -> Result<usize> {
        let mut given = 0;
        for (team, room) in self.rooms() {
            for _ in 0..room {
                if given == GIVEN_OUT_MAX {
                    break;
                }
                let query = ticket::next(&Actor::System, &of_team(team), Order::NEXT_DUE);
                let Some(mut change) = Change::lock_next(tx, query).await? else {
                    break;
                };
                let Some((agent, why)) = self.choose(team, None) else {
                    break;
                };
                change.hand(tx, Some(agent), why);
                change.save(tx).await?;
                given += 1;
            }
        }
        self.save(tx).await?;
        Ok(given)
    }

    /// One of these tickets is not theirs any more.
    pub fn free(&mut self, agent: UserId) {
        if let Some(person) = self.people.get_mut(&agent) {
            person.load -= 1;
        }
    }

    /// The teams that have somebody with room, and how much room there is.
    fn rooms(&self) -> Vec<(TeamId, u64)> {
        let room = |team: &team::Model| {
            let room = self.candidates(team.id).map(|one| one.room()).sum::<i64>();
            (team.id, u64::try_from(room).unwrap_or_default())
        };
        self.teams
            .iter()
            .map(room)
            .filter(|(_, room)| *room > 0)
            .collect()
    }

    /// Whoever of the team gets the ticket, which counts among theirs from now on. Not who has just
    /// put it back.
    pub(super) fn choose(
        &mut self,
        team: TeamId,
        not: Option<UserId>,
    ) -> Option<(UserId, Handing)> {
        let team = self.teams.iter().find(|known| known.id == team)?;
        let (team_id, why) = (team.id, rules::rule_of(team.assignment)?);
        let candidates = self
            .candidates(team_id)
            .filter(|candidate| Some(candidate.user) != not);
        let chosen = rules::choose(team.assignment, candidates)?;
        let members = self.members.get_mut(&team_id)?;
        let member = members.iter_mut().find(|member| member.user_id == chosen)?;
        let last = self.last_turns.entry(team_id).or_default();
        *last += 1;
        member.last_turn = *last;
        self.turns.insert((team_id, chosen));
        if let Some(person) = self.people.get_mut(&chosen) {
            person.load += 1;
        }
        Some((chosen, why))
    }

    fn candidates(&self, team: TeamId) -> impl Iterator<Item = Candidate> {
        let members = self.members.get(&team).into_iter().flatten();
        members.filter_map(|member| {
            let person = self.people.get(&member.user_id)?;
            Some(Candidate {
                user: member.user_id,
                load: person.load,
                capacity: person.capacity,
                last_turn: member.last_turn,
            })
        })
    }

    /// Keeps whose turn it was.
    pub(super) async fn save(self, tx: &Tx<'_>) -> Result<()> {
        for key in &self.turns {
            let member = self.members.get(&key.0).into_iter().flatten();
            let Some(member) = member.into_iter().find(|member| member.user_id == key.1) else {
                continue;
            };
            team_member::Entity::update_many()
                .col_expr(team_member::Column::LastTurn, Expr::value(member.last_turn))
                .filter(team_member::Column::TeamId.eq(key.0))
                .filter(team_member::Column::UserId.eq(key.1))
                .exec(&**tx)
                .await?;
        }
        Ok(())
    }
}
