//! Making, changing and deleting endpoints, replacing their secrets, and testing them.

use chrono::TimeDelta;
use entity::{
    api_token::ApiScopes,
    audit_entry::Action as Audited,
    ids::{UserId, WebhookEndpointId},
    user, webhook_delivery as delivery,
    webhook_endpoint::{Column, DisabledReason, Entity, EventWords, Model},
    webhook_event::WebhookEvent,
};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;

use super::{queries::visible, round::pending, rules, send::may_be_sent_to, signature::Secret};
use crate::{
    actor::Actor,
    app::{App, Sleeper, Tx},
    error::{Error, Result, refuse_if_any},
    input::{Checked, Named, Patch},
    policy::{self, Action},
    refusal::{Refusal, WebhookWhy, Why},
    trail::Subject,
};

/// Endpoints of the desk.
const ENDPOINTS_MAX: usize = 50;
const DESCRIPTION_CHARS_MAX: usize = 255;
/// An endpoint's filter as JSON.
const FILTER_BYTES_MAX: usize = 16_384;
/// How long a secret that was replaced signs besides where nobody says, in hours, and at most.
const OVERLAP_HOURS: i32 = 24;
const OVERLAP_HOURS_MAX: i32 = 7 * 24;

/// What is to be told, and to whom. The filter is as clients write it, and known to be usable.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    pub url: String,
    pub description: String,
    /// None: everything.
    pub events: Option<Vec<WebhookEvent>>,
    pub filter: Option<Value>,
    /// In whose name; the actor's own where absent.
    pub machine: Named<UserId>,
}

/// What to change of an endpoint; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct EditEndpoint {
    pub url: Option<String>,
    pub description: Option<String>,
    pub events: Patch<Vec<WebhookEvent>>,
    pub filter: Patch<Value>,
}

/// An endpoint with its new secret, which nobody is shown again.
#[derive(Clone, Debug)]
pub struct Made {
    pub endpoint: Model,
    pub secret: Secret,
}

/// Has events told from now on.
pub async fn create(app: &App, actor: &Actor, new: &NewEndpoint) -> Result<Made> {
    let mut checked = Checked::default();
    let url = check_url(app, &mut checked, &new.url);
    let description = check_description(&mut checked, &new.description);
    checked.json("filter", &new.filter, FILTER_BYTES_MAX);
    let owner_id = match new.machine {
        Named::Absent | Named::Null => actor.id().ok_or(Error::Forbidden)?,
        Named::Id(id) => id,
        Named::Unknown => return Err(Refusal::NotFound { field: "machineId" }.into()),
    };

    let position = app.feed.end().await?;
    let mut tx = app.begin(actor).await?;
    let owner = lock_owner(&tx, owner_id).await?;
    let (of, kind) = (owner.id, owner.kind);
    policy::authorize(actor, Action::CreateWebhook { of, kind })?;
    refuse_if_any(checked.refusals)?;
    refuse_one_too_many(&tx).await?;
    let secret = Secret::generate()?;
    let endpoint = Model {
        id: WebhookEndpointId(tx.new_id()),
        owner_id: owner.id,
        scopes: scopes_of(actor),
        url,
        description,
        events: words(new.events.as_deref()),
        filter: new.filter.clone(),
        secret: secret.bytes().to_vec(),
        previous_secret: None,
        previous_until: None,
        position: position.to_stored(),
        replay_position: None,
        replay_end: None,
        lost_count: 0,
        lost_at: None,
        failing_since: None,
        disabled_at: None,
        disabled_reason: None,
        created_by: actor.id(),
        created_at: tx.now(),
        updated_at: tx.now(),
        deleted_at: None,
    };
    let row = endpoint.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(&*tx).await?;
    audit(&mut tx, Audited::WebhookEndpointCreated, endpoint.id);
    tx.commit().await?;
    app.wake(Sleeper::Webhooks);
    Ok(Made { endpoint, secret })
}

