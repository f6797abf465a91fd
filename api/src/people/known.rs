//! People who are known elsewhere: to an application that embeds the desk, or to an OpenID provider. They are found by what
//! they are called there and by nothing else.

use entity::{
    audit_entry::Action,
    identity,
    ids::{IdentityId, OrganizationId, TeamId, UserId},
    organization, team_member,
    user::{self, Availability, Kind, Locale, Role},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set,
    sea_query::{LockType, OnConflict},
};

use super::{
    administration::refuse_last_admin,
    commands::{CAPACITY, TIME_ZONE},
    folded_name, locale_of,
    memberships::{add_members, remove_members},
};
use crate::{
    app::{Memory, Overtaken, Tx},
    error::{Error, Result},
    events::Event,
    policy::{self, ROLE_OF_ADMINS},
    text::{self, NAME_CHARS_MAX},
    trail::{Act, By, Subject},
};

/// Who somebody is elsewhere.
#[derive(Clone, Debug)]
pub struct KnownAs {
    pub source: String,
    pub subject: String,
}

/// What is said of them there; what is absent, or cannot be used, stays.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub name: Option<String>,
    /// Only one that was verified there.
    pub email: Option<String>,
    pub locale: Option<String>,
    /// By its external id; none in it, and one that is not known, are none: who has left one sees its tickets no more.
    pub organization: Option<Option<String>>,
}

/// What they are at this desk by what is said of them there.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// None: it stays as it is.
    pub role: Option<Role>,
    /// Teams whose members are said there.
    pub decided: Vec<TeamId>,
    /// Those of them that they are in.
    pub member_of: Vec<TeamId>,
}

/// The person who is known so, locked; none where nobody is yet.
pub async fn find_known(tx: &Tx<'_>, known: &KnownAs) -> Result<Option<user::Model>> {
    let identity = identity::Entity::find()
        .filter(identity::Column::Source.eq(&known.source))
        .filter(identity::Column::Subject.eq(&known.subject))
        .one(&**tx)
        .await?;
    let Some(identity) = identity else {
        return Ok(None);
    };
    let user = user::Entity::find_by_id(identity.user_id)
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    Ok(Some(user.ok_or(Error::NotFound("user"))?))
}

/// Whether anybody else says who this person is: then nobody more may.
pub async fn is_known_elsewhere(tx: &Tx<'_>, of: UserId) -> Result<bool> {
    let identity = identity::Entity::find()
        .filter(identity::Column::UserId.eq(of))
        .one(&**tx)
        .await?;
    Ok(identity.is_some())
}

