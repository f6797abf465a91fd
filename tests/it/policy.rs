//! The policy as a rule and as a query filter: two answers to one question, held equal.

use std::collections::BTreeSet;

use chrono::DateTime;
use entity::{
    api_token::{ApiScope, ApiScopes},
    article, comment,
    ids::{ApiTokenId, TeamId},
    organization, team, team_member, ticket,
    user::{self, Kind},
};
use guichet::{
    actor::{Actor, ApiToken, Credential},
    policy,
};
use harness::{Client, TestServer};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::visibility::world::World;

async fn actors(server: &TestServer) -> Vec<(String, Actor)> {
    let clients: [Client; 8] = [
        server.requester(),
        server.colleague(),
        server.stranger(),
        server.neighbour(),
        server.agent(),
        server.external_agent(),
        server.lead(),
        server.admin(),
    ];
    let mut actors = vec![("System".to_owned(), Actor::System)];
    for client in clients {
        let actor = client.actor().await;
        if let Actor::User(mut machine) = actor.clone() {
            machine.kind = Kind::Machine;
            actors.push((
                format!("{} as a machine", client.user().name),
                Actor::User(machine),
            ));
        }
        for scopes in scopes() {
            actors.push(with_token(&client, &actor, scopes));
        }
        actors.push((client.user().name.clone(), actor));
    }
    actors
}

/// None, and each with what it brings along.
fn scopes() -> Vec<ApiScopes> {
    let mut all = vec![ApiScopes::default()];
    all.extend(ApiScope::all().map(|scope| policy::with_implied([scope])));
    all
}

/// The same, who came with a token.
fn with_token(client: &Client, actor: &Actor, scopes: ApiScopes) -> (String, Actor) {
    let Actor::User(mut user) = actor.clone() else {
        panic!("a client is somebody");
    };
    user.credential = Some(Credential::ApiToken(ApiToken {
        id: ApiTokenId(Uuid::nil()),
        scopes,
        expires_at: DateTime::UNIX_EPOCH,
    }));
    let name = format!("{} with {scopes:?}", client.user().name);
    (name, Actor::User(user))
}

/// Every row of a table, and those that the condition lets through.
async fn compare<E>(
    server: &TestServer,
    condition: Condition,
    id: impl Fn(&E::Model) -> Uuid,
    sees: impl Fn(&E::Model) -> bool,
    what: &str,
) where
    E: EntityTrait,
{
    let db = &server.app().store.read;
    let rows = E::find().all(db).await.unwrap();
    assert!(!rows.is_empty(), "{what}: nothing to compare");
    let by_rule: BTreeSet<_> = rows.iter().filter(|row| sees(row)).map(&id).collect();
    let rows = E::find().filter(condition).all(db).await.unwrap();
    let by_filter: BTreeSet<_> = rows.iter().map(&id).collect();
    assert_eq!(by_rule, by_filter, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_and_the_filter_see_the_same() {
    let world = World::make().await;
    let server = &world.server;
    let db = &server.app().store.read;
    let tickets = ticket::Entity::find().all(db).await.unwrap();
    let members = team_member::Entity::find().all(db).await.unwrap();
    for (name, actor) in actors(server).await {
        let actor = &actor;
        let of_ticket = |comment: &comment::Model| {
            let ticket = tickets
                .iter()
                .find(|ticket| ticket.id == comment.ticket_id)
                .unwrap();
            policy::sees_comment(actor, ticket, comment)
        };
        let teams_of = |user: &user::Model| -> Vec<TeamId> {
            let own = members.iter().filter(|member| member.user_id == user.id);
            own.map(|member| member.team_id).collect()
        };
        compare::<ticket::Entity>(
            server,
            policy::visible_tickets(actor),
            |ticket| ticket.id.0,
            |ticket| policy::sees_ticket(actor, ticket),
            &format!("{name}: tickets"),
        )
        .await;
        compare::<comment::Entity>(
            server,
            policy::visible_comments(actor),
            |comment| comment.id.0,
            of_ticket,
            &format!("{name}: comments"),
        )
        .await;
        compare::<article::Entity>(
            server,
            policy::visible_articles(actor),
            |article| article.id.0,
            |article| policy::sees_article(actor, article),
            &format!("{name}: articles"),
        )
        .await;
        compare::<user::Entity>(
            server,
            policy::visible_users(actor),
            |user| user.id.0,
            |user| policy::sees_user(actor, user, &teams_of(user)),
            &format!("{name}: users"),
        )
        .await;
        compare::<organization::Entity>(
            server,
            policy::visible_organizations(actor),
            |organization| organization.id.0,
            |organization| policy::sees_organization(actor, organization.id),
            &format!("{name}: organizations"),
        )
        .await;
        compare::<team::Entity>(
            server,
            policy::visible_teams(actor),
            |team| team.id.0,
            |team| policy::sees_team(actor, team.id),
            &format!("{name}: teams"),
        )
        .await;
    }
}

/// Of a ticket that is seen, the comments are filtered alone; the two ways must agree too.
#[tokio::test(flavor = "multi_thread")]
async fn comments_of_visible_tickets_are_the_visible_comments() {
    let world = World::make().await;
    let db = &world.server.app().store.read;
    let tickets = ticket::Entity::find().all(db).await.unwrap();
    for (name, actor) in actors(&world.server).await {
        for ticket in tickets
            .iter()
            .filter(|ticket| policy::sees_ticket(&actor, ticket))
        {
            let of_ticket = comment::Entity::find().filter(comment::Column::TicketId.eq(ticket.id));
            let whole = of_ticket
                .clone()
                .filter(policy::visible_comments(&actor))
                .all(db)
                .await;
            let part = of_ticket
                .filter(policy::visible_comments_of_visible_tickets(&actor))
                .all(db)
                .await;
            assert_eq!(whole.unwrap(), part.unwrap(), "{name}: {}", ticket.number);
        }
    }
}