/// Changes what is told, and to where; what is on its way already may still go by what was.
pub async fn edit(
    app: &App,
    actor: &Actor,
    id: Option<WebhookEndpointId>,
    edit: &EditEndpoint,
) -> Result<Model> {
    let mut checked = Checked::default();
    let url = edit.url.as_deref();
    let url = url.map(|url| check_url(app, &mut checked, url));
    let description = edit.description.as_deref();
    let description = description.map(|text| check_description(&mut checked, text));
    if let Patch::Set(filter) = &edit.filter {
        checked.json("filter", filter, FILTER_BYTES_MAX);
    }

    let mut tx = app.begin(actor).await?;
    let before = lock(&tx, id).await?;
    refuse_if_any(checked.refusals)?;
    let mut after = before.clone();
    after.url = url.unwrap_or(after.url);
    after.description = description.unwrap_or(after.description);
    after.events = match &edit.events {
        Patch::Keep => after.events,
        Patch::Empty => None,
        Patch::Set(events) => words(Some(events)),
    };
    after.filter = edit.filter.clone().over(after.filter);
    if after == before {
        return Ok(after);
    }
    audit(&mut tx, Audited::WebhookEndpointEdited, after.id);
    store(tx, after).await
}

/// Tells an endpoint nothing any more, and forgets what it was told.
pub async fn delete(
    app: &App,
    actor: &Actor,
    id: Option<WebhookEndpointId>,
) -> Result<WebhookEndpointId> {
    let mut tx = app.begin(actor).await?;
    let mut endpoint = lock(&tx, id).await?;
    let id = endpoint.id;
    endpoint.deleted_at = Some(tx.now());
    // Its row stays for as long as there is something about it; its secrets do not.
    endpoint.secret = Vec::new();
    endpoint.previous_secret = None;
    audit(&mut tx, Audited::WebhookEndpointDeleted, id);
    store(tx, endpoint).await?;
    Ok(id)
}

/// Goes on telling an endpoint, from where it stopped as far as the log goes back, or stops. Doing it twice changes
/// nothing.
pub async fn set_enabled(
    app: &App,
    actor: &Actor,
    id: Option<WebhookEndpointId>,
    is_enabled: bool,
) -> Result<Model> {
    let mut tx = app.begin(actor).await?;
    let mut endpoint = lock(&tx, id).await?;
    if endpoint.disabled_at.is_none() == is_enabled {
        return Ok(endpoint);
    }
    if is_enabled {
        endpoint.disabled_at = None;
        endpoint.disabled_reason = None;
        endpoint.failing_since = None;
        audit(&mut tx, Audited::WebhookEndpointEnabled, endpoint.id);
    } else {
        super::round::disable(&mut tx, &mut endpoint, DisabledReason::ByHand);
    }
    let endpoint = store(tx, endpoint).await?;
    app.wake(Sleeper::Webhooks);
    Ok(endpoint)
}

/// Makes another secret. The one before signs besides for a while: time to bring the new one to where it is used.
pub async fn rotate(
    app: &App,
    actor: &Actor,
    id: Option<WebhookEndpointId>,
    overlap_hours: Option<i32>,
) -> Result<Made> {
    let overlap_hours = overlap_hours.unwrap_or(OVERLAP_HOURS);
    let mut tx = app.begin(actor).await?;
    let mut endpoint = lock(&tx, id).await?;
    if !(0..=OVERLAP_HOURS_MAX).contains(&overlap_hours) {
        let why = Why::OutOfRange {
            min: 0,
            max: OVERLAP_HOURS_MAX,
        };
        let field = "overlapHours";
        return Err(Refusal::Invalid { field, why }.into());
    }
    let secret = Secret::generate()?;
    let replaced = std::mem::replace(&mut endpoint.secret, secret.bytes().to_vec());
    endpoint.previous_secret = (overlap_hours > 0).then_some(replaced);
    let until = tx.now() + TimeDelta::hours(overlap_hours.into());
    endpoint.previous_until = endpoint.previous_secret.is_some().then_some(until);
    audit(&mut tx, Audited::WebhookSecretRotated, endpoint.id);
    let endpoint = store(tx, endpoint).await?;
    Ok(Made { endpoint, secret })
}

/// Sends a test, once.
pub async fn ping(
    app: &App,
    actor: &Actor,
    id: Option<WebhookEndpointId>,
) -> Result<delivery::Model> {
    let mut tx = app.begin(actor).await?;
    let endpoint = lock(&tx, id).await?;
    refuse_disabled(&endpoint, "endpointId")?;
    let webhook_id = format!("msg_{}", tx.new_id().simple());
    let test = pending(&tx, endpoint.id, webhook_id, WebhookEvent::Ping);
    let row = test.clone().into_active_model().reset_all();
    delivery::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await?;
    audit(&mut tx, Audited::WebhookEndpointPinged, endpoint.id);
    tx.commit().await?;
    app.wake(Sleeper::Webhooks);
    Ok(test)
}

