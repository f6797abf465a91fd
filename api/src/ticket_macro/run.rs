//! A macro on a ticket: all of its steps or none, and what they would do.

use entity::{ids::TicketId, ticket};

use super::Step;
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    refusal::Refusal,
    ticket::Change,
};

/// What came of a step: the ticket after it, or why it is refused.
pub type Outcome = Result<ticket::Model, Vec<Refusal>>;

/// Runs the steps in their order, each under the actor's own rights. One that is refused is an
/// [`Error::RefusedStep`]; then nothing is changed.
pub async fn run(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
    steps: &[Step],
) -> Result<ticket::Model> {
    let work = async {
        let mut ticket = lock(app, actor, id, expected_version).await?;
        for (place, step) in steps.iter().enumerate() {
            let outcome = play(app, actor, &ticket, step).await?;
            ticket = outcome.map_err(|refusals| Error::RefusedStep { place, refusals })?;
        }
        Ok(ticket)
    };
    app.together(Box::pin(work)).await
}

/// What each step would do after those before it that are not refused. Changes nothing.
pub async fn preview(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    steps: &[Step],
) -> Result<Vec<Outcome>> {
    let work = async {
        let mut ticket = lock(app, actor, id, None).await?;
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            let outcome = play(app, actor, &ticket, step).await?;
            if let Ok(after) = &outcome {
                ticket = after.clone();
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    };
    app.rehearse(Box::pin(work)).await
}

/// Holds the ticket until the whole change ends.
async fn lock(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    expected_version: Option<i32>,
) -> Result<ticket::Model> {
    let mut tx = app.begin(actor).await?;
    let change = Change::lock(&mut tx, id).await?;
    change.expect_version(expected_version)?;
    // A savepoint that is undone would let go of the lock.
    tx.commit().await?;
    Ok(change.after)
}

/// Within: what a person can put right. Other failures end the whole, and may be worth another try.
async fn play(app: &App, actor: &Actor, ticket: &ticket::Model, step: &Step) -> Result<Outcome> {
    match Box::pin(step.run(app, actor, ticket.id)).await {
        Ok(after) => Ok(Ok(after.unwrap_or_else(|| ticket.clone()))),
        Err(Error::Refused(refusals)) => Ok(Err(refusals)),
        Err(error) if error.is_forbidden() => Ok(Err(vec![Refusal::Forbidden { field: None }])),
        Err(error) => Err(error),
    }
}
