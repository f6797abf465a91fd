//! Solving a problem's incidents as clients do it.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::{
    ids::{ArticleId, TicketId, TicketLinkId},
    user::Locale,
};

use super::{
    super::commands::incidents::{Answer, Incidents, solve_incidents},
    types::Ticket,
};
use crate::{
    error::{Error, Result as CommandResult},
    graphql::{Caller, GlobalId, UserError, split_errors},
    input::Named,
};

/// A problem whose incidents are to be solved.
#[derive(InputObject)]
pub struct SolveIncidentsInput {
    /// The problem, solved or not.
    ticket_id: ID,
    /// A public comment to write on each incident, in Markdown.
    comment: Option<String>,
    /// The article that solves them: linked to each as its solution.
    article_id: Option<ID>,
    /// Goes on after earlier ones: their `moreAfter`.
    after: Option<ID>,
}

/// What became of a problem's incidents.
#[derive(SimpleObject)]
pub struct SolvedIncidents {
    /// Those that were solved.
    solved: Vec<Ticket>,
    /// Those that were not, and why.
    refused: Vec<RefusedIncident>,
    /// Where there are more: `solveIncidents` goes on `after` it. Null where these were all.
    more_after: Option<ID>,
}

/// An incident that was not solved.
#[derive(SimpleObject)]
pub struct RefusedIncident {
    /// The incident as it is.
    ticket: Ticket,
    /// Why.
    user_errors: Vec<UserError>,
}

/// What came of `solveIncidents`.
#[derive(SimpleObject)]
pub struct SolveIncidentsPayload {
    /// What became of them; null when refused as a whole.
    incidents: Option<SolvedIncidents>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

impl SolvedIncidents {
    pub(super) fn of(incidents: Incidents, locale: Locale) -> Self {
        let refused = incidents
            .refused
            .into_iter()
            .map(|refused| RefusedIncident {
                ticket: Ticket(refused.ticket),
                user_errors: UserError::all(&refused.refusals, locale),
            });
        Self {
            solved: incidents.solved.into_iter().map(Ticket).collect(),
            refused: refused.collect(),
            more_after: incidents.more_after.map(|id| id.global()),
        }
    }
}

/// Solving incidents.
#[derive(Default)]
pub struct IncidentMutation;

#[Object]
impl IncidentMutation {
    /// Solves the incidents of a problem (`CAUSED_BY` leads from each to it) that are not solved yet, each as `solveTicket`
    /// would, at most 50 at once; staff only. What cannot be solved is listed with the reason, and the others are solved
    /// all the same. Doing it again looks at those that are left.
    async fn solve_incidents(
        &self,
        ctx: &Context<'_>,
        input: SolveIncidentsInput,
    ) -> Result<SolveIncidentsPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let answer = Answer {
            comment: input.comment.as_deref(),
            article: named(input.article_id.as_ref()),
        };
        let id = TicketId::of(&input.ticket_id);
        let done = match after(input.after.as_ref()) {
            Ok(after) => solve_incidents(app, actor, id, answer, after).await,
            Err(error) => Err(error),
        };
        let (incidents, user_errors) = split_errors(done, actor.locale())?;
        let locale = actor.locale();
        Ok(SolveIncidentsPayload {
            incidents: incidents.map(|incidents| SolvedIncidents::of(incidents, locale)),
            user_errors,
        })
    }
}

fn after(id: Option<&ID>) -> CommandResult<Option<TicketLinkId>> {
    let Some(id) = id else { return Ok(None) };
    let unknown = Error::BadInput("`after` is not what `moreAfter` said");
    TicketLinkId::of(id).map(Some).ok_or(unknown)
}

fn named(id: Option<&ID>) -> Named<ArticleId> {
    match id {
        None => Named::Absent,
        Some(id) => ArticleId::of(id).map_or(Named::Unknown, Named::Id),
    }
}