/// Somebody new, who is known so from now on. Fails with [`Overtaken`] where another request was quicker.
pub async fn create_known(
    tx: &mut Tx<'_>,
    known: &KnownAs,
    profile: &Profile,
    role: Role,
) -> Result<user::Model> {
    let email = profile.email.as_deref();
    let email = email.and_then(|email| text::email(email).ok());
    let name = usable_name(profile).unwrap_or_else(|| {
        let called = email.as_deref().unwrap_or(&known.subject);
        called.split('@').next().unwrap_or(called).to_owned()
    });
    let name = text::clean_line(&name, NAME_CHARS_MAX).unwrap_or_else(|_| "?".to_owned());
    let locale = profile.locale.as_deref().and_then(language);
    let id = UserId(tx.new_id());
    let mut row = user::ActiveModel {
        id: Set(id),
        kind: Set(Kind::Person),
        role: Set(role),
        name_folded: Set(folded_name(&name)),
        name: Set(name),
        email: Set(email),
        locale: Set(locale.unwrap_or_default()),
        time_zone: Set(TIME_ZONE.to_owned()),
        organization_id: Set(organization_of(tx, profile).await?),
        availability: Set(Availability::Offline),
        capacity: Set(CAPACITY),
        password_hash: Set(None),
        disabled_at: Set(None),
        external_id: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let is_free = OnConflict::column(user::Column::Email)
        .do_nothing()
        .to_owned();
    let inserted = user::Entity::insert(row.clone())
        .on_conflict(is_free)
        .exec_without_returning(&**tx)
        .await?;
    if inserted == 0 {
        // Somebody has this address: it is theirs, and no reason to be taken for them.
        row.email = Set(None);
        user::Entity::insert(row)
            .exec_without_returning(&**tx)
            .await?;
    }
    link(tx, id, known).await?;
    tx.record(Event::UserCreated { user_id: id });
    let user = user::Entity::find_by_id(id).one(&**tx).await?;
    user.ok_or(Error::NotFound("user"))
}

/// The owner of an account is known so from now on, and comes in without its password: the audit log tells of it.
pub async fn join(tx: &mut Tx<'_>, of: UserId, known: &KnownAs) -> Result<()> {
    link(tx, of, known).await?;
    let act = Act::on(Action::IdentityLinked, Subject::User(of));
    tx.audit_by(By::person(of), act);
    Ok(())
}

/// From now on this person is known so.
async fn link(tx: &Tx<'_>, of: UserId, known: &KnownAs) -> Result<()> {
    let row = identity::ActiveModel {
        id: Set(IdentityId(tx.new_id())),
        user_id: Set(of),
        source: Set(known.source.clone()),
        subject: Set(known.subject.clone()),
        created_at: Set(tx.now()),
    };
    let is_first = OnConflict::columns([identity::Column::Source, identity::Column::Subject])
        .do_nothing()
        .to_owned();
    let linked = identity::Entity::insert(row)
        .on_conflict(is_first)
        .exec_without_returning(&**tx)
        .await?;
    if linked == 1 {
        Ok(())
    } else {
        Err(anyhow::Error::new(Overtaken).into())
    }
}

/// Brings name, language and organization up to what is said elsewhere.
pub async fn follow_profile(
    tx: &mut Tx<'_>,
    user: user::Model,
    profile: &Profile,
) -> Result<user::Model> {
    let mut after = user.clone();
    if let Some(name) = usable_name(profile) {
        after.name_folded = folded_name(&name);
        after.name = name;
    }
    let locale = profile.locale.as_deref().and_then(language);
    after.locale = locale.unwrap_or(after.locale);
    if profile.organization.is_some() {
        after.organization_id = organization_of(tx, profile).await?;
    }
    if after == user {
        return Ok(user);
    }
    write(tx, after).await
}

/// Brings role and teams up to what is said elsewhere. The last admin stays one.
pub async fn follow_standing(
    tx: &mut Tx<'_>,
    user: user::Model,
    standing: &Standing,
) -> Result<user::Model> {
    let mut after = user.clone();
    after.role = standing.role.unwrap_or(user.role);
    if user.role == ROLE_OF_ADMINS && after.role != ROLE_OF_ADMINS {
        match refuse_last_admin(tx, user.id, "role").await {
            Err(Error::Refused(_)) => {
                tracing::warn!("the last admin stays one, whatever groups they are in");
                after.role = user.role;
            }
            other => other?,
        }
    }
    let is_member = policy::joins_teams(after.role);
    let mut leaves = Condition::all().add(team_member::Column::UserId.eq(user.id));
    if is_member {
        let mut decided = standing.decided.clone();
        decided.retain(|team| !standing.member_of.contains(team));
        leaves = leaves.add(team_member::Column::TeamId.is_in(decided));
    }
    let mut moved = remove_members(tx, leaves).await?;
    if is_member {
        let joins = standing.member_of.iter().map(|team| (*team, user.id));
        moved += add_members(tx, joins).await?;
    }
    if after == user && moved == 0 {
        return Ok(user);
    }
    write(tx, after).await
}

/// Nobody else's rights are different: only what is in memory of this person is read again.
async fn write(tx: &mut Tx<'_>, mut user: user::Model) -> Result<user::Model> {
    user.updated_at = tx.now();
    let user = user.into_active_model().reset_all().update(&**tx).await?;
    tx.record(Event::UserEdited { user_id: user.id });
    tx.forget(Memory::User(user.id));
    tx.forget(Memory::Actor(user.id));
    Ok(user)
}

/// The person with this address, locked.
pub async fn find_by_email(tx: &Tx<'_>, email: &str) -> Result<Option<user::Model>> {
    let Ok(email) = text::email(email) else {
        return Ok(None);
    };
    let user = user::Entity::find()
        .filter(user::Column::Email.eq(email))
        .filter(user::Column::Kind.eq(Kind::Person))
        .lock(LockType::NoKeyUpdate)
        .one(&**tx)
        .await?;
    Ok(user)
}

fn usable_name(profile: &Profile) -> Option<String> {
    text::clean_line(profile.name.as_deref()?, NAME_CHARS_MAX).ok()
}

/// Of `fr-CA` the language counts.
fn language(name: &str) -> Option<Locale> {
    let language = name.split(['-', '_']).next()?;
    locale_of(&language.to_lowercase())
}

async fn organization_of(tx: &Tx<'_>, profile: &Profile) -> Result<Option<OrganizationId>> {
    let Some(Some(external_id)) = &profile.organization else {
        return Ok(None);
    };
    let found = organization::Entity::find()
        .filter(organization::Column::ExternalId.eq(external_id))
        .one(&**tx)
        .await?;
    Ok(found.map(|organization| organization.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{actor::Actor, testing::Desk};

    /// A sign-in that changes nothing costs nobody anything, and one that does costs one person.
    #[tokio::test(flavor = "multi_thread")]
    async fn only_what_has_changed_is_forgotten() {
        let desk = Desk::open().await;
        let ada = desk.person("ada", ROLE_OF_ADMINS).await;
        let mut tx = desk.begin(&Actor::System).await.unwrap();
        let mut profile = Profile {
            name: Some("ada".to_owned()),
            ..Profile::default()
        };
        let ada = follow_profile(&mut tx, ada, &profile).await.unwrap();
        let standing = Standing::default();
        let ada = follow_standing(&mut tx, ada, &standing).await.unwrap();
        assert!(tx.forgotten().is_empty(), "{:?}", tx.forgotten());
        profile.name = Some("Ada".to_owned());
        let ada = follow_profile(&mut tx, ada, &profile).await.unwrap();
        let forgotten = tx.forgotten();
        assert!(
            matches!(forgotten, [Memory::User(user), Memory::Actor(actor)] if (user, actor) == (&ada.id, &ada.id)),
            "{forgotten:?}"
        );
    }
}