/// An endpoint that the actor may list and change, held: rounds wait meanwhile.
pub(super) async fn lock(tx: &Tx<'_>, id: Option<WebhookEndpointId>) -> Result<Model> {
    let missing = || {
        Error::from(Refusal::NotFound {
            field: "endpointId",
        })
    };
    let found = visible(tx.actor())
        .filter(Column::Id.eq(id.ok_or_else(missing)?))
        .lock_exclusive()
        .one(&**tx)
        .await?;
    let endpoint = found.ok_or_else(missing)?;
    let (of, scopes) = (endpoint.owner_id, endpoint.scopes);
    policy::authorize(tx.actor(), Action::EditWebhook { of, scopes })?;
    Ok(endpoint)
}

pub(super) fn audit(tx: &mut Tx<'_>, action: Audited, id: WebhookEndpointId) {
    tx.audit(action, Subject::WebhookEndpoint(id));
}

pub(super) async fn store(tx: Tx<'_>, endpoint: Model) -> Result<Model> {
    let mut row = endpoint.into_active_model().reset_all();
    row.updated_at = sea_orm::Set(tx.now());
    let endpoint = row.update(&*tx).await?;
    tx.commit().await?;
    Ok(endpoint)
}

pub(super) fn refuse_disabled(endpoint: &Model, field: &'static str) -> Result<()> {
    if endpoint.disabled_at.is_none() {
        return Ok(());
    }
    let why = Why::Webhook(WebhookWhy::Disabled);
    Err(Refusal::Invalid { field, why }.into())
}

/// The owner's row is held: nobody disables them meanwhile.
async fn lock_owner(tx: &Tx<'_>, id: UserId) -> Result<user::Model> {
    let user = user::Entity::find_by_id(id)
        .filter(user::Column::DisabledAt.is_null())
        .filter(policy::visible_users(tx.actor()))
        .lock_exclusive()
        .one(&**tx)
        .await?;
    user.ok_or_else(|| Refusal::NotFound { field: "machineId" }.into())
}

/// All endpoints are held, in one order, so that those who make one at once are counted one by one: whoever waited counts
/// again.
async fn refuse_one_too_many(tx: &Tx<'_>) -> Result<()> {
    let there = || Entity::find().filter(Column::DeletedAt.is_null());
    let held = there().select_only().column(Column::Id);
    let held = held.order_by_asc(Column::Id).lock_exclusive();
    let _held: Vec<WebhookEndpointId> = held.into_tuple().all(&**tx).await?;
    if there().count(&**tx).await? < ENDPOINTS_MAX as u64 {
        return Ok(());
    }
    let max = ENDPOINTS_MAX;
    let why = Why::Webhook(WebhookWhy::TooMany { max });
    Err(Refusal::Invalid { field: "url", why }.into())
}

/// What is told never goes further than the token that somebody came with.
fn scopes_of(actor: &Actor) -> Option<ApiScopes> {
    actor.api_token().map(|token| token.scopes)
}

fn words(events: Option<&[WebhookEvent]>) -> Option<EventWords> {
    let mut words: Vec<_> = events?.iter().map(ActiveEnum::to_value).collect();
    words.sort_unstable();
    words.dedup();
    Some(EventWords(words))
}

fn check_url(app: &App, checked: &mut Checked, text: &str) -> String {
    let field = "url";
    let is_inside_allowed = !app.config.webhooks_allow_cidrs.is_empty();
    let url = match rules::address(text, is_inside_allowed) {
        Ok(url) => url,
        Err(refusal) => {
            checked.refuse(refusal);
            return String::new();
        }
    };
    if !may_be_sent_to(&app.config, &url) {
        let why = Why::Webhook(WebhookWhy::NotAllowed);
        checked.refuse(Refusal::Invalid { field, why });
    }
    url.into()
}

/// May be empty.
fn check_description(checked: &mut Checked, text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    checked.line("description", text, DESCRIPTION_CHARS_MAX)
}
