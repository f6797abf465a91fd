//! Machines: users that never sign in, and act by their tokens.

use entity::{
    ids::{TeamId, UserId},
    user::{self, Availability, Kind, Role},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
    sea_query::LockType,
};

use crate::{
    actor::Actor,
    app::{App, Memory, Tx},
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::Checked,
    people,
    policy::{self, Action},
    refusal::{Refusal, TokenWhy, Why},
    text::NAME_CHARS_MAX,
};

/// Teams that a machine is in.
const TEAMS_MAX: usize = 100;

#[derive(Clone, Debug)]
pub struct NewMachine {
    pub name: String,
    pub role: Role,
    pub team_ids: Vec<TeamId>,
}

/// What to change of a machine; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EditMachine {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub team_ids: Option<Vec<TeamId>>,
    pub is_active: Option<bool>,
}

/// Makes a machine. It does nothing until it has a token.
pub async fn create_machine(app: &App, actor: &Actor, new: &NewMachine) -> Result<user::Model> {
    policy::authorize(actor, Action::CreateMachine)?;
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    check_role(&mut checked, new.role);
    check_teams(&mut checked, &new.team_ids);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let machine = user::ActiveModel {
        id: Set(UserId(tx.new_id())),
        kind: Set(Kind::Machine),
        role: Set(new.role),
        name_folded: Set(people::folded_name(&name)),
        name: Set(name),
        email: Set(None),
        locale: Set(actor.locale()),
        time_zone: Set(people::TIME_ZONE.to_owned()),
        organization_id: Set(None),
        availability: Set(Availability::Offline),
        capacity: Set(people::CAPACITY),
        password_hash: Set(None),
        disabled_at: Set(None),
        external_id: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let machine = machine.insert(&*tx).await?;
    let user_id = machine.id;
    tx.record(Event::UserCreated { user_id });
    people::move_teams(&mut tx, &machine, Some(&new.team_ids)).await?;
    tx.commit().await?;
    Ok(machine)
}

/// Changes a machine. One that is not active any more is refused, and its streams end, within two seconds.
pub async fn edit_machine(
    app: &App,
    actor: &Actor,
    id: Option<UserId>,
    edit: &EditMachine,
) -> Result<user::Model> {
    policy::authorize(actor, Action::EditMachine)?;
    let mut checked = Checked::default();
    let name = edit.name.as_deref();
    let name = name.map(|name| checked.line("name", name, NAME_CHARS_MAX));
    if let Some(role) = edit.role {
        check_role(&mut checked, role);
    }
    check_teams(&mut checked, edit.team_ids.as_deref().unwrap_or_default());
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let mut machine = lock(&tx, id).await?;
    let was_active = machine.disabled_at.is_none();
    if let Some(name) = name {
        machine.name_folded = people::folded_name(&name);
        machine.name = name;
    }
    machine.role = edit.role.unwrap_or(machine.role);
    let is_active = edit.is_active.unwrap_or(was_active);
    machine.disabled_at = match (is_active, machine.disabled_at) {
        (true, _) => None,
        (false, since) => since.or(Some(tx.now())),
    };
    let teams = edit.team_ids.as_deref();
    people::move_teams(&mut tx, &machine, teams).await?;
    let user_id = machine.id;
    let mut row = machine.into_active_model().reset_all();
    row.updated_at = Set(tx.now());
    let machine = row.update(&*tx).await?;
    tx.record(Event::UserEdited { user_id });
    match (was_active, is_active) {
        (true, false) => tx.record(Event::UserDisabled { user_id }),
        (false, true) => tx.record(Event::UserEnabled { user_id }),
        _ => {}
    }
    tx.commit().await?;
    app.forget(Memory::User(user_id));
    app.forget(Memory::Actors);
    Ok(machine)
}

/// A machine that were a requester would read its own tickets only, and be nobody's.
fn check_role(checked: &mut Checked, role: Role) {
    if !policy::joins_teams(role) {
        let (field, why) = ("role", Why::Token(TokenWhy::NotARole));
        checked.refuse(Refusal::Invalid { field, why });
    }
}

fn check_teams(checked: &mut Checked, teams: &[TeamId]) {
    if teams.len() > TEAMS_MAX {
        let why = Why::TooMany { max: TEAMS_MAX };
        checked.refuse(Refusal::Invalid {
            field: "teamIds",
            why,
        });
    }
}

async fn lock(tx: &Tx<'_>, id: Option<UserId>) -> Result<user::Model> {
    let missing = || Error::from(Refusal::NotFound { field: "machineId" });
    let machine = user::Entity::find_by_id(id.ok_or_else(missing)?)
        .filter(user::Column::Kind.eq(Kind::Machine))
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    machine.ok_or_else(missing)
}
