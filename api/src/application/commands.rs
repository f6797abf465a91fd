//! Making, changing and deleting applications, and their keys.

use entity::{
    application::{ActiveModel, Entity, Model},
    application_key::{self, Algorithm},
    audit_entry::Action as Audited,
    identity,
    ids::{ApplicationId, ApplicationKeyId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect, Set,
};

use super::{
    keys,
    queries::{Application, find},
    sign_in::source,
};
use crate::{
    actor::Actor,
    app::{App, Memory, Tx, is_taken},
    error::{Error, Result, refuse_if_any},
    input::{Checked, KEY_CHARS_MAX},
    people,
    policy::{self, Action},
    refusal::{CredentialWhy, Refusal, Why},
    session,
    text::NAME_CHARS_MAX,
    trail::Subject,
};

/// Applications of a desk.
const COUNT_MAX: usize = 100;
/// Keys of an application: the one that signs, the next one, and those of earlier.
const KEYS_MAX: usize = 10;

#[derive(Clone, Debug)]
pub struct NewApplication {
    pub name: String,
    /// What its tokens say in `iss`.
    pub issuer: String,
}

/// What to change of an application; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EditApplication {
    pub name: Option<String>,
    pub issuer: Option<String>,
    pub is_active: Option<bool>,
}

/// A key that was added, and the text of its secret, which nobody sees again.
#[derive(Clone, Debug)]
pub struct MadeKey {
    pub key: application_key::Model,
    /// None: its private half is elsewhere.
    pub secret: Option<String>,
}

/// Makes an application. Nobody signs in through it until it has a key.
pub async fn create(app: &App, actor: &Actor, new: &NewApplication) -> Result<Application> {
    policy::authorize(actor, Action::ChangeApplications)?;
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    let issuer = checked.line("issuer", &new.issuer, KEY_CHARS_MAX);
    refuse_if_any(checked.refusals)?;
    let mut tx = app.begin(actor).await?;
    refuse_too_many(Entity::find().count(&*tx).await?, "name", COUNT_MAX)?;
    let row = ActiveModel {
        id: Set(ApplicationId(tx.new_id())),
        name_folded: Set(people::folded_name(&name)),
        name: Set(name),
        issuer: Set(issuer),
        disabled_at: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let row = row.insert(&*tx).await?;
    tx.audit(Audited::ApplicationCreated, Subject::Application(row.id));
    tx.commit().await?;
    Ok(Application {
        row,
        keys: Vec::new(),
    })
}

/// Changes an application. Through one that is not active nobody signs in, and whoever did is out within two seconds.
pub async fn edit(
    app: &App,
    actor: &Actor,
    id: Option<ApplicationId>,
    edit: &EditApplication,
) -> Result<Application> {
    policy::authorize(actor, Action::ChangeApplications)?;
    let mut checked = Checked::default();
    let mut line = |field, text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| checked.line(field, text, NAME_CHARS_MAX))
    };
    let (name, issuer) = (line("name", &edit.name), line("issuer", &edit.issuer));
    refuse_if_any(checked.refusals)?;
    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, id).await?;
    let mut after = before.clone();
    if let Some(name) = name {
        after.name_folded = people::folded_name(&name);
        after.name = name;
    }
    after.issuer = issuer.unwrap_or(after.issuer);
    after.disabled_at = match edit.is_active {
        None => after.disabled_at,
        Some(true) => None,
        Some(false) => after.disabled_at.or(Some(tx.now())),
    };
    let id = after.id;
    if after == before {
        return find(&*tx, id).await;
    }
    if after.disabled_at.is_some() {
        session::end_of_application(&tx, id).await?;
    }
    after.updated_at = tx.now();
    after.into_active_model().reset_all().update(&*tx).await?;
    let application = find(&*tx, id).await?;
    tx.audit(Audited::ApplicationEdited, Subject::Application(id));
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(application)
}

