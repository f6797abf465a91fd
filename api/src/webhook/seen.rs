//! Which things an owner may know of now: one statement for each kind of thing.

use std::collections::HashSet;

use entity::{
    article,
    ids::{ArticleId, OrganizationId, TeamId, TicketId, UserId},
    organization, team, ticket, user,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, TryGetable};

use super::selection::Subject;
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    policy::{self, Action},
};

/// Of some things, those that are there and that the owner sees.
#[derive(Debug, Default)]
pub(super) struct Seen {
    tickets: HashSet<TicketId>,
    articles: HashSet<ArticleId>,
    users: HashSet<UserId>,
    organizations: HashSet<OrganizationId>,
    teams: HashSet<TeamId>,
}

impl Seen {
    pub(super) async fn load(
        app: &App,
        owner: &Actor,
        subjects: impl Iterator<Item = &Subject>,
    ) -> Result<Self> {
        let mut asked = Self::default();
        for subject in subjects {
            asked.add(subject);
        }
        // Machines are settings, not people.
        let people = Condition::all()
            .add(policy::visible_users(owner))
            .add(user::Column::Kind.eq(user::Kind::Person));
        Ok(Self {
            tickets: among::<ticket::Entity, _>(
                app,
                ticket::Column::Id,
                asked.tickets,
                policy::visible_tickets(owner),
            )
            .await?,
            articles: among::<article::Entity, _>(
                app,
                article::Column::Id,
                asked.articles,
                policy::visible_articles(owner),
            )
            .await?,
            users: among::<user::Entity, _>(app, user::Column::Id, asked.users, people).await?,
            organizations: among::<organization::Entity, _>(
                app,
                organization::Column::Id,
                asked.organizations,
                policy::visible_organizations(owner),
            )
            .await?,
            teams: among::<team::Entity, _>(
                app,
                team::Column::Id,
                asked.teams,
                policy::visible_teams(owner),
            )
            .await?,
        })
    }

    fn add(&mut self, subject: &Subject) {
        let _is_new = match subject {
            Subject::Ticket(id) => self.tickets.insert(*id),
            Subject::Article(id) => self.articles.insert(*id),
            Subject::User(id) => self.users.insert(*id),
            Subject::Organization(id) => self.organizations.insert(*id),
            Subject::Team(id) => self.teams.insert(*id),
            Subject::Comment(_)
            | Subject::ArticleCategory(_)
            | Subject::CustomField(_)
            | Subject::Level(_)
            | Subject::Calendar(_)
            | Subject::ServiceLevelPolicy(_) => false,
        };
    }

    /// Whether the owner may know of a thing that was asked for. What was deleted is known to those who knew of all of its
    /// kind.
    pub(super) fn has(&self, owner: &Actor, subject: &Subject) -> bool {
        match subject {
            Subject::Ticket(id) => self.tickets.contains(id),
            Subject::Article(id) => self.articles.contains(id),
            Subject::User(id) => self.users.contains(id),
            Subject::Organization(id) => self.organizations.contains(id),
            Subject::Team(id) => self.teams.contains(id),
            // What is written on a ticket is told with the ticket.
            Subject::Comment(_) => false,
            Subject::ArticleCategory(_) => policy::sees_all_categories(owner),
            Subject::CustomField(_) | Subject::Level(_) => {
                policy::is_at_desk(owner) && policy::sees_levels(owner)
            }
            Subject::Calendar(_) | Subject::ServiceLevelPolicy(_) => {
                policy::may(owner, Action::ReadServiceTerms)
            }
        }
    }
}

/// Those of `ids` that are in the table and that `visible` holds for.
async fn among<E, K>(
    app: &App,
    column: E::Column,
    ids: HashSet<K>,
    visible: Condition,
) -> Result<HashSet<K>>
where
    E: EntityTrait,
    K: Eq + std::hash::Hash + TryGetable + Into<sea_orm::Value>,
{
    if ids.is_empty() {
        return Ok(ids);
    }
    let rows: Vec<K> = E::find()
        .select_only()
        .column(column)
        .filter(column.is_in(ids))
        .filter(visible)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    Ok(rows.into_iter().collect())
}
