//! New people, organizations and teams.

use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization, team,
    user::{self, Availability, Kind, Locale, Role},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, Set, sea_query::OnConflict,
};

use super::{folded_name, locale_of, memberships::add_members, time_zone_of};
use crate::{
    actor::Actor,
    app::{App, Memory, Tx, is_taken},
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::{Checked, KEY_CHARS_MAX},
    policy::{self, Action, ROLE_OF_ADMINS, ROLE_OF_STRANGERS},
    refusal::{Refusal, Why},
    session::{check_password, hash_password},
    text::NAME_CHARS_MAX,
};

/// Teams of a person, and members named with a new team.
const MEMBERSHIPS_MAX: usize = 100;
/// Where nobody has said which.
pub const TIME_ZONE: &str = "UTC";
/// Open tickets that an agent takes at once, where nobody has said how many.
pub const CAPACITY: i16 = 10;

#[derive(Clone)]
pub struct NewUser {
    pub name: String,
    pub email: String,
    pub role: Role,
    /// Without one the person cannot sign in by password.
    pub password: Option<String>,
    pub organization_id: Option<OrganizationId>,
    pub team_ids: Vec<TeamId>,
    /// As the API spells it; the actor's own where absent.
    pub locale: Option<String>,
    /// An IANA name; [`TIME_ZONE`] where absent.
    pub time_zone: Option<String>,
}

#[derive(Clone)]
pub struct NewOrganization {
    pub name: String,
    pub shares_tickets: bool,
    pub external_id: Option<String>,
}

#[derive(Clone)]
pub struct NewTeam {
    pub name: String,
    pub kind: team::Kind,
    pub member_ids: Vec<UserId>,
}

/// Creates a person, who can sign in where a password is given.
pub async fn create_user(app: &App, actor: &Actor, new: NewUser) -> Result<user::Model> {
    create_user_known_as(app, actor, new, None).await
}

/// [`create_user`] of somebody whom another system knows by this key, which is clean.
pub(super) async fn create_user_known_as(
    app: &App,
    actor: &Actor,
    new: NewUser,
    external_id: Option<&str>,
) -> Result<user::Model> {
    policy::authorize(actor, Action::CreateUser)?;
    if new.role == ROLE_OF_ADMINS {
        policy::authorize(actor, Action::AppointAdmin)?;
    }
    if new.password.is_some() {
        policy::authorize(actor, Action::SetPassword)?;
    }
    let mut person = check_user(actor, &new)?;
    if let Some(password) = &new.password {
        person.password_hash = Some(hash_password(app, password).await?);
    }

    let mut tx = app.begin(actor).await?;
    refuse_unknown(&tx, &new).await?;
    let mut row = person.row(&tx);
    row.external_id = Set(external_id.map(str::to_owned));
    let user = row.insert(&*tx).await;
    let user = user.map_err(|error| taken_or("email", error))?;
    tx.record(Event::UserCreated { user_id: user.id });
    let teams = new.team_ids.iter().map(|team| (*team, user.id));
    add_members(&mut tx, teams).await?;
    tx.commit().await?;
    Ok(user)
}

/// [`create_user`] in the name of whoever runs the server.
pub async fn add_user(app: &App, new: NewUser) -> Result<user::Model> {
    create_user(app, &Actor::System, new).await
}

/// The person with this address, or a new one who cannot sign in yet. `field` is where the address
/// stands in the input. Whoever does not see everybody makes nobody either: to them an address that is
/// hidden and one that is not known are the same.
pub async fn find_or_create_requester(
    tx: &mut Tx<'_>,
    field: &'static str,
    email: &str,
) -> Result<user::Model> {
    let mut checked = Checked::default();
    let email = checked.email(field, email);
    refuse_if_any(checked.refusals)?;
    if let Some(user) = find_visible_by_email(tx, &email).await? {
        return Ok(user);
    }
    policy::require_for(tx.actor(), Action::CreateRequester)?;
    if !policy::may(tx.actor(), Action::CreateRequester) {
        return Err(Refusal::NotFound { field }.into());
    }
    let person = Person {
        name: email.split('@').next().unwrap_or(&email).to_owned(),
        email: email.clone(),
        role: ROLE_OF_STRANGERS,
        locale: tx.actor().locale(),
        time_zone: TIME_ZONE,
        organization_id: None,
        password_hash: None,
    };
    // Somebody else may be as quick; the second finds the first's.
    let made = user::Entity::insert(person.row(tx))
        .on_conflict(do_nothing(user::Column::Email))
        .exec_without_returning(&**tx)
        .await?;
    let user = find_visible_by_email(tx, &email).await?;
    let user = user.ok_or(Error::NotFound("user"))?;
    if made == 1 {
        tx.record(Event::UserCreated { user_id: user.id });
    }
    Ok(user)
}

