//! Who holds a ticket: claiming it oneself, and assigning it to others.

use entity::{
    ids::{TeamId, TicketId, UserId},
    ticket,
};

use super::super::{
    Change, Filter,
    change::assignment_of,
    queries::{Order, next},
};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result},
    events::Event,
    input::Named,
    people,
    policy::{self, Action},
    refusal::{Refusal, Why},
};

/// Takes an unassigned ticket. The row is locked, so of two agents at once one gets it, and the
/// other learns who did. Claiming what one has already changes nothing.
pub async fn claim(app: &App, actor: &Actor, id: Option<TicketId>) -> Result<ticket::Model> {
    let own_id = actor.id().ok_or(Error::Forbidden)?;
    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock(&mut tx, id).await?;
    policy::authorize(actor, Action::ClaimTicket(&change.after))?;
    if let Some(holder) = change.after.assignee_id.filter(|holder| *holder != own_id) {
        let by = people::find_in(&tx, holder).await?.name;
        return Err(Refusal::AlreadyClaimed { by }.into());
    }
    take(&mut tx, &mut change, own_id);
    change.finish(tx).await
}

/// Takes the first ticket of these that nobody has and that the actor may see, in this order. Many
/// who ask at once get different ones, and nobody waits for the others. None where there is none.
pub async fn take_next(
    app: &App,
    actor: &Actor,
    filter: &Filter,
    order: Order,
) -> Result<Option<ticket::Model>> {
    policy::authorize(actor, Action::TakeNextTicket)?;
    let own_id = actor.id().ok_or(Error::Forbidden)?;
    let mut tx = app.begin(actor).await?;
    let Some(mut change) = Change::lock_next(&mut tx, next(actor, filter, order)).await? else {
        return Ok(None);
    };
    policy::authorize(actor, Action::ClaimTicket(&change.after))?;
    take(&mut tx, &mut change, own_id);
    Ok(Some(change.finish(tx).await?))
}

fn take(tx: &mut Tx<'_>, change: &mut Change, own_id: UserId) {
    let from = assignment_of(&change.after);
    change.after.assignee_id = Some(own_id);
    if change.is_change() {
        let (ticket_id, to) = (change.after.id, assignment_of(&change.after));
        tx.record(Event::TicketClaimed {
            ticket_id,
            from,
            to,
        });
        change.open_if_new(tx);
    }
}

/// Gives a ticket to a team, to an agent, to both, or to nobody.
pub async fn assign(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    team: Named<TeamId>,
    assignee: Named<UserId>,
) -> Result<ticket::Model> {
    let directory = app.directory().await?;
    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock(&mut tx, id).await?;
    policy::authorize(actor, Action::AssignTicket(&change.after))?;
    change.expect_version(expected_version)?;
    let from = assignment_of(&change.after);

    let is_known = |team| directory.teams.contains_key(&team) && policy::sees_team(actor, team);
    change.after.team_id = match team {
        Named::Absent => change.after.team_id,
        Named::Null => None,
        Named::Id(team) if is_known(team) => Some(team),
        Named::Id(_) | Named::Unknown => return Err(Refusal::NotFound { field: "teamId" }.into()),
    };
    change.after.assignee_id = match assignee {
        Named::Absent if change.after.team_id == from.team_id => from.assignee_id,
        Named::Absent => keep_member(&tx, &change.after).await?,
        Named::Null => None,
        Named::Id(assignee) => {
            let is_chosen = matches!(team, Named::Id(_));
            Some(find_assignee(&tx, assignee, change.after.team_id, is_chosen).await?)
        }
        Named::Unknown => {
            return Err(Refusal::NotFound {
                field: "assigneeId",
            }
            .into());
        }
    };
    if change.is_change() {
        let (ticket_id, to) = (change.after.id, assignment_of(&change.after));
        tx.record(Event::TicketAssigned {
            ticket_id,
            from,
            to,
        });
        if to.assignee_id.is_some() {
            change.open_if_new(&mut tx);
        }
    }
    change.finish(tx).await
}

/// Who holds the ticket goes on holding it, unless it goes to a team that is not theirs.
pub(in crate::ticket) async fn keep_member(
    tx: &Tx<'_>,
    ticket: &ticket::Model,
) -> Result<Option<UserId>> {
    match (ticket.team_id, ticket.assignee_id) {
        (Some(team), Some(assignee)) if !people::is_member(tx, team, assignee).await? => Ok(None),
        (_, assignee) => Ok(assignee),
    }
}

/// Somebody who takes tickets. They must be a member of a team that is chosen with them, and an agent
/// of external teams of whichever team the ticket has, or they would not see it.
async fn find_assignee(
    tx: &Tx<'_>,
    id: UserId,
    team: Option<TeamId>,
    is_chosen: bool,
) -> Result<UserId> {
    let field = "assigneeId";
    let found = people::find_visible_in(tx, id).await?;
    let user = found.ok_or(Refusal::NotFound { field })?;
    if !policy::takes_tickets(&user) {
        let why = Why::NotAnAgent;
        return Err(Refusal::Invalid { field, why }.into());
    }
    let is_member = match team {
        Some(team) => people::is_member(tx, team, id).await?,
        None => false,
    };
    let must_be = is_chosen || policy::is_external(user.role, &people::team_kinds(tx, id).await?);
    if must_be && !is_member {
        let why = Why::NotInTeam;
        return Err(Refusal::Invalid { field, why }.into());
    }
    Ok(id)
}
