//! Lists inside lists, and look-ups of many ids: batches, not one by one.

use entity::{
    ids::{KnowledgeLinkId, QueueId, TeamId, UserId},
    knowledge_link, queue, team, team_member,
    user::Role,
};
use harness::{Client, TestServer, global, newcomer};
use serde_json::{Value, json};

use super::{SPLITS_MAX, rows};
use crate::ask::{mutate, outcome};

/// What there is much or little of.
struct World {
    server: TestServer,
    ids: Vec<String>,
}

/// So many comments, articles, links, people, organizations, teams with three members each, and queues.
async fn world(size: usize) -> World {
    let server = TestServer::start().await;
    let mut people = Vec::new();
    for n in 0..size.max(3) {
        let mut new = newcomer(&format!("Person {n}"), Role::Agent);
        new.email = format!("person{n}@desk.test");
        people.push(server.add_person(new).await.user_id());
    }
    let mut ids: Vec<String> = people.iter().take(size).map(|id| global(*id)).collect();
    ids.push(global(server.organization()));
    rows::commit(&server, async |tx| {
        let ticket = rows::ticket(&server);
        let ticket_id = ticket.id;
        rows::insert_ticket(tx, ticket).await;
        for n in 0..size {
            let comment = rows::comment(&server, ticket_id);
            ids.push(global(comment.id));
            rows::insert(tx, comment).await;
            let article = rows::article(&server);
            let link = knowledge_link::Model {
                id: KnowledgeLinkId(tx.new_id()),
                ticket_id,
                article_id: article.id,
                role: knowledge_link::Role::Shared,
                added_by_id: None,
                created_at: server.now(),
            };
            ids.extend([global(article.id), global(link.id)]);
            rows::insert_article(tx, article).await;
            rows::insert(tx, link).await;
            let team = team_of(&server, n, TeamId(tx.new_id()));
            ids.push(global(team.id));
            let members = (0..3).map(|next| people[(n + next) % people.len()]);
            let members = members.map(|user_id| team_member::Model {
                team_id: team.id,
                user_id,
                last_turn: 0,
            });
            let members: Vec<_> = members.collect();
            rows::insert(tx, team).await;
            for member in members {
                rows::insert(tx, member).await;
            }
            let queue = queue_of(&server, n, QueueId(tx.new_id()), server.agent().user_id());
            ids.push(global(queue.id));
            rows::insert(tx, queue).await;
        }
    })
    .await;
    World { server, ids }
}

fn team_of(server: &TestServer, n: usize, id: TeamId) -> team::Model {
    team::Model {
        id,
        name: format!("Team {n:03}"),
        kind: team::Kind::Internal,
        assignment: team::Assignment::Manual,
        returns_when_away: false,
        external_id: None,
        created_at: server.now(),
        updated_at: server.now(),
    }
}

/// Each of another filter; every second one has the one ticket.
fn queue_of(server: &TestServer, n: usize, id: QueueId, owner: UserId) -> queue::Model {
    let status = if n.is_multiple_of(2) { "NEW" } else { "CLOSED" };
    let filter = json!({ "status": { "eq": status }, "subject": { "in": [format!("{n}")] } });
    let filter = json!({ "or": [filter, { "status": { "eq": status } }] });
    queue::Model {
        id,
        version: 1,
        name: format!("Queue {n:03}"),
        filter,
        order_by: None,
        team_id: None,
        owner_id: Some(owner),
        created_at: server.now(),
        updated_at: server.now(),
    }
}

async fn ask(
    who: &Client,
    server: &TestServer,
    document: &str,
    variables: Value,
) -> (Value, usize) {
    who.run("{ viewer { id } }", json!({})).await;
    let (answer, statements) = server
        .count_statements(Box::pin(who.run(document, variables)))
        .await;
    assert_eq!(answer.get("errors"), None);
    (answer, statements.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_nodes_cost_a_statement_for_each_kind() {
    const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id
        ... on User { name } ... on Team { name } ... on Article { title } ... on Comment { body }
        ... on KnowledgeLink { role } ... on Queue { name } } }";
    // Comments, articles, their titles, links, people, the organization, teams, queues; for an agent of
    // external teams the teams of people too.
    const KINDS: usize = 9;
    for size in [2, 16] {
        let World { server, ids } = world(size).await;
        let ids = [&ids[..], &["usr_x".to_owned(), ids[0].clone()]].concat();
        for (who, sees) in [(server.agent(), true), (server.external_agent(), false)] {
            let (answer, count) = ask(&who, &server, NODES, json!({ "ids": ids })).await;
            let nodes = answer["data"]["nodes"].as_array().unwrap();
            assert_eq!(nodes.len(), ids.len());
            for (node, id) in nodes.iter().zip(&ids) {
                // Articles are everybody's; everything else here is not the external agent's.
                let is_there = id != "usr_x" && (sees || id.starts_with("art"));
                let expected = if is_there { json!(id) } else { Value::Null };
                assert_eq!(node["id"], expected, "{id}");
            }
            assert!(count <= KINDS + SPLITS_MAX, "{size}: {count} statements");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_many_teams_cost_as_much_as_those_of_few() {
    const TEAMS: &str = "{ teams(first: 100) { nodes { name
        members(first: 2) { totalCount nodes { name } pageInfo { hasNextPage endCursor } } } } }";
    // Teams, places, people, counts.
    const STATEMENTS: usize = 4;
    for size in [2, 16] {
        let World { server, .. } = world(size).await;
        let (answer, count) = ask(&server.agent(), &server, TEAMS, json!({})).await;
        let teams = answer["data"]["teams"]["nodes"].as_array().unwrap();
        let of_three = |team: &&Value| team["members"]["totalCount"] == 3;
        assert_eq!(teams.iter().filter(of_three).count(), size);
        for team in teams.iter().filter(of_three) {
            let members = &team["members"];
            let names: Vec<_> = members["nodes"].as_array().unwrap().iter().collect();
            assert_eq!(names.len(), 2, "{team}");
            assert!(
                names[0]["name"].as_str() < names[1]["name"].as_str(),
                "{team}"
            );
            assert_eq!(members["pageInfo"]["hasNextPage"], true, "{team}");
        }
        assert!(
            count <= STATEMENTS + SPLITS_MAX,
            "{size}: {count} statements"
        );
        next_page(&server).await;
    }
}