/// Takes an application away, with its keys and with what it calls its users. These stay, as do their tickets; their
/// sessions end.
pub async fn delete(app: &App, actor: &Actor, id: Option<ApplicationId>) -> Result<ApplicationId> {
    policy::authorize(actor, Action::ChangeApplications)?;
    let mut tx = app.begin(actor).await?;
    let id = lock(&tx, id).await?.id;
    session::end_of_application(&tx, id).await?;
    application_key::Entity::delete_many()
        .filter(application_key::Column::ApplicationId.eq(id))
        .exec(&*tx)
        .await?;
    identity::Entity::delete_many()
        .filter(identity::Column::Source.eq(source(id)))
        .exec(&*tx)
        .await?;
    Entity::delete_by_id(id).exec(&*tx).await?;
    tx.audit(Audited::ApplicationDeleted, Subject::Application(id));
    tx.commit().await?;
    app.forget(Memory::Actors);
    Ok(id)
}

/// Adds a key beside those that are there: a public one, or a secret that is shown this once.
pub async fn add_key(
    app: &App,
    actor: &Actor,
    id: Option<ApplicationId>,
    public_key: Option<&str>,
) -> Result<MadeKey> {
    policy::authorize(actor, Action::ChangeApplications)?;
    let field = "publicKey";
    let why = Why::Credential(CredentialWhy::PublicKey);
    let public = match public_key {
        Some(text) => Some(keys::read(text).ok_or(Refusal::Invalid { field, why })?),
        None => None,
    };
    let mut tx = app.begin(actor).await?;
    let application_id = lock(&tx, id).await?.id;
    let count = application_key::Entity::find()
        .filter(application_key::Column::ApplicationId.eq(application_id))
        .count(&*tx)
        .await?;
    refuse_too_many(count, "applicationId", KEYS_MAX)?;
    let key_id = ApplicationKeyId(tx.new_id());
    let own_name = key_id.0.simple().to_string();
    let (algorithm, material, kid, secret) = if let Some(key) = public {
        (key.algorithm, key.bytes, key.kid.unwrap_or(own_name), None)
    } else {
        let secret = keys::new_secret()?;
        let sealed = keys::seal(app, key_id.0, &secret).await?;
        (Algorithm::Hs256, sealed, own_name, Some(secret))
    };
    let row = application_key::ActiveModel {
        id: Set(key_id),
        application_id: Set(application_id),
        kid: Set(kid),
        algorithm: Set(algorithm),
        material: Set(material),
        created_at: Set(tx.now()),
    };
    let key = row.insert(&*tx).await.map_err(|error| {
        if is_taken(&error) {
            Refusal::Taken { field }.into()
        } else {
            Error::from(error)
        }
    })?;
    let subject = Subject::Application(application_id);
    tx.audit(Audited::ApplicationKeyAdded, subject);
    tx.commit().await?;
    Ok(MadeKey { key, secret })
}

/// Takes a key away: tokens of it are refused at once. Sessions that began with one go on.
pub async fn revoke_key(
    app: &App,
    actor: &Actor,
    id: Option<ApplicationKeyId>,
) -> Result<Application> {
    policy::authorize(actor, Action::ChangeApplications)?;
    let missing = || Error::from(Refusal::NotFound { field: "keyId" });
    let mut tx = app.begin(actor).await?;
    let key = application_key::Entity::find_by_id(id.ok_or_else(missing)?)
        .one(&*tx)
        .await?
        .ok_or_else(missing)?;
    application_key::Entity::delete_by_id(key.id)
        .exec(&*tx)
        .await?;
    let application = find(&*tx, key.application_id).await?;
    let subject = Subject::Application(key.application_id);
    tx.audit(Audited::ApplicationKeyRevoked, subject);
    tx.commit().await?;
    Ok(application)
}

async fn lock(tx: &Tx<'_>, id: Option<ApplicationId>) -> Result<Model> {
    let field = "applicationId";
    let id = id.ok_or(Refusal::NotFound { field })?;
    let row = Entity::find_by_id(id).lock_exclusive().one(&**tx).await?;
    Ok(row.ok_or(Refusal::NotFound { field })?)
}

fn refuse_too_many(count: u64, field: &'static str, max: usize) -> Result<()> {
    if count < max as u64 {
        return Ok(());
    }
    let why = Why::TooMany { max };
    Err(Refusal::Invalid { field, why }.into())
}
