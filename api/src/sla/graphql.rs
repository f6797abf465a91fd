//! Service-level policies as clients see them.

use std::sync::Arc;

use async_graphql::{
    Context, Description, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject,
};
use chrono::{DateTime, Utc};
use entity::{
    ids::{CalendarId, OrganizationId, ServiceLevelPolicyId},
    service_level_policy as stored,
};

use super::commands::{self, Edit, Scope};
use crate::{
    app::retry,
    calendar::{graphql::Calendar, loaders::CalendarLoader},
    graphql::{
        Caller, GlobalId, UserError, enums::Priority, loader::Batched, scalars::Duration,
        split_errors,
    },
    input::{Named, Patch},
    level::graphql::Level,
    people::graphql::{Organization, organization_field},
    policy::{self, Action},
    ticket::graphql::WaitingReason,
};

/// What is promised about some tickets, where that differs from what their level says. Of several policies for a ticket
/// each says its part; one for an organization goes before one for a level, and this before one for a priority.
#[derive(Description)]
pub struct ServiceLevelPolicy(pub stored::Model);

#[Object(use_type_description)]
impl ServiceLevelPolicy {
    /// The policy's global id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Grows by one with every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was last changed: what it says counts since then.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// The level that it is for; null for all.
    async fn level(&self, ctx: &Context<'_>) -> Result<Option<Level>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let directory = app.directory().await?;
        let level = self.0.level_rank;
        Ok(level.and_then(|rank| Level::of(directory, rank, actor)))
    }

    /// The organization of requesters that it is for; null for all.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        organization_field(ctx, self.0.organization_id).await
    }

    /// The priority that it is for; null for all.
    async fn priority(&self) -> Option<Priority> {
        self.0.priority.map(Into::into)
    }

    /// By which calendar time counts; null where it does not say.
    async fn calendar(&self, ctx: &Context<'_>) -> Result<Option<Calendar>> {
        let Some(id) = self.0.calendar_id else {
            return Ok(None);
        };
        let loader = ctx.data_unchecked::<Batched<CalendarLoader>>();
        Ok(loader.load_one(id).await?.map(Calendar))
    }

    /// While a ticket waits for one of these, its time stands still; null where it does not say.
    async fn pauses_on(&self) -> Option<Vec<WaitingReason>> {
        let pauses = self.0.pauses.as_ref()?;
        Some(pauses.0.iter().copied().map(Into::into).collect())
    }

    /// How soon the first public reply is due; null where it does not say.
    async fn first_reply(&self) -> Option<Duration> {
        duration(self.0.first_reply_s)
    }

    /// How soon a reply to a further comment of the requester is due; null where it does not say.
    async fn next_reply(&self) -> Option<Duration> {
        duration(self.0.next_reply_s)
    }

    /// How soon the solution is due; null where it does not say.
    async fn resolution(&self) -> Option<Duration> {
        duration(self.0.resolution_s)
    }
}

fn duration(seconds: Option<i32>) -> Option<Duration> {
    seconds.map(|seconds| Duration {
        seconds: seconds.into(),
    })
}

/// A new service-level policy. It is for tickets of this level, organization and priority; what is absent does not
/// matter. There is one policy at most for the same.
#[derive(InputObject)]
pub struct CreateServiceLevelPolicyInput {
    /// What people call it, at most 255 characters.
    name: String,
    /// The rank of the level that it is for.
    level_rank: Option<i32>,
    /// The organization of requesters that it is for.
    organization_id: MaybeUndefined<ID>,
    /// The priority that it is for.
    priority: Option<Priority>,
    /// By which calendar time counts.
    calendar_id: MaybeUndefined<ID>,
    /// While a ticket waits for one of these, its time stands still. Where no policy says, for the requester only.
    pauses_on: MaybeUndefined<Vec<WaitingReason>>,
    /// How soon the first public reply is due, at most 8,784 hours.
    first_reply: MaybeUndefined<Duration>,
    /// How soon a reply to a further comment of the requester is due, at most 8,784 hours.
    next_reply: MaybeUndefined<Duration>,
    /// How soon the solution is due, at most 8,784 hours.
    resolution: MaybeUndefined<Duration>,
}

/// What a service-level policy is to say; what is absent stays, and of what is null it says nothing any more.
#[derive(InputObject)]
pub struct EditServiceLevelPolicyInput {
    /// The policy.
    policy_id: ID,
    /// Refuses the change where the policy has another version by now.
    expected_version: Option<i32>,
    /// What people call it, at most 255 characters.
    name: Option<String>,
    /// By which calendar time counts.
    calendar_id: MaybeUndefined<ID>,
    /// While a ticket waits for one of these, its time stands still. Where no policy says, for the requester only.
    pauses_on: MaybeUndefined<Vec<WaitingReason>>,
    /// How soon the first public reply is due, at most 8,784 hours.
    first_reply: MaybeUndefined<Duration>,
    /// How soon a reply to a further comment of the requester is due, at most 8,784 hours.
    next_reply: MaybeUndefined<Duration>,
    /// How soon the solution is due, at most 8,784 hours.
    resolution: MaybeUndefined<Duration>,
}

/// Which service-level policy to delete.
#[derive(InputObject)]
pub struct DeleteServiceLevelPolicyInput {
    /// The policy.
    policy_id: ID,
}