/// After the cursor comes the rest, once, also where others are read with it.
async fn next_page(server: &TestServer) {
    const PAGE: &str = "query($after: String) { teams(first: 100) { nodes { name
        members(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } } } }";
    let agent = server.agent();
    let of_first = |answer: &Value| {
        let teams = answer["data"]["teams"]["nodes"].as_array().unwrap();
        let team = teams.iter().find(|team| team["name"] == "Team 000");
        team.unwrap()["members"].clone()
    };
    let first = of_first(&agent.run(PAGE, json!({})).await);
    let after = first["pageInfo"]["endCursor"].clone();
    let second = of_first(&agent.run(PAGE, json!({ "after": after })).await);
    assert_eq!(second["nodes"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    let ids = [&first["nodes"], &second["nodes"]].map(|nodes| nodes.as_array().unwrap().clone());
    let distinct: std::collections::BTreeSet<_> =
        ids.concat().iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_queues_cost_as_much_as_few() {
    const QUEUES: &str = "{ queues { isStandard name count
        tickets(first: 5) { totalCount nodes { number } pageInfo { hasNextPage } } } }";
    // Queues, their levels and teams, pages, counts.
    const STATEMENTS: usize = 5;
    for size in [2, 60] {
        let World { server, .. } = world(size).await;
        let (answer, count) = ask(&server.agent(), &server, QUEUES, json!({})).await;
        let queues = answer["data"]["queues"].as_array().unwrap();
        let saved = queues.iter().filter(|queue| queue["isStandard"] == false);
        assert_eq!(saved.clone().count(), size);
        for (n, queue) in saved.enumerate() {
            let has = usize::from(n % 2 == 0);
            assert_eq!(queue["count"], has, "{queue}");
            assert_eq!(queue["tickets"]["totalCount"], has, "{queue}");
            let nodes = queue["tickets"]["nodes"].as_array();
            assert_eq!(nodes.map(Vec::len), Some(has), "{queue}");
        }
        assert!(
            count <= STATEMENTS + SPLITS_MAX,
            "{size}: {count} statements"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_of_many_policies_are_read_together() {
    const POLICIES: &str = "{ serviceLevelPolicies { name calendar { name intervals { from } } organization { name } } }";
    // Calendars, their hours, the organization.
    const STATEMENTS: usize = 3;
    for size in [2, 16] {
        let server = TestServer::start().await;
        let admin = server.admin();
        for n in 0..size {
            let day = json!([{ "weekday": "MONDAY", "from": "09:00", "to": "17:00" }]);
            let input =
                json!({ "name": format!("{n}"), "timeZone": "Europe/Paris", "intervals": day });
            let made = mutate(&admin, "createCalendar", "calendar { id }", input).await;
            let calendar = &made["data"]["createCalendar"]["calendar"]["id"];
            let (level, priority) = (n % 4, ["LOW", "NORMAL", "HIGH", "URGENT"][n / 4]);
            let level = Some(level).filter(|level| *level > 0);
            let input = json!({ "name": format!("{n}"), "calendarId": calendar, "levelRank": level, "priority": priority,
                "organizationId": global(server.organization()) });
            let made = mutate(&admin, "createServiceLevelPolicy", "policy { id }", input).await;
            assert_eq!(outcome(&made), "ok", "{made}");
        }
        let (answer, count) = ask(&server.agent(), &server, POLICIES, json!({})).await;
        let policies = answer["data"]["serviceLevelPolicies"].as_array().unwrap();
        assert_eq!(policies.len(), size);
        for (n, policy) in policies.iter().enumerate() {
            assert_eq!(policy["calendar"]["name"], format!("{n}"));
        }
        assert!(
            count <= STATEMENTS + SPLITS_MAX,
            "{size}: {count} statements"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_many_queues_are_bounded() {
    let World { server, .. } = world(20).await;
    let page = |first: usize| {
        format!("{{ queues {{ tickets(first: {first}) {{ nodes {{ number }} }} }} }}")
    };
    let agent = server.agent();
    // Twenty saved ones and nine that are there from the start.
    let answer = agent.run(&page(2_000 / 29), json!({})).await;
    assert_eq!(answer.get("errors"), None);
    let answer = agent.run(&page(100), json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
