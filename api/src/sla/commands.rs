//! Every change to service-level policies.

use entity::{
    calendar,
    ids::{CalendarId, OrganizationId, ServiceLevelPolicyId},
    json::WaitingReasons,
    organization,
    service_level_policy::{Column, Entity, Model},
    ticket::{Priority, WaitingReason},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};

use super::in_force::change_terms;
use crate::{
    actor::Actor,
    app::{App, Tx, is_taken},
    error::{Result, expect_version, refuse_if_any},
    events::Event,
    input::{Checked, Named, Patch},
    policy::{self, Action},
    refusal::{Refusal, Why},
    text::NAME_CHARS_MAX,
    ticket,
};

const POLICIES_MAX: usize = 1_000;
/// A year of 366 days.
const TARGET_S_MAX: i64 = 366 * 86_400;

/// For which tickets a policy is; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope {
    pub level_rank: Option<i32>,
    pub organization: Named<OrganizationId>,
    pub priority: Option<Priority>,
}

/// What to say in a policy.
#[derive(Clone, Debug)]
pub struct Edit {
    pub name: Option<String>,
    pub calendar: Named<CalendarId>,
    pub pauses: Patch<Vec<WaitingReason>>,
    pub first_reply_s: Patch<i64>,
    pub next_reply_s: Patch<i64>,
    pub resolution_s: Patch<i64>,
}

/// Makes a policy for tickets for which there is none yet.
pub async fn create(app: &App, actor: &Actor, scope: Scope, said: &Edit) -> Result<Model> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let mut tx = app.begin(actor).await?;
    change_terms(&mut tx).await?;
    refuse_one_too_many(&tx).await?;
    let mut policy = Model {
        id: ServiceLevelPolicyId(tx.new_id()),
        name: String::new(),
        version: 1,
        level_rank: None,
        organization_id: None,
        priority: scope.priority,
        scope: String::new(),
        calendar_id: None,
        pauses: None,
        first_reply_s: None,
        next_reply_s: None,
        resolution_s: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    find_scope(&tx, app, scope, &mut policy).await?;
    let policy = checked(&tx, &policy, said).await?;
    let row = policy.clone().into_active_model().reset_all();
    let inserted = Entity::insert(row).exec_without_returning(&*tx).await;
    inserted.map_err(|error| {
        if is_taken(&error) {
            Refusal::Taken { field: "levelRank" }.into()
        } else {
            crate::error::Error::from(error)
        }
    })?;
    tx.record(Event::ServiceLevelPolicyCreated {
        policy_id: policy.id,
    });
    tx.commit().await?;
    ticket::follow_terms_now(app).await?;
    Ok(policy)
}

/// Changes what a policy says.
pub async fn edit(
    app: &App,
    actor: &Actor,
    id: Option<ServiceLevelPolicyId>,
    expected_version: Option<i32>,
    said: &Edit,
) -> Result<Model> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let mut tx = app.begin(actor).await?;
    change_terms(&mut tx).await?;
    let before = find(&tx, id).await?;
    expect_version(before.version, expected_version)?;
    let mut after = checked(&tx, &before, said).await?;
    if after == before {
        return Ok(after);
    }
    after.version += 1;
    after.updated_at = tx.now();
    let row = after.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    tx.record(Event::ServiceLevelPolicyEdited {
        policy_id: after.id,
    });
    tx.commit().await?;
    ticket::follow_terms_now(app).await?;
    Ok(after)
}

/// Takes a policy away: its tickets are promised what the others say.
pub async fn delete(
    app: &App,
    actor: &Actor,
    id: Option<ServiceLevelPolicyId>,
) -> Result<ServiceLevelPolicyId> {
    policy::authorize(actor, Action::ChangeServiceTerms)?;
    let mut tx = app.begin(actor).await?;
    change_terms(&mut tx).await?;
    let policy_id = find(&tx, id).await?.id;
    Entity::delete_by_id(policy_id).exec(&*tx).await?;
    tx.record(Event::ServiceLevelPolicyDeleted { policy_id });
    tx.commit().await?;
    ticket::follow_terms_now(app).await?;
    Ok(policy_id)
}