pub async fn create_organization(
    app: &App,
    actor: &Actor,
    new: NewOrganization,
) -> Result<organization::Model> {
    policy::authorize(actor, Action::CreateOrganization)?;
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    let external_id = new.external_id.as_deref();
    let external_id = external_id.map(|id| checked.line("externalId", id, KEY_CHARS_MAX));
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    let row = organization::ActiveModel {
        id: Set(OrganizationId(tx.new_id())),
        name: Set(name),
        shares_tickets: Set(new.shares_tickets),
        external_id: Set(external_id),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let organization = row.insert(&*tx).await;
    let organization = organization.map_err(|error| taken_or("externalId", error))?;
    tx.record(Event::OrganizationCreated {
        organization_id: organization.id,
    });
    tx.commit().await?;
    Ok(organization)
}

pub async fn create_team(app: &App, actor: &Actor, new: NewTeam) -> Result<team::Model> {
    policy::authorize(actor, Action::CreateTeam)?;
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    check_count(&mut checked, "memberIds", new.member_ids.len());
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    refuse_unfit_members(&tx, &new.member_ids).await?;
    let row = team::ActiveModel {
        id: Set(TeamId(tx.new_id())),
        name: Set(name),
        kind: Set(new.kind),
        assignment: Set(team::Assignment::Manual),
        returns_when_away: Set(false),
        external_id: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let team = row.insert(&*tx).await;
    let team = team.map_err(|error| taken_or("name", error))?;
    tx.record(Event::TeamCreated { team_id: team.id });
    let members = new.member_ids.iter().map(|member| (team.id, *member));
    add_members(&mut tx, members).await?;
    tx.forget_directory();
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(team)
}

/// A checked person.
struct Person {
    name: String,
    email: String,
    role: Role,
    locale: Locale,
    time_zone: &'static str,
    organization_id: Option<OrganizationId>,
    password_hash: Option<String>,
}

impl Person {
    fn row(self, tx: &Tx<'_>) -> user::ActiveModel {
        user::ActiveModel {
            id: Set(UserId(tx.new_id())),
            kind: Set(Kind::Person),
            role: Set(self.role),
            name_folded: Set(folded_name(&self.name)),
            name: Set(self.name),
            email: Set(Some(self.email)),
            locale: Set(self.locale),
            time_zone: Set(self.time_zone.to_owned()),
            organization_id: Set(self.organization_id),
            availability: Set(Availability::Offline),
            capacity: Set(CAPACITY),
            password_hash: Set(self.password_hash),
            disabled_at: Set(None),
            external_id: Set(None),
            created_at: Set(tx.now()),
            updated_at: Set(tx.now()),
        }
    }
}

fn check_user(actor: &Actor, new: &NewUser) -> Result<Person> {
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    let email = checked.email("email", &new.email);
    let locale = match &new.locale {
        None => Some(actor.locale()),
        Some(name) => locale_of(name),
    };
    if locale.is_none() {
        checked.refuse(Refusal::Invalid {
            field: "locale",
            why: Why::Locale,
        });
    }
    let time_zone = match &new.time_zone {
        None => Some(TIME_ZONE),
        Some(name) => time_zone_of(name),
    };
    if time_zone.is_none() {
        checked.refuse(Refusal::Invalid {
            field: "timeZone",
            why: Why::TimeZone,
        });
    }
    if let Some(Err(refusal)) = new
        .password
        .as_deref()
        .map(|text| check_password("password", text))
    {
        checked.refuse(refusal);
    }
    check_count(&mut checked, "teamIds", new.team_ids.len());
    if !new.team_ids.is_empty() && !policy::joins_teams(new.role) {
        checked.refuse(Refusal::Invalid {
            field: "teamIds",
            why: Why::NotForRequesters,
        });
    }
    refuse_if_any(checked.refusals)?;
    Ok(Person {
        name,
        email,
        role: new.role,
        locale: locale.unwrap_or_default(),
        time_zone: time_zone.unwrap_or(TIME_ZONE),
        organization_id: new.organization_id,
        password_hash: None,
    })
}

pub(super) fn check_count(checked: &mut Checked, field: &'static str, count: usize) {
    if count > MEMBERSHIPS_MAX {
        checked.refuse(Refusal::Invalid {
            field,
            why: Why::TooMany {
                max: MEMBERSHIPS_MAX,
            },
        });
    }
}

async fn refuse_unknown(tx: &Tx<'_>, new: &NewUser) -> Result<()> {
    let mut refusals = Vec::new();
    if let Some(id) = new.organization_id
        && organization::Entity::find_by_id(id)
            .one(&**tx)
            .await?
            .is_none()
    {
        refusals.push(Refusal::NotFound {
            field: "organizationId",
        });
    }
    let teams = team::Entity::find()
        .filter(team::Column::Id.is_in(new.team_ids.iter().copied()))
        .all(&**tx)
        .await?;
    if !new
        .team_ids
        .iter()
        .all(|id| teams.iter().any(|team| team.id == *id))
    {
        refusals.push(Refusal::NotFound { field: "teamIds" });
    }
    refuse_if_any(refusals)
}

async fn refuse_unfit_members(tx: &Tx<'_>, ids: &[UserId]) -> Result<()> {
    let members = user::Entity::find()
        .filter(user::Column::Id.is_in(ids.iter().copied()))
        .all(&**tx)
        .await?;
    if !ids
        .iter()
        .all(|id| members.iter().any(|user| user.id == *id))
    {
        return Err(Refusal::NotFound { field: "memberIds" }.into());
    }
    if !members.iter().all(|user| policy::joins_teams(user.role)) {
        return Err(Refusal::Invalid {
            field: "memberIds",
            why: Why::NotForRequesters,
        }
        .into());
    }
    Ok(())
}

async fn find_visible_by_email(tx: &Tx<'_>, email: &str) -> Result<Option<user::Model>> {
    let user = user::Entity::find()
        .filter(user::Column::Email.eq(email))
        .filter(policy::visible_users(tx.actor()))
        .one(&**tx)
        .await?;
    Ok(user)
}

fn do_nothing(column: user::Column) -> OnConflict {
    OnConflict::column(column).do_nothing().to_owned()
}

/// Of the columns that must be unique an input sets one.
pub(super) fn taken_or(field: &'static str, error: DbErr) -> Error {
    if is_taken(&error) {
        Refusal::Taken { field }.into()
    } else {
        error.into()
    }
}
