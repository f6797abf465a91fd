//! Saving, changing, deleting and running macros.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use entity::{
    ids::{MacroId, TeamId, TicketId},
    ticket, ticket_macro as saved,
};
use serde_json::Value;

use super::{Macro, find_steps, input::MacroStepInput};
use crate::{
    actor::Actor,
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, UserError, errors::UserErrorCode, split_errors},
    sharing::Sharing,
    ticket::{Reference, find, graphql::Ticket},
    ticket_macro::{self, Edit, NewMacro, Step, commands},
};

/// A macro to save.
#[derive(InputObject)]
pub struct CreateMacroInput {
    /// What people call it; at most 255 characters.
    name: String,
    /// What it does, in order: from 1 to 20 steps, together at most 64 KiB.
    steps: Vec<MacroStepInput>,
    /// The team to share it with, by its leads and admins; personal where absent.
    team_id: Option<ID>,
}

/// What came of `createMacro`.
#[derive(SimpleObject)]
pub struct CreateMacroPayload {
    /// The macro; null when refused.
    r#macro: Option<Macro>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What to change of a macro; what is absent stays.
#[derive(InputObject)]
pub struct EditMacroInput {
    /// The macro, by its global id.
    macro_id: ID,
    /// What people call it; at most 255 characters.
    name: Option<String>,
    /// All that it does, in order: from 1 to 20 steps, together at most 64 KiB.
    steps: Option<Vec<MacroStepInput>>,
    /// The team to share it with, by its leads and admins; null to make it the viewer's own.
    team_id: MaybeUndefined<ID>,
}

/// What came of `editMacro`.
#[derive(SimpleObject)]
pub struct EditMacroPayload {
    /// The macro as it is now; null when refused.
    r#macro: Option<Macro>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Which macro to delete.
#[derive(InputObject)]
pub struct DeleteMacroInput {
    /// The macro, by its global id.
    macro_id: ID,
}

/// What came of `deleteMacro`.
#[derive(SimpleObject)]
pub struct DeleteMacroPayload {
    /// The global id of the macro that was deleted; null when refused.
    deleted_macro_id: Option<ID>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// A macro to run on a ticket.
#[derive(InputObject)]
pub struct RunMacroInput {
    /// The macro, by its global id.
    macro_id: ID,
    /// The ticket.
    ticket_id: ID,
    /// Run it only if this is still the ticket's version.
    expected_version: Option<i32>,
}

/// What came of `runMacro`.
#[derive(SimpleObject)]
pub struct RunMacroPayload {
    /// The ticket as it is now. Null when refused; after `CONFLICT` the ticket as somebody else has made it.
    ticket: Option<Ticket>,
    /// What a person can put right. `field` begins with `steps` and a step's place from 0 where that
    /// step is refused.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct MacroMutation;

#[Object]
impl MacroMutation {
    /// Saves a macro: for oneself as staff, for a team as its lead or an admin. What its steps name is looked
    /// up when it runs.
    async fn create_macro(
        &self,
        ctx: &Context<'_>,
        input: CreateMacroInput,
    ) -> Result<CreateMacroPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (steps, mut user_errors) = checked(actor, input.steps)?;
        let mut created = None;
        if user_errors.is_empty() {
            let team = input.team_id.as_ref().map(TeamId::of);
            let new = NewMacro {
                name: input.name,
                steps,
                sharing: team.map_or(Sharing::Nobody, Sharing::Team),
            };
            let result = retry(|| commands::create(app, actor, &new)).await;
            (created, user_errors) = split_errors(result, actor.locale())?;
        }
        Ok(CreateMacroPayload {
            r#macro: created.map(Macro),
            user_errors,
        })
    }

    /// Changes a macro of one's own, or of a team as its lead or an admin.
    async fn edit_macro(
        &self,
        ctx: &Context<'_>,
        input: EditMacroInput,
    ) -> Result<EditMacroPayload> {
        let (edited, user_errors) = edit(ctx, input).await?;
        Ok(EditMacroPayload {
            r#macro: edited.map(Macro),
            user_errors,
        })
    }

    /// Deletes a macro of one's own, or of a team as its lead or an admin, for good; what it did stays.
    async fn delete_macro(
        &self,
        ctx: &Context<'_>,
        input: DeleteMacroInput,
    ) -> Result<DeleteMacroPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = MacroId::of(&input.macro_id);
        let deleted = retry(|| commands::delete(app, actor, id)).await;
        let (id, user_errors) = split_errors(deleted, actor.locale())?;
        Ok(DeleteMacroPayload {
            deleted_macro_id: id.map(|id| id.global()),
            user_errors,
        })
    }

    /// Runs a macro on a ticket: all of its steps, each as its mutation would by the viewer, or, where one of
    /// them is refused, none. Each step stands in the timeline.
    async fn run_macro(&self, ctx: &Context<'_>, input: RunMacroInput) -> Result<RunMacroPayload> {
        let (ticket, user_errors) = run(ctx, &input).await?;
        Ok(RunMacroPayload {
            ticket: ticket.map(Ticket),
            user_errors,
        })
    }
}

async fn edit(
    ctx: &Context<'_>,
    input: EditMacroInput,
) -> Result<(Option<saved::Model>, Vec<UserError>)> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let steps = match input.steps {
        Some(steps) => {
            let (steps, user_errors) = checked(actor, steps)?;
            if !user_errors.is_empty() {
                return Ok((None, user_errors));
            }
            Some(steps)
        }
        None => None,
    };
    let edit = Edit {
        name: input.name,
        steps,
        sharing: match &input.team_id {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(Sharing::Nobody),
            MaybeUndefined::Value(id) => Some(Sharing::Team(TeamId::of(id))),
        },
    };
    let id = MacroId::of(&input.macro_id);
    let edited = retry(|| commands::edit(app, actor, id, &edit)).await;
    Ok(split_errors(edited, actor.locale())?)
}

async fn run(
    ctx: &Context<'_>,
    input: &RunMacroInput,
) -> Result<(Option<ticket::Model>, Vec<UserError>)> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let (id, version) = (TicketId::of(&input.ticket_id), input.expected_version);
    let ran = match find_steps(ctx, &input.macro_id).await {
        Ok((_, steps)) => retry(|| ticket_macro::run(app, actor, id, version, &steps)).await,
        Err(error) => Err(error),
    };
    let (ran, user_errors) = split_errors(ran, actor.locale())?;
    let is_conflict = |error: &UserError| error.is(UserErrorCode::Conflict);
    if user_errors.iter().any(is_conflict) {
        return Ok((find(app, actor, Reference::Id(id)).await?, user_errors));
    }
    Ok((ran, user_errors))
}

/// The steps as they are saved, and what is wrong with each on any ticket.
pub fn checked(
    actor: &Actor,
    inputs: Vec<MacroStepInput>,
) -> CommandResult<(Vec<Value>, Vec<UserError>)> {
    let (mut steps, mut user_errors) = (Vec::new(), Vec::new());
    for (place, input) in inputs.into_iter().enumerate() {
        steps.push(input.write()?);
        let refusals = Step::from(input).check();
        user_errors.extend(UserError::all_of_step(place, &refusals, actor.locale()));
    }
    Ok((steps, user_errors))
}