/// A target that can be promised, in seconds.
pub fn checked_target(
    checked: &mut Checked,
    field: &'static str,
    target: Patch<i64>,
) -> Patch<i32> {
    match target {
        Patch::Keep => Patch::Keep,
        Patch::Empty => Patch::Empty,
        Patch::Set(seconds) => match i32::try_from(seconds) {
            Ok(target) if (1..=TARGET_S_MAX).contains(&seconds) => Patch::Set(target),
            Ok(_) | Err(_) => {
                let why = Why::Target;
                checked.refuse(Refusal::Invalid { field, why });
                Patch::Keep
            }
        },
    }
}

async fn find_scope(tx: &Tx<'_>, app: &App, scope: Scope, policy: &mut Model) -> Result<()> {
    let mut refusals = Vec::new();
    if let Some(rank) = scope.level_rank {
        let levels = &app.directory().await?.levels;
        let known = i16::try_from(rank)
            .ok()
            .filter(|rank| levels.contains_key(rank));
        if known.is_none() {
            let (field, why) = ("levelRank", Why::Level);
            refusals.push(Refusal::Invalid { field, why });
        }
        policy.level_rank = known;
    }
    policy.organization_id = match scope.organization {
        Named::Absent | Named::Null | Named::Unknown => None,
        Named::Id(id) => organization::Entity::find_by_id(id)
            .one(&**tx)
            .await?
            .map(|organization| organization.id),
    };
    let is_named = matches!(scope.organization, Named::Id(_) | Named::Unknown);
    if is_named && policy.organization_id.is_none() {
        refusals.push(Refusal::NotFound {
            field: "organizationId",
        });
    }
    let organization = policy.organization_id.map(|id| id.0.simple().to_string());
    policy.scope = format!(
        "{:?}/{:?}/{:?}",
        policy.level_rank, organization, policy.priority
    );
    refuse_if_any(refusals)
}

/// The policy with what is said in it, or all that is wrong with that.
async fn checked(tx: &Tx<'_>, before: &Model, said: &Edit) -> Result<Model> {
    let mut checked = Checked::default();
    let mut after = before.clone();
    if let Some(name) = &said.name {
        after.name = checked.line("name", name, NAME_CHARS_MAX);
    }
    after.calendar_id = match said.calendar {
        Named::Absent => before.calendar_id,
        Named::Null => None,
        Named::Id(id) if is_calendar(tx, id).await? => Some(id),
        Named::Id(_) | Named::Unknown => {
            checked.refuse(Refusal::NotFound {
                field: "calendarId",
            });
            None
        }
    };
    let mut pauses = said.pauses.clone();
    if let Patch::Set(reasons) = &mut pauses {
        let mut seen = Vec::new();
        reasons.retain(|reason| {
            let is_new = !seen.contains(reason);
            seen.push(*reason);
            is_new
        });
    }
    let before_pauses = before.pauses.clone().map(|pauses| pauses.0);
    after.pauses = pauses.over(before_pauses).map(WaitingReasons);
    let mut target = |field, said| checked_target(&mut checked, field, said);
    after.first_reply_s = target("firstReply", said.first_reply_s).over(before.first_reply_s);
    after.next_reply_s = target("nextReply", said.next_reply_s).over(before.next_reply_s);
    after.resolution_s = target("resolution", said.resolution_s).over(before.resolution_s);
    refuse_if_any(checked.refusals)?;
    Ok(after)
}

async fn is_calendar(tx: &Tx<'_>, id: CalendarId) -> Result<bool> {
    let calendar = calendar::Entity::find_by_id(id)
        .filter(calendar::Column::DeletedAt.is_null())
        .one(&**tx)
        .await?;
    Ok(calendar.is_some())
}

async fn find(tx: &Tx<'_>, id: Option<ServiceLevelPolicyId>) -> Result<Model> {
    let missing = || Refusal::NotFound { field: "policyId" };
    let policy = Entity::find()
        .filter(Column::Id.eq(id.ok_or_else(missing)?))
        .one(&**tx)
        .await?;
    Ok(policy.ok_or_else(missing)?)
}

async fn refuse_one_too_many(tx: &Tx<'_>) -> Result<()> {
    let count = Entity::find().count(&**tx).await?;
    if usize::try_from(count).is_ok_and(|count| count < POLICIES_MAX) {
        return Ok(());
    }
    let why = Why::TooMany { max: POLICIES_MAX };
    Err(Refusal::Invalid { field: "name", why }.into())
}
