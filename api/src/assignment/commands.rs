//! Who can take tickets, how a team gives out its own, and what follows from changes to either.

use entity::{
    ids::{TeamId, UserId},
    team, team_member, ticket,
    user::{self, Availability},
};
use sea_orm::{
    ActiveEnum, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, LockType, SelectStatement},
};

use super::{
    returns,
    roster::{GIVEN_OUT_MAX, Roster, Teams, team_to_ask},
};
use crate::{
    actor::Actor,
    app::{App, Memory, Tx, retry},
    error::{Error, Result},
    events::{Event, Handing},
    input::Named,
    people,
    policy::{self, Action},
    refusal::{Refusal, Why},
    ticket::{Change, Filter},
};

/// Open tickets that one agent can be given at most.
const CAPACITY_MAX: i16 = 100;
/// Tickets that are taken back in one transaction.
const RETURNED_MAX: u64 = 100;
/// Transactions of one call: more than anybody's tickets take.
const ROUNDS_MAX: usize = 1_000;

/// Who gets a new ticket, where its team gives it out and somebody has room.
pub async fn choose(tx: &Tx<'_>, ticket: &ticket::Model) -> Result<Option<(UserId, Handing)>> {
    let Some(team) = team_to_ask(ticket) else {
        return Ok(None);
    };
    let Some(teams) = Teams::lock(tx, [team]).await? else {
        return Ok(None);
    };
    let mut roster = teams.with_members(tx, None).await?;
    let chosen = roster.choose(team, None);
    roster.save(tx).await?;
    Ok(chosen)
}

/// The teams that a change concerns: that of a ticket which is nobody's, and those where something
/// waits for an agent who has one ticket less. None where nothing is given out.
pub async fn roster_for(
    tx: &Tx<'_>,
    ticket: &ticket::Model,
    freed: Option<UserId>,
) -> Result<Option<Roster>> {
    let mut teams: Vec<_> = team_to_ask(ticket).into_iter().collect();
    if let Some(agent) = freed {
        teams.extend(waited_in(tx, agent).await?);
    }
    if teams.is_empty() {
        return Ok(None);
    }
    match Teams::lock(tx, teams).await? {
        Some(teams) => Ok(Some(teams.with_members(tx, freed).await?)),
        None => Ok(None),
    }
}

/// The teams of an agent that give out tickets and have some to give out.
async fn waited_in(tx: &Tx<'_>, agent: UserId) -> Result<Vec<TeamId>> {
    let with_waiting = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::TeamId)
        .filter(ticket::Column::TeamId.is_not_null())
        .filter(ticket::Column::AssigneeId.is_null())
        .filter(Filter::Status(vec![ticket::Status::New, ticket::Status::Open]).condition())
        .filter(ticket::Column::TeamId.in_subquery(teams_of(agent)))
        .into_query();
    let teams = team::Entity::find()
        .select_only()
        .column(team::Column::Id)
        .filter(team::Column::Assignment.ne(team::Assignment::Manual))
        .filter(team::Column::Id.in_subquery(teams_of(agent)))
        .filter(team::Column::Id.in_subquery(with_waiting));
    Ok(teams.into_tuple().all(&**tx).await?)
}

fn teams_of(agent: UserId) -> SelectStatement {
    team_member::Entity::find()
        .select_only()
        .column(team_member::Column::TeamId)
        .filter(team_member::Column::UserId.eq(agent))
        .into_query()
}

/// Says whether somebody, oneself where nobody is named, can take tickets. Who comes is given what
/// waits; who goes gives back what their teams want back, a batch at a time, each batch whole.
pub async fn set_availability(
    app: &App,
    actor: &Actor,
    of: Named<UserId>,
    to: Availability,
) -> Result<user::Model> {
    let id = match of {
        Named::Absent | Named::Null => actor.id().ok_or(Error::Forbidden)?,
        Named::Id(id) => id,
        Named::Unknown => return Err(Refusal::NotFound { field: "userId" }.into()),
    };
    let (user, returned) = retry(|| begin_availability(app, actor, id, to)).await?;
    app.forget(Memory::User(id));
    // It is said already, and what is not given back now is noted: any server goes on with it.
    if returned > 0
        && let Err(error) = return_all(app, actor, id).await
    {
        tracing::warn!(?error, "tickets are given back later");
    }
    Ok(user)
}

