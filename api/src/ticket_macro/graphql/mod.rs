//! Macros as clients see them.

pub mod input;
pub mod mutation;
pub mod preview;

use async_graphql::{Context, Description, ID, Json, Object, Result, SimpleObject};
use entity::{ids::MacroId, ticket_macro};

pub use self::mutation::{MacroMutation, checked};
use self::{
    input::MacroStepInput,
    preview::{MacroPreview, preview_field},
};
use super::{Step, queries};
use crate::{
    error::Result as CommandResult,
    graphql::{Caller, GlobalId},
    people::graphql::{Team, team_field},
    policy::{self, Action},
    refusal::Refusal,
};

/// Changes to a ticket that are made together: saved by somebody for themselves or for a team.
#[derive(Description)]
pub struct Macro(pub ticket_macro::Model);

#[Object(use_type_description)]
impl Macro {
    /// The macro's global id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it does, in order: each a `MacroStepInput`, as it was given.
    async fn steps(&self) -> Vec<Json<serde_json::Value>> {
        steps_of(&self.0).cloned().map(Json).collect()
    }

    /// The team that shares it; null where it is personal.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        team_field(ctx, self.0.team_id).await
    }

    /// Whether it is the viewer's alone.
    async fn is_personal(&self) -> bool {
        self.0.owner_id.is_some()
    }

    /// What the viewer may do to it.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<MacroPermissions> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        Ok(MacroPermissions {
            edit: policy::may(actor, Action::EditMacro(&self.0)),
            delete: policy::may(actor, Action::DeleteMacro(&self.0)),
        })
    }
}

/// What the viewer may do to a macro. Whether its steps are allowed on a ticket, `previewMacro` says.
#[derive(SimpleObject)]
pub struct MacroPermissions {
    /// Call `editMacro`.
    edit: bool,
    /// Call `deleteMacro`.
    delete: bool,
}

#[derive(Default)]
pub struct MacroQuery;

#[Object]
impl MacroQuery {
    /// The viewer's own macros and those of their teams, the oldest first, the newest 200 at most; for admins those of
    /// all teams. For requesters none.
    async fn macros(&self, ctx: &Context<'_>) -> Result<Vec<Macro>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let macros = queries::list(app, actor).await?;
        Ok(macros.into_iter().map(Macro).collect())
    }

    /// What a macro would do to a ticket, step by step, under the viewer's rights. Changes nothing, and
    /// nobody hears of it.
    async fn preview_macro(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The macro, by its global id.")] macro_id: ID,
        #[graphql(desc = "The ticket, by its global id.")] ticket_id: ID,
    ) -> Result<MacroPreview> {
        preview_field(ctx, &macro_id, &ticket_id).await
    }
}

/// Steps that were saved as clients write them.
pub fn read_steps<'a>(
    saved: impl IntoIterator<Item = &'a serde_json::Value>,
) -> CommandResult<Vec<Step>> {
    let read = |json: &serde_json::Value| MacroStepInput::read(json.clone()).map(Step::from);
    saved.into_iter().map(read).collect()
}

fn steps_of(saved: &ticket_macro::Model) -> impl Iterator<Item = &serde_json::Value> {
    saved.steps.as_array().into_iter().flatten()
}

/// What a macro that the viewer sees does: each step as it is saved, and as it runs.
async fn find_steps(
    ctx: &Context<'_>,
    id: &ID,
) -> CommandResult<(Vec<serde_json::Value>, Vec<Step>)> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let missing = Refusal::NotFound { field: "macroId" };
    let saved = match MacroId::of(id) {
        Some(id) => queries::find(app, actor, id).await?,
        None => None,
    };
    let saved: Vec<_> = steps_of(&saved.ok_or(missing)?).cloned().collect();
    let steps = read_steps(&saved)?;
    Ok((saved, steps))
}
