//! What can be asked about people.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, OneofObject, Result};
use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization, team,
    user::{self, Kind},
};
use uuid::Uuid;

use super::{
    fields::user_field,
    filter::{NamesNothing, UserFilter},
    types::{Organization, Team, User},
};
use crate::{
    actor, connection,
    graphql::{Caller, GlobalId, loader::Batched, selects_total},
    page::{Args, Cursor, OrderTag, Sort},
    people::{
        loaders::MemberLoader,
        queries::{self, Reference},
    },
};

const USERS: OrderTag = *b"us";
const ORGANIZATIONS: OrderTag = *b"os";
const TEAMS: OrderTag = *b"ms";

connection!(
    /// A page of persons.
    UserConnection, UserEdge, User
);
connection!(
    /// A page of teams.
    TeamConnection, TeamEdge, Team
);
connection!(
    /// A page of organizations.
    OrganizationConnection, OrganizationEdge, Organization
);

/// Names one person.
#[derive(OneofObject)]
pub enum UserRef {
    /// By their global id.
    Id(ID),
    /// By the key that another system has for them. For staff.
    ExternalId(String),
}

/// Names one organization.
#[derive(OneofObject)]
pub enum OrganizationRef {
    /// By its global id.
    Id(ID),
    /// By the key that another system has for it. For staff.
    ExternalId(String),
}

#[derive(Default)]
pub struct PeopleQuery;

#[Object]
impl PeopleQuery {
    /// The person whose access token the request carries; null without one, and for machines.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(actor::Actor::User(viewer)) = Caller::actor_of(ctx) else {
            return Ok(None);
        };
        if viewer.kind == Kind::Machine {
            return Ok(None);
        }
        Ok(Some(user_field(ctx, viewer.id).await?))
    }

    /// The person of this id or key; null where there is none, or not for the viewer.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which person.")] by: UserRef,
    ) -> Result<Option<User>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let by = match by {
            UserRef::Id(id) => Reference::Id(UserId::of(&id)),
            UserRef::ExternalId(key) => Reference::ExternalId(key),
        };
        let user = queries::find_user(app, actor, by).await?;
        Ok(user.map(|row| User::of(Arc::new(row))))
    }

    /// The organization of this id or key; null where there is none, or not for the viewer.
    async fn organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization.")] by: OrganizationRef,
    ) -> Result<Option<Organization>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let by = match by {
            OrganizationRef::Id(id) => Reference::Id(OrganizationId::of(&id)),
            OrganizationRef::ExternalId(key) => Reference::ExternalId(key),
        };
        let organization = queries::find_organization(app, actor, by).await?;
        Ok(organization.map(|row| Organization(Arc::new(row))))
    }

    /// Persons by name, of those whom the viewer sees: for agents everyone, for members of external
    /// teams their colleagues there, for requesters themselves, and their organization's members
    /// where it shares tickets.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which persons; everyone where absent.")] filter: Option<UserFilter>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<UserConnection> {
        let filter = filter.unwrap_or_default().read();
        user_page(ctx, filter, &Args::forward(first, after)).await
    }

    /// Teams by name, of those that the viewer sees: for agents all, for members of external teams
    /// their own, for requesters none.
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<TeamConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let window = Args::forward(first, after).window(TEAMS)?;
        let page = queries::list_teams(app, actor, &window).await?;
        let total = if selects_total(ctx) {
            Some(queries::count_teams(app, actor).await?)
        } else {
            None
        };
        let place = |row: &team::Model| place_of(&row.name, row.id.0);
        Ok(TeamConnection::of(page, TEAMS, total, place, Team))
    }

    /// Organizations by name, of those that the viewer sees: for agents all, for requesters their
    /// own, for members of external teams none.
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<OrganizationConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let window = Args::forward(first, after).window(ORGANIZATIONS)?;
        let page = queries::list_organizations(app, actor, &window).await?;
        let total = if selects_total(ctx) {
            Some(queries::count_organizations(app, actor).await?)
        } else {
            None
        };
        let place = |row: &organization::Model| place_of(&row.name, row.id.0);
        let node = |row| Organization(Arc::new(row));
        Ok(OrganizationConnection::of(
            page,
            ORGANIZATIONS,
            total,
            place,
            node,
        ))
    }
}

async fn user_page(
    ctx: &Context<'_>,
    filter: Result<queries::UserFilter, NamesNothing>,
    args: &Args,
) -> Result<UserConnection> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let window = args.window(USERS)?;
    let (page, total) = match filter {
        Err(NamesNothing) => (window.page(Vec::new()), Some(0)),
        Ok(filter) => {
            let page = queries::list_users(app, actor, &filter, &window).await?;
            let total = if selects_total(ctx) {
                Some(queries::count_users(app, actor, &filter).await?)
            } else {
                None
            };
            (page, total)
        }
    };
    let place = |row: &user::Model| place_of(&row.name_folded, row.id.0);
    let node = |row| User::of(Arc::new(row));
    Ok(UserConnection::of(page, USERS, total, place, node))
}

/// A page of a team's members, read together with those of the other teams on the page.
pub(super) async fn member_page(
    ctx: &Context<'_>,
    team: TeamId,
    args: &Args,
) -> Result<UserConnection> {
    Caller::of(ctx)?;
    let window = args.window(USERS)?;
    let loader = ctx.data_unchecked::<Batched<MemberLoader>>();
    let rows = loader.load_one((team, window.clone())).await?;
    let total = if selects_total(ctx) {
        Some(loader.load_one(team).await?.unwrap_or_default())
    } else {
        None
    };
    let page = window.page(rows.unwrap_or_default());
    let place = |row: &Arc<user::Model>| place_of(&row.name_folded, row.id.0);
    Ok(UserConnection::of(page, USERS, total, place, User::of))
}

fn place_of(name: &str, id: Uuid) -> Cursor {
    Cursor {
        sort: Sort::Text(name.to_owned()),
        id,
    }
}