/// Gives back all that is left of who went away, unless they are back.
pub(super) async fn return_all(app: &App, actor: &Actor, id: UserId) -> Result<()> {
    for _ in 0..ROUNDS_MAX {
        if retry(|| return_more(app, actor, id)).await? == 0 {
            break;
        }
    }
    Ok(())
}

async fn begin_availability(
    app: &App,
    actor: &Actor,
    id: UserId,
    to: Availability,
) -> Result<(user::Model, usize)> {
    let mut tx = app.begin(actor).await?;
    let (user, teams) = find_agent(&tx, id).await?;
    policy::authorize(
        actor,
        Action::SetAvailability {
            of: id,
            teams: &teams,
        },
    )?;
    refuse_requester(&user)?;
    let held = returning(&mut tx, id, to).await?;
    let teams = lock_teams(&tx, &teams, &held).await?;
    let mut user = lock_user(&tx, id).await?;
    if user.availability != to {
        let from = user.availability;
        user = change_user(
            &tx,
            user,
            user::Column::Availability,
            Expr::value(to.to_value()),
        )
        .await?;
        user.availability = to;
        tx.record(Event::AvailabilitySet {
            user_id: id,
            from,
            to,
        });
    }
    let returned = give_back(&mut tx, held).await?;
    returns::note(&tx, id, returned > 0).await?;
    give_out(&mut tx, teams).await?;
    tx.commit().await?;
    Ok((user, returned))
}

/// The next batch of who went away, unless they are back.
async fn return_more(app: &App, actor: &Actor, id: UserId) -> Result<usize> {
    let mut tx = app.begin(actor).await?;
    let (user, teams) = find_agent(&tx, id).await?;
    let held = returning(&mut tx, id, user.availability).await?;
    let teams = lock_teams(&tx, &teams, &held).await?;
    if lock_user(&tx, id).await?.availability != user.availability {
        return Ok(0);
    }
    let returned = give_back(&mut tx, held).await?;
    returns::note(&tx, id, returned > 0).await?;
    give_out(&mut tx, teams).await?;
    tx.commit().await?;
    Ok(returned)
}

async fn returning(tx: &mut Tx<'_>, id: UserId, to: Availability) -> Result<Vec<Change>> {
    match to {
        Availability::Online | Availability::Busy => Ok(Vec::new()),
        Availability::Away | Availability::Offline => {
            Change::lock_returning(tx, id, RETURNED_MAX).await
        }
    }
}

async fn lock_teams(tx: &Tx<'_>, own: &[TeamId], held: &[Change]) -> Result<Option<Teams>> {
    let of_tickets = held.iter().filter_map(|change| change.after.team_id);
    Teams::lock(tx, own.iter().copied().chain(of_tickets)).await
}

async fn give_back(tx: &mut Tx<'_>, held: Vec<Change>) -> Result<usize> {
    let count = held.len();
    for mut change in held {
        change.hand(tx, None, Handing::HolderAway);
        change.save(tx).await?;
    }
    Ok(count)
}

async fn give_out(tx: &mut Tx<'_>, teams: Option<Teams>) -> Result<usize> {
    match teams {
        Some(teams) => teams.with_members(tx, None).await?.give_out(tx).await,
        None => Ok(0),
    }
}

/// Says how many open tickets somebody can be given by their teams.
pub async fn set_capacity(
    app: &App,
    actor: &Actor,
    of: Option<UserId>,
    capacity: i32,
) -> Result<user::Model> {
    let id = of.ok_or(Refusal::NotFound { field: "userId" })?;
    let mut tx = app.begin(actor).await?;
    let (user, teams) = find_agent(&tx, id).await?;
    policy::authorize(actor, Action::SetCapacity { teams: &teams })?;
    refuse_requester(&user)?;
    let to = i16::try_from(capacity).ok();
    let to = to.filter(|to| (0..=CAPACITY_MAX).contains(to));
    let to = to.ok_or(Refusal::Invalid {
        field: "capacity",
        why: Why::OutOfRange {
            min: 0,
            max: CAPACITY_MAX.into(),
        },
    })?;
    let teams = Teams::lock(&tx, teams).await?;
    let mut user = lock_user(&tx, id).await?;
    if user.capacity != to {
        let from = user.capacity;
        user = change_user(&tx, user, user::Column::Capacity, Expr::value(to)).await?;
        user.capacity = to;
        tx.record(Event::CapacitySet {
            user_id: id,
            from,
            to,
        });
    }
    give_out(&mut tx, teams).await?;
    tx.commit().await?;
    app.forget(Memory::User(id));
    Ok(user)
}

