//! A problem, and the incidents that it caused: solved with it.

use entity::{
    ids::{ArticleId, TicketId, TicketLinkId},
    ticket::{self, Status},
    ticket_link::{self, Kind},
};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::{
    super::{Change, filter::Filter, queries},
    status::{check_comment, solve, solve_with},
};
use crate::{
    actor::Actor,
    app::{App, retry},
    error::{Error, Result, refuse_if_any},
    input::{Checked, Named},
    policy::{self, Action},
    refusal::Refusal,
};

/// Incidents that one request looks at: each is a transaction of its own.
pub const INCIDENTS_MAX: u64 = 50;

/// What became of some incidents of a problem.
#[derive(Debug, Default)]
pub struct Incidents {
    pub solved: Vec<ticket::Model>,
    pub refused: Vec<Refused>,
    /// The last one that was looked at, where there are more.
    pub more_after: Option<TicketLinkId>,
}

/// An incident that is not solved, and why.
#[derive(Debug)]
pub struct Refused {
    pub ticket: ticket::Model,
    pub refusals: Vec<Refusal>,
}

/// What is said on each incident, and the article that solves it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub comment: Option<&'a str>,
    pub article: Named<ArticleId>,
}

/// Solves a problem, and then its incidents.
pub async fn solve_problem(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    comment: Option<&str>,
    on_incidents: Answer<'_>,
) -> Result<(ticket::Model, Incidents)> {
    let mut checked = Checked::default();
    if let Some(comment) = on_incidents.comment {
        checked.body("incidentComment", comment);
    }
    refuse_if_any(checked.refusals)?;
    let problem = queries::find(app, actor, queries::Reference::Id(id)).await?;
    let problem = problem.ok_or(Refusal::NotFound { field: "ticketId" })?;
    if !policy::may(actor, Action::SolveIncidents(&problem)) {
        let field = Some("solveIncidents");
        return Err(Refusal::Forbidden { field }.into());
    }
    let article = on_incidents.article;
    let solved = retry(|| solve(app, actor, id, expected_version, comment, article)).await?;
    let incidents = solve_incidents(app, actor, id, on_incidents, None).await?;
    Ok((solved, incidents))
}

/// Solves the incidents of a problem that are not solved yet, those after a place, in the order in which they were linked.
/// Each by itself: under its own lock, by the same rules as one alone, and with its own events.
pub async fn solve_incidents(
    app: &App,
    actor: &Actor,
    problem_id: Option<TicketId>,
    answer: Answer<'_>,
    after: Option<TicketLinkId>,
) -> Result<Incidents> {
    check_comment(answer.comment)?;
    let problem = queries::find(app, actor, queries::Reference::Id(problem_id)).await?;
    let problem = problem.ok_or(Refusal::NotFound { field: "ticketId" })?;
    policy::authorize(actor, Action::SolveIncidents(&problem))?;
    let mut links = unsolved(app, actor, problem.id, after).await?;
    let mut incidents = Incidents::default();
    let most = usize::try_from(INCIDENTS_MAX).unwrap_or(usize::MAX);
    if links.len() > most {
        links.truncate(most);
        incidents.more_after = links.last().map(|link| link.id);
    }
    for link in links {
        let id = Some(link.from_id);
        match retry(|| solve_one(app, actor, id, answer)).await {
            Ok(ticket) => incidents.solved.push(ticket),
            Err(error) => {
                let refusals = refusals(error)?;
                // Who cannot see it any more learns nothing of it.
                let found = queries::find(app, actor, queries::Reference::Id(id)).await?;
                let refused = found.map(|ticket| Refused { ticket, refusals });
                incidents.refused.extend(refused);
            }
        }
    }
    Ok(incidents)
}

async fn solve_one(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    answer: Answer<'_>,
) -> Result<ticket::Model> {
    let body = check_comment(answer.comment)?;
    let directory = app.directory().await?;
    let mut tx = app.begin(actor).await?;
    let mut change = Change::lock_met(&mut tx, id).await?;
    policy::authorize(actor, Action::SolveTicket(&change.after))?;
    solve_with(&mut tx, &directory, &mut change, body, answer.article).await?;
    change.finish(tx).await
}

fn refusals(error: Error) -> Result<Vec<Refusal>> {
    match error {
        Error::Refused(refusals) => Ok(refusals),
        error if error.is_forbidden() => Ok(vec![Refusal::Forbidden { field: None }]),
        error => Err(error),
    }
}

#[derive(FromQueryResult)]
struct Link {
    id: TicketLinkId,
    from_id: TicketId,
}

/// One more than are looked at, to know whether there are.
async fn unsolved(
    app: &App,
    actor: &Actor,
    problem_id: TicketId,
    after: Option<TicketLinkId>,
) -> Result<Vec<Link>> {
    let active = Filter::Status(vec![Status::New, Status::Open, Status::Waiting]);
    let tickets = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(policy::visible_tickets(actor))
        .filter(active.condition())
        .into_query();
    let mut links = ticket_link::Entity::find()
        .select_only()
        .columns([ticket_link::Column::Id, ticket_link::Column::FromId])
        .filter(ticket_link::Column::ToId.eq(problem_id))
        .filter(ticket_link::Column::Kind.eq(Kind::CausedBy))
        .filter(ticket_link::Column::FromId.in_subquery(tickets))
        .order_by_asc(ticket_link::Column::Id)
        .limit(INCIDENTS_MAX + 1);
    if let Some(after) = after {
        links = links.filter(ticket_link::Column::Id.gt(after));
    }
    Ok(links.into_model().all(&app.store.read).await?)
}
