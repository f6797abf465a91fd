//! Reads of the audit log, for admins.

use chrono::{DateTime, Utc};
use entity::{
    audit_entry::{Action, Column, Entity, Model, Outcome},
    ids::UserId,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use uuid::Uuid;

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    page::{OrderBy, Page, Window},
    policy::{self, Action as Allowed},
    trail::{Subject, stored},
};

/// Entries that are read at once for [`export`].
const EXPORT_BATCH: u64 = 500;

/// Where an entry stands in the log.
pub type Place = (DateTime<Utc>, Uuid);

/// Which entries; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub actor: Option<UserId>,
    pub subject: Option<Subject>,
    pub actions: Option<Vec<Action>>,
    pub outcome: Option<Outcome>,
    /// From this moment on …
    pub from: Option<DateTime<Utc>>,
    /// … up to this one, without it.
    pub to: Option<DateTime<Utc>>,
}

/// Entries, the newest first.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &Filter,
    window: &Window,
) -> Result<Page<Model>> {
    policy::authorize(actor, Allowed::ReadAuditLog)?;
    let order = OrderBy {
        column: Column::At,
        id: Column::Id,
        descending: true,
    };
    let rows = window
        .apply(entries(filter), &order)
        .all(&app.store.read)
        .await?;
    Ok(window.page(rows))
}

pub async fn count(app: &App, actor: &Actor, filter: &Filter) -> Result<u64> {
    policy::authorize(actor, Allowed::ReadAuditLog)?;
    Ok(entries(filter).count(&app.store.read).await?)
}

/// Begins to take the log out; that it was taken is itself audited.
pub async fn begin_export(app: &App, actor: &Actor) -> Result<()> {
    policy::authorize(actor, Allowed::ReadAuditLog)?;
    let mut tx = app.begin(actor).await?;
    tx.audit(Action::AuditLogExported, Subject::Nothing);
    tx.commit().await
}

/// The next entries after a place, the oldest first; none at the end.
pub async fn export(
    app: &App,
    actor: &Actor,
    filter: &Filter,
    after: Option<Place>,
) -> Result<Vec<Model>> {
    policy::authorize(actor, Allowed::ReadAuditLog)?;
    let beyond = after.map(|(at, id)| {
        let same = Condition::all()
            .add(Column::At.eq(at))
            .add(Column::Id.gt(id));
        Condition::any().add(Column::At.gt(at)).add(same)
    });
    let query = entries(filter)
        .filter(Condition::all().add_option(beyond))
        .order_by_asc(Column::At)
        .order_by_asc(Column::Id)
        .limit(EXPORT_BATCH);
    Ok(query.all(&app.store.read).await?)
}

fn entries(filter: &Filter) -> Select<Entity> {
    let subject = filter
        .subject
        .as_ref()
        .map(|subject| match stored(subject) {
            Some((kind, key)) => Condition::all()
                .add(Column::SubjectKind.eq(kind))
                .add(Column::SubjectKey.eq(key)),
            None => Condition::all().add(Column::SubjectKind.is_null()),
        });
    let all = Condition::all()
        .add_option(filter.actor.map(|id| Column::ActorId.eq(id)))
        .add_option(subject)
        .add_option(
            filter
                .actions
                .as_ref()
                .map(|actions| Column::Action.is_in(actions.iter().copied())),
        )
        .add_option(filter.outcome.map(|outcome| Column::Outcome.eq(outcome)))
        .add_option(filter.from.map(|from| Column::At.gte(from)))
        .add_option(filter.to.map(|to| Column::At.lt(to)));
    Entity::find().filter(all)
}
