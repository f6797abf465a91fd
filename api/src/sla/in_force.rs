//! Which terms are in force: of levels, policies and calendars.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use entity::{
    ids::{CalendarId, OrganizationId},
    service_level_policy as policy,
    service_terms::{self, Column},
    ticket::{self, Priority},
};
use sea_orm::{
    EntityTrait, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType},
};

use super::terms::{Pauses, Targets, Terms};
use crate::{
    app::{App, Tx},
    calendar::{self, Hours},
    directory::Snapshot,
    error::Result,
    level::targets_of,
};

/// All terms in force, as this server knows them: another server's change may be a second old.
pub struct Book {
    directory: Arc<Snapshot>,
    default_hours: Hours,
    hours: HashMap<CalendarId, Hours>,
}

/// Which version of the terms is in force.
pub async fn version_in_force(app: &App) -> Result<i32> {
    let directory = app.directory().await?;
    Ok(version_of(&directory))
}

fn version_of(directory: &Snapshot) -> i32 {
    directory.terms.as_ref().map_or(0, |terms| terms.version)
}

/// The terms in force.
pub async fn book(app: &App) -> Result<Book> {
    let directory = app.directory().await?;
    let mut hours = HashMap::new();
    let mut default_hours = Hours::Always;
    for calendar in &directory.promises.calendars {
        let own = calendar::hours(app, Some(calendar.hours_id)).await?;
        if calendar.is_default {
            default_hours = own.clone();
        }
        hours.insert(calendar.id, own);
    }
    Ok(Book {
        directory,
        default_hours,
        hours,
    })
}

impl Book {
    /// Which version of the terms this is.
    pub fn version(&self) -> i32 {
        version_of(&self.directory)
    }

    /// Since when it is in force.
    pub fn changed_at(&self) -> DateTime<Utc> {
        let terms = self.directory.terms.as_ref();
        terms.map_or(DateTime::UNIX_EPOCH, |terms| terms.changed_at)
    }

    /// The terms of a ticket.
    pub fn terms_of(&self, ticket: &ticket::Model) -> Terms {
        self.terms(ticket.level_rank, ticket.organization_id, ticket.priority)
    }

    /// What the level says, and over it each policy that is for such tickets: one for an organization says it over one
    /// for a level, and this over one for a priority.
    pub fn terms(
        &self,
        rank: i16,
        organization: Option<OrganizationId>,
        priority: Priority,
    ) -> Terms {
        let level = self.directory.levels.get(&rank);
        let mut terms = Terms {
            targets: level.map_or_else(Targets::default, targets_of),
            pauses: Pauses::default(),
            hours: self.default_hours.clone(),
        };
        let policies = self.directory.promises.policies.iter();
        let mut policies: Vec<_> = policies
            .filter(|policy| is_for(policy, rank, organization, priority))
            .collect();
        policies.sort_by_key(|policy| precedence(policy));
        for policy in policies {
            self.say(&mut terms, policy);
        }
        terms
    }

    fn say(&self, terms: &mut Terms, policy: &policy::Model) {
        let Targets {
            first_reply_s,
            next_reply_s,
            resolution_s,
        } = &mut terms.targets;
        *first_reply_s = policy.first_reply_s.or(*first_reply_s);
        *next_reply_s = policy.next_reply_s.or(*next_reply_s);
        *resolution_s = policy.resolution_s.or(*resolution_s);
        if let Some(pauses) = &policy.pauses {
            terms.pauses = Pauses(pauses.0.clone());
        }
        if let Some(hours) = policy.calendar_id.and_then(|id| self.hours.get(&id)) {
            terms.hours = hours.clone();
        }
    }
}

fn is_for(
    policy: &policy::Model,
    rank: i16,
    organization: Option<OrganizationId>,
    priority: Priority,
) -> bool {
    policy.level_rank.is_none_or(|own| own == rank)
        && policy
            .organization_id
            .is_none_or(|own| Some(own) == organization)
        && policy.priority.is_none_or(|own| own == priority)
}

/// Later wins. Of two policies for one ticket these differ, since their scopes do.
const fn precedence(policy: &policy::Model) -> (bool, bool, bool) {
    (
        policy.organization_id.is_some(),
        policy.level_rank.is_some(),
        policy.priority.is_some(),
    )
}

/// Says that other terms are in force from this commit on. Such changes wait for each other; call it first.
pub async fn change_terms(tx: &mut Tx<'_>) -> Result<()> {
    let earlier = service_terms::Entity::find()
        .lock(LockType::Update)
        .one(&**tx)
        .await?;
    // The clock was read before the lock was waited for.
    tx.follow(earlier.map_or(DateTime::UNIX_EPOCH, |terms| terms.changed_at));
    service_terms::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::ChangedAt, Expr::val(tx.now()))
        .exec(&**tx)
        .await?;
    tx.forget_directory();
    Ok(())
}