/// Says how a team gives out its tickets; what waits is given out at once. What is absent stays.
pub async fn set_team_assignment(
    app: &App,
    actor: &Actor,
    id: Option<TeamId>,
    assignment: team::Assignment,
    returns_when_away: Option<bool>,
) -> Result<team::Model> {
    let id = id.filter(|id| policy::sees_team(actor, *id));
    let id = id.ok_or(Refusal::NotFound { field: "teamId" })?;
    for _ in 0..ROUNDS_MAX {
        let set = || write_team_assignment(app, actor, id, assignment, returns_when_away);
        let (team, given) = retry(set).await?;
        if given < GIVEN_OUT_MAX {
            return Ok(team);
        }
    }
    Err(anyhow::anyhow!("a team's tickets do not come to an end").into())
}

async fn write_team_assignment(
    app: &App,
    actor: &Actor,
    id: TeamId,
    assignment: team::Assignment,
    returns_when_away: Option<bool>,
) -> Result<(team::Model, usize)> {
    let mut tx = app.begin(actor).await?;
    let team = team::Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(&*tx)
        .await?;
    let before = team.ok_or(Refusal::NotFound { field: "teamId" })?;
    policy::authorize(actor, Action::SetTeamAssignment { team: id })?;
    let mut team = before.clone();
    team.assignment = assignment;
    team.returns_when_away = returns_when_away.unwrap_or(team.returns_when_away);
    if team != before {
        team.updated_at = tx.now();
        team::Entity::update_many()
            .col_expr(
                team::Column::Assignment,
                Expr::value(team.assignment.to_value()),
            )
            .col_expr(
                team::Column::ReturnsWhenAway,
                Expr::value(team.returns_when_away),
            )
            .col_expr(team::Column::UpdatedAt, Expr::value(team.updated_at))
            .filter(team::Column::Id.eq(id))
            .exec(&*tx)
            .await?;
        tx.record(Event::TeamAssignmentSet {
            team_id: id,
            assignment: team.assignment,
            returns_when_away: team.returns_when_away,
        });
        tx.forget_directory();
    }
    let teams = Teams::lock(&tx, [id]).await?;
    let given = give_out(&mut tx, teams).await?;
    tx.commit().await?;
    Ok((team, given))
}

/// Somebody whom the actor may see, and their teams.
async fn find_agent(tx: &Tx<'_>, id: UserId) -> Result<(user::Model, Vec<TeamId>)> {
    let user = people::find_visible_in(tx, id).await?;
    let user = user.ok_or(Refusal::NotFound { field: "userId" })?;
    let teams = team_member::Entity::find()
        .select_only()
        .column(team_member::Column::TeamId)
        .filter(team_member::Column::UserId.eq(id));
    Ok((user, teams.into_tuple().all(&**tx).await?))
}

fn refuse_requester(user: &user::Model) -> Result<()> {
    if policy::takes_tickets(user) {
        return Ok(());
    }
    Err(Refusal::Invalid {
        field: "userId",
        why: Why::NotAnAgent,
    }
    .into())
}

async fn lock_user(tx: &Tx<'_>, id: UserId) -> Result<user::Model> {
    let user = user::Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    Ok(user.ok_or(Refusal::NotFound { field: "userId" })?)
}

async fn change_user(
    tx: &Tx<'_>,
    mut user: user::Model,
    column: user::Column,
    value: Expr,
) -> Result<user::Model> {
    user.updated_at = tx.now();
    user::Entity::update_many()
        .col_expr(column, value)
        .col_expr(user::Column::UpdatedAt, Expr::value(user.updated_at))
        .filter(user::Column::Id.eq(user.id))
        .exec(&**tx)
        .await?;
    Ok(user)
}