/// What came of creating a service-level policy.
#[derive(SimpleObject)]
pub struct CreateServiceLevelPolicyPayload {
    /// The new policy; null when refused.
    policy: Option<ServiceLevelPolicy>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of changing a service-level policy.
#[derive(SimpleObject)]
pub struct EditServiceLevelPolicyPayload {
    /// The policy as it is now; null when refused.
    policy: Option<ServiceLevelPolicy>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What came of deleting a service-level policy.
#[derive(SimpleObject)]
pub struct DeleteServiceLevelPolicyPayload {
    /// The policy that is no more; null when refused.
    deleted_id: Option<ID>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// Service-level policies.
#[derive(Default)]
pub struct ServiceLevelQuery;

#[Object]
impl ServiceLevelQuery {
    /// All service-level policies, the oldest first, a thousand at most; none for who is not internal staff.
    async fn service_level_policies(&self, ctx: &Context<'_>) -> Result<Vec<ServiceLevelPolicy>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        if !policy::may(actor, Action::ReadServiceTerms) {
            return Ok(Vec::new());
        }
        let mut policies = app.directory().await?.promises.policies.clone();
        policies.sort_by_key(|policy| policy.id);
        Ok(policies.into_iter().map(ServiceLevelPolicy).collect())
    }
}

/// The policy of this id, for who may read it.
pub async fn find(
    ctx: &Context<'_>,
    id: ServiceLevelPolicyId,
) -> Result<Option<ServiceLevelPolicy>> {
    let Caller { app, actor } = Caller::of(ctx)?;
    if !policy::may(actor, Action::ReadServiceTerms) {
        return Ok(None);
    }
    let promises = Arc::clone(&app.directory().await?.promises);
    let policy = promises.policies.iter().find(|policy| policy.id == id);
    Ok(policy.cloned().map(ServiceLevelPolicy))
}

/// Changes to service-level policies.
#[derive(Default)]
pub struct ServiceLevelMutation;

#[Object]
impl ServiceLevelMutation {
    /// Creates a service-level policy. Open tickets follow it from now on, and keep what they have earned. For admins.
    async fn create_service_level_policy(
        &self,
        ctx: &Context<'_>,
        input: CreateServiceLevelPolicyInput,
    ) -> Result<CreateServiceLevelPolicyPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let scope = Scope {
            level_rank: input.level_rank,
            organization: named::<OrganizationId>(&input.organization_id),
            priority: input.priority.map(Into::into),
        };
        let said = Edit {
            name: Some(input.name),
            calendar: named::<CalendarId>(&input.calendar_id),
            pauses: reasons(input.pauses_on),
            first_reply_s: seconds(&input.first_reply),
            next_reply_s: seconds(&input.next_reply),
            resolution_s: seconds(&input.resolution),
        };
        let created = retry(|| commands::create(app, actor, scope, &said)).await;
        let (policy, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateServiceLevelPolicyPayload {
            policy: policy.map(ServiceLevelPolicy),
            user_errors,
        })
    }

    /// Changes what a service-level policy says. Open tickets follow it from now on, and keep what they have earned.
    /// For admins.
    async fn edit_service_level_policy(
        &self,
        ctx: &Context<'_>,
        input: EditServiceLevelPolicyInput,
    ) -> Result<EditServiceLevelPolicyPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ServiceLevelPolicyId::of(&input.policy_id);
        let said = Edit {
            name: input.name,
            calendar: named::<CalendarId>(&input.calendar_id),
            pauses: reasons(input.pauses_on),
            first_reply_s: seconds(&input.first_reply),
            next_reply_s: seconds(&input.next_reply),
            resolution_s: seconds(&input.resolution),
        };
        let edit = || commands::edit(app, actor, id, input.expected_version, &said);
        let (policy, user_errors) = split_errors(retry(edit).await, actor.locale())?;
        Ok(EditServiceLevelPolicyPayload {
            policy: policy.map(ServiceLevelPolicy),
            user_errors,
        })
    }

    /// Deletes a service-level policy: open tickets follow from now on what else is promised about them. For admins.
    async fn delete_service_level_policy(
        &self,
        ctx: &Context<'_>,
        input: DeleteServiceLevelPolicyInput,
    ) -> Result<DeleteServiceLevelPolicyPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = ServiceLevelPolicyId::of(&input.policy_id);
        let deleted = retry(|| commands::delete(app, actor, id)).await;
        let (deleted, user_errors) = split_errors(deleted, actor.locale())?;
        Ok(DeleteServiceLevelPolicyPayload {
            deleted_id: deleted.map(|id| id.global()),
            user_errors,
        })
    }
}

/// A length of time as an input says it, in seconds.
pub fn seconds(length: &MaybeUndefined<Duration>) -> Patch<i64> {
    match length {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Empty,
        MaybeUndefined::Value(length) => Patch::Set(length.seconds),
    }
}

/// An id as an input says it.
pub fn named<Id: GlobalId>(id: &MaybeUndefined<ID>) -> Named<Id> {
    match id {
        MaybeUndefined::Undefined => Named::Absent,
        MaybeUndefined::Null => Named::Null,
        MaybeUndefined::Value(id) => Id::of(id).map_or(Named::Unknown, Named::Id),
    }
}

fn reasons(
    reasons: MaybeUndefined<Vec<WaitingReason>>,
) -> Patch<Vec<entity::ticket::WaitingReason>> {
    match reasons {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Empty,
        MaybeUndefined::Value(reasons) => Patch::Set(reasons.into_iter().map(Into::into).collect()),
    }
}
