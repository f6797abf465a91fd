//! Who gets a ticket: by turns, by load, by asking for the next one; and who can take any.

mod availability;
mod next;
mod teams;

use entity::{ids::UserId, ticket};
use guichet::people::commands::NewUser;
use harness::{Client, TestServer, TicketBuilder, global, newcomer};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

/// So many more agents of the internal team.
async fn add_agents(server: &TestServer, count: usize) -> Vec<Client> {
    let mut agents = Vec::new();
    for number in 0..count {
        let name = format!("Agent{number} of many");
        let new = NewUser {
            team_ids: vec![server.team()],
            ..newcomer(&name, server.agent().user().role)
        };
        agents.push(server.add_person(new).await);
    }
    agents
}

async fn be(who: &Client, availability: &str) {
    let input = json!({ "availability": availability });
    let answer = mutate(who, "setAvailability", "user { availability }", input).await;
    let set = &answer["data"]["setAvailability"]["user"]["availability"];
    assert_eq!(set, availability, "{answer}");
}

async fn set_capacity(server: &TestServer, who: &Client, capacity: i32) {
    let input = json!({ "userId": who.id(), "capacity": capacity });
    let answer = mutate(&server.admin(), "setCapacity", "user { capacity }", input).await;
    let set = &answer["data"]["setCapacity"]["user"]["capacity"];
    assert_eq!(set, capacity, "{answer}");
}

async fn give_out(server: &TestServer, assignment: &str, returns_when_away: bool) {
    let input = json!({ "teamId": global(server.team()), "assignment": assignment,
        "returnsWhenAway": returns_when_away });
    let answer = mutate(
        &server.lead(),
        "setTeamAssignment",
        "team { assignment }",
        input,
    )
    .await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
}

/// A ticket that comes to the internal team.
async fn open_ticket(server: &TestServer) -> ticket::Model {
    let team = guichet::input::Named::Id(server.team());
    let ticket = server.ticket().with(|new| new.team = team);
    ticket.opened_by(&server.admin()).create().await
}

async fn read(server: &TestServer, ticket: &ticket::Model) -> ticket::Model {
    let found = ticket::Entity::find_by_id(ticket.id).one(&server.app().store.read);
    found.await.unwrap().unwrap()
}

/// Who has it now.
async fn holder(server: &TestServer, ticket: &ticket::Model) -> Option<UserId> {
    read(server, ticket).await.assignee_id
}

/// A ticket of the internal team that one of its members has.
fn held_by<'a>(server: &'a TestServer, who: &Client) -> TicketBuilder<'a> {
    server.ticket().team(server.team()).assigned_to(who)
}

/// How many tickets each of them has.
async fn loads(server: &TestServer, agents: &[&Client]) -> Vec<usize> {
    let tickets = ticket::Entity::find().all(&server.app().store.read);
    let tickets = tickets.await.unwrap();
    let has = |agent: &&Client| {
        let own = tickets
            .iter()
            .filter(|ticket| ticket.assignee_id == Some(agent.user_id()));
        own.count()
    };
    agents.iter().map(has).collect()
}

async fn timeline(who: &Client, ticket: &ticket::Model) -> Value {
    let document =
        "query($id: ID!) { ticket(by: { id: $id }) { status timeline(first: 20) { nodes {
        __typename actor { ... on User { name } ... on System { name } }
        ... on AssignmentEntry { rule assigneeBefore { name } assigneeAfter { name } }
        ... on StatusEntry { to } } } } }";
    let mut answer = who.run(document, json!({ "id": global(ticket.id) })).await;
    answer["data"]["ticket"].take()
}
