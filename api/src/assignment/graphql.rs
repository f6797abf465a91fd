//! Assignment as clients set it.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::ids::{TeamId, UserId};

use super::commands;
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, split_errors},
    input::Named,
    people::graphql::{Availability, Team, User},
};

/// How a team gives out the tickets that come to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::team::Assignment")]
pub enum TeamAssignment {
    /// Not by itself: somebody claims or assigns them.
    Manual,
    /// In turn, to members who are `ONLINE` and have room.
    RoundRobin,
    /// To the member who is `ONLINE` and has the smallest share of their capacity taken.
    LeastLoaded,
}

/// By which rule Guichet itself moved a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::events::Handing")]
pub enum AssignmentRule {
    /// It was the agent's turn.
    RoundRobin,
    /// The agent had the most room.
    LeastLoaded,
    /// Who had it went away, and the team wants such tickets back.
    HolderAway,
    /// A target was near or missed, and the ticket's level sends such tickets to this team; staff only.
    Escalation,
}

/// Whether somebody can take tickets.
#[derive(InputObject)]
pub struct SetAvailabilityInput {
    /// What is so from now on.
    availability: Availability,
    /// Who it is about: the viewer where absent. Leads may set it for members of their teams, admins
    /// for everybody who takes tickets.
    user_id: Option<ID>,
}

/// How much somebody can take.
#[derive(InputObject)]
pub struct SetCapacityInput {
    /// Who it is about.
    user_id: ID,
    /// NEW and OPEN tickets at once, from 0 to 100. Teams give no more by themselves; people still can.
    capacity: i32,
}

/// How a team gives out its tickets.
#[derive(InputObject)]
pub struct SetTeamAssignmentInput {
    /// The team's id.
    team_id: ID,
    /// The rule from now on.
    assignment: TeamAssignment,
    /// Whether the NEW and OPEN tickets of a member who becomes `AWAY` or `OFFLINE` come back to the
    /// team; as it was where absent.
    returns_when_away: Option<bool>,
}

/// What came of `setAvailability`.
#[derive(SimpleObject)]
pub struct SetAvailabilityPayload {
    /// Whom it is about; null when refused.
    user: Option<User>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of `setCapacity`.
#[derive(SimpleObject)]
pub struct SetCapacityPayload {
    /// Whom it is about; null when refused.
    user: Option<User>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of `setTeamAssignment`.
#[derive(SimpleObject)]
pub struct SetTeamAssignmentPayload {
    /// The team as it is now; null when refused.
    team: Option<Team>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct AssignmentMutation;

#[Object]
impl AssignmentMutation {
    /// Says whether an agent can take tickets: oneself, or as a lead or admin somebody else. Who comes
    /// `ONLINE` is given at once what waits in teams that give out their tickets by themselves. Who
    /// becomes `AWAY` or `OFFLINE` gives back NEW and OPEN tickets of the teams that want them back.
    async fn set_availability(
        &self,
        ctx: &Context<'_>,
        input: SetAvailabilityInput,
    ) -> Result<SetAvailabilityPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let of = match &input.user_id {
            None => Named::Absent,
            Some(id) => UserId::of(id).map_or(Named::Unknown, Named::Id),
        };
        let set = commands::set_availability(app, actor, of, input.availability.into()).await;
        let (user, user_errors) = split_errors(set, actor.locale())?;
        Ok(SetAvailabilityPayload {
            user: user.map(|row| User::of(Arc::new(row))),
            user_errors,
        })
    }

    /// Says how many NEW and OPEN tickets an agent is given at most by teams that give out their
    /// tickets by themselves. For admins, and leads of a team that the agent is in.
    async fn set_capacity(
        &self,
        ctx: &Context<'_>,
        input: SetCapacityInput,
    ) -> Result<SetCapacityPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = UserId::of(&input.user_id);
        let set = retry(|| commands::set_capacity(app, actor, id, input.capacity)).await;
        let (user, user_errors) = split_errors(set, actor.locale())?;
        Ok(SetCapacityPayload {
            user: user.map(|row| User::of(Arc::new(row))),
            user_errors,
        })
    }

    /// Says how a team gives out the tickets that come to it; what waits is given out at once, to
    /// members who are `ONLINE` and have room. For admins, and the team's leads.
    async fn set_team_assignment(
        &self,
        ctx: &Context<'_>,
        input: SetTeamAssignmentInput,
    ) -> Result<SetTeamAssignmentPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TeamId::of(&input.team_id);
        let (assignment, returns) = (input.assignment.into(), input.returns_when_away);
        let set = commands::set_team_assignment(app, actor, id, assignment, returns).await;
        let (team, user_errors) = split_errors(set, actor.locale())?;
        Ok(SetTeamAssignmentPayload {
            team: team.map(Team),
            user_errors,
        })
    }
}
