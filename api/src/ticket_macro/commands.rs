//! Every change to macros themselves.

use entity::{
    ids::MacroId,
    ticket_macro::{self, Column},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde_json::Value;

use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::Checked,
    policy::{self, Action},
    refusal::{Refusal, Why},
    sharing::{self, Holder, Sharing},
    text::NAME_CHARS_MAX,
};

/// Macros of one person, and of one team.
const MACROS_MAX: usize = 100;
/// Steps of a macro.
const STEPS_MAX: usize = 20;
/// A macro's steps as JSON.
const STEPS_BYTES_MAX: usize = 65_536;

/// A macro to be saved. Its steps are as clients write them, and each is checked by itself.
#[derive(Clone, Debug)]
pub struct NewMacro {
    pub name: String,
    pub steps: Vec<Value>,
    pub sharing: Sharing,
}

/// What to change of a macro; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub name: Option<String>,
    pub steps: Option<Vec<Value>>,
    pub sharing: Option<Sharing>,
}

/// Saves a macro for the actor alone, or for a team.
pub async fn create(app: &App, actor: &Actor, new: &NewMacro) -> Result<ticket_macro::Model> {
    let holder = authorize(app, actor, new.sharing).await?;
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    check_steps(&mut checked, &new.steps);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    refuse_one_too_many(&tx, holder).await?;
    let (team_id, owner_id) = holder;
    let saved = ticket_macro::Model {
        id: MacroId(tx.new_id()),
        name,
        steps: Value::Array(new.steps.clone()),
        team_id,
        owner_id,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let row = saved.clone().into_active_model().reset_all();
    ticket_macro::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await?;
    tx.record(Event::MacroCreated { macro_id: saved.id });
    tx.commit().await?;
    Ok(saved)
}

/// Changes a macro, or whose it is.
pub async fn edit(
    app: &App,
    actor: &Actor,
    id: Option<MacroId>,
    edit: &Edit,
) -> Result<ticket_macro::Model> {
    let mut checked = Checked::default();
    let name = edit.name.as_deref();
    let name = name.map(|name| checked.line("name", name, NAME_CHARS_MAX));
    if let Some(steps) = &edit.steps {
        check_steps(&mut checked, steps);
    }
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, id).await?;
    policy::authorize(actor, Action::EditMacro(&before))?;
    let mut after = before.clone();
    if let Some(sharing) = edit.sharing {
        let holder = authorize(app, actor, sharing).await?;
        if holder != (before.team_id, before.owner_id) {
            refuse_one_too_many(&tx, holder).await?;
        }
        (after.team_id, after.owner_id) = holder;
    }
    after.name = name.unwrap_or(after.name);
    after.steps = edit.steps.clone().map_or(after.steps, Value::Array);
    if after == before {
        return Ok(before);
    }
    after.updated_at = tx.now();
    let row = after.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    tx.record(Event::MacroEdited { macro_id: after.id });
    tx.commit().await?;
    Ok(after)
}

/// Deletes a macro for good; what it did stays.
pub async fn delete(app: &App, actor: &Actor, id: Option<MacroId>) -> Result<MacroId> {
    let mut tx = app.begin(actor).await?;
    let found = lock(&tx, id).await?;
    policy::authorize(actor, Action::DeleteMacro(&found))?;
    let macro_id = found.id;
    ticket_macro::Entity::delete_by_id(macro_id)
        .exec(&*tx)
        .await?;
    tx.record(Event::MacroDeleted { macro_id });
    tx.commit().await?;
    Ok(macro_id)
}

fn check_steps(checked: &mut Checked, steps: &[Value]) {
    let field = "steps";
    if steps.is_empty() {
        checked.refuse(Refusal::Required { field });
    }
    if steps.len() > STEPS_MAX {
        let why = Why::TooMany { max: STEPS_MAX };
        checked.refuse(Refusal::Invalid { field, why });
    }
    checked.json(field, &steps, STEPS_BYTES_MAX);
}

/// One that the actor may not see is missing.
async fn lock(tx: &Tx<'_>, id: Option<MacroId>) -> Result<ticket_macro::Model> {
    let missing = || Error::from(Refusal::NotFound { field: "macroId" });
    let visible = ticket_macro::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(policy::visible_macros(tx.actor()));
    let found = visible.lock_exclusive().one(&**tx).await?;
    found.ok_or_else(missing)
}

async fn authorize(app: &App, actor: &Actor, sharing: Sharing) -> Result<Holder> {
    let action = |team| Action::CreateMacro { team };
    sharing.holder(app, actor, action).await
}

async fn refuse_one_too_many(tx: &Tx<'_>, (team_id, owner_id): Holder) -> Result<()> {
    let is_theirs = match team_id {
        Some(team_id) => Column::TeamId.eq(team_id),
        None => Column::OwnerId.eq(owner_id),
    };
    let held = ticket_macro::Entity::find()
        .filter(is_theirs)
        .count(&**tx)
        .await?;
    sharing::refuse_one_too_many(held, MACROS_MAX)
}
