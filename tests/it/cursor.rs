//! Walking the pages of a list: every row that was there from the start is met once and in order,
//! whatever is inserted meanwhile, forwards and backwards.

mod forged;
mod pages;

use chrono::TimeDelta;
use entity::{
    ids::TicketId,
    ticket::{self, NEVER, Priority},
};
use harness::{TestServer, global, newcomer};
use serde_json::json;

use self::pages::{ARTICLES, COMMENTS, List, TICKETS, TIMELINE, USERS, Way, ids, page, walk};
use crate::rows;

/// Rows at the start; not a multiple of most page sizes.
const ROWS: usize = 14;
const SIZES: std::ops::RangeInclusive<usize> = 1..=7;

const FIELDS: [&str; 5] = ["CREATED", "UPDATED", "PRIORITY", "NEXT_DUE", "NUMBER"];

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_met_once_in_every_order() {
    let server = TestServer::start().await;
    let tickets: Vec<ticket::Model> = (0..ROWS).map(|n| ticket_between(&server, n)).collect();
    for ticket in &tickets {
        rows::commit(&server, async |tx| {
            rows::insert_ticket(tx, ticket.clone()).await;
        })
        .await;
    }
    for field in FIELDS {
        for direction in ["ASC", "DESC"] {
            let list = List {
                document: TICKETS,
                variables: json!({ "orderBy": { "field": field, "direction": direction } }),
                at: "/data/list",
            };
            let expected = sorted(&tickets, field, direction == "DESC");
            for size in SIZES {
                for way in [Way::Forwards, Way::Backwards] {
                    let insert = async |n| {
                        let ticket = ticket_between(&server, n + size);
                        rows::commit(&server, async |tx| rows::insert_ticket(tx, ticket).await)
                            .await;
                    };
                    walk(&server.agent(), &list, size, way, &expected, insert).await;
                    remove_others(&server, &tickets).await;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_are_met_once() {
    let server = TestServer::start().await;
    let id = server.ticket().create().await.id;
    let mut expected = Vec::new();
    for n in 0..ROWS {
        let comment = comment_between(&server, id, n);
        expected.push((comment.created_at, comment.id));
        rows::commit(&server, async |tx| rows::insert(tx, comment).await).await;
    }
    expected.sort();
    let expected: Vec<String> = expected.into_iter().map(|(_, id)| global(id)).collect();
    let list = List {
        document: COMMENTS,
        variables: json!({ "id": global(id) }),
        at: "/data/ticket/list",
    };
    for size in SIZES {
        for way in [Way::Forwards, Way::Backwards] {
            let insert = async |n| {
                let comment = comment_between(&server, id, n);
                rows::commit(&server, async |tx| rows::insert(tx, comment).await).await;
            };
            walk(&server.requester(), &list, size, way, &expected, insert).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn timeline_entries_are_met_once() {
    let server = TestServer::start().await;
    let ticket = server.ticket().create().await;
    for _ in 0..ROWS {
        server.comment(&ticket).create().await;
    }
    let list = List {
        document: TIMELINE,
        variables: json!({ "id": global(ticket.id) }),
        at: "/data/ticket/list",
    };
    let all = page(&server.agent(), &list, json!({ "first": 100 })).await;
    let expected = ids(&all);
    assert!(expected.len() > ROWS, "{all}");
    for size in SIZES {
        walk(
            &server.agent(),
            &list,
            size,
            Way::Forwards,
            &expected,
            async |_| {
                server.comment(&ticket).create().await;
            },
        )
        .await;
    }
    let all = ids(&page(&server.agent(), &list, json!({ "first": 100 })).await);
    for size in SIZES {
        walk(
            &server.agent(),
            &list,
            size,
            Way::Backwards,
            &all,
            async |_| {},
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_met_once() {
    let server = TestServer::start().await;
    let names = ["Zoë", "zoé", "Åsa", "Anna", "anna", "Émile", "O'Neil", "李"];
    for (n, name) in names.into_iter().enumerate() {
        server.add_person(person(name, n)).await;
    }
    let list = List {
        document: USERS,
        variables: json!({}),
        at: "/data/list",
    };
    let everyone = page(&server.admin(), &list, json!({ "first": 100 })).await;
    let expected = ids(&everyone);
    assert!(expected.len() > names.len(), "{everyone}");
    for size in SIZES {
        walk(
            &server.admin(),
            &list,
            size,
            Way::Forwards,
            &expected,
            async |n| {
                server
                    .add_person(person(names[n % names.len()], 100 * size + n))
                    .await;
            },
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn articles_are_met_once() {
    let server = TestServer::start().await;
    let mut expected = Vec::new();
    let article_between = |n: usize| {
        let mut article = rows::article(&server);
        article.updated_at = server.now() - TimeDelta::seconds(step(n));
        article
    };
    for n in 0..ROWS {
        let article = article_between(n);
        expected.push((article.updated_at, article.id));
        rows::commit(&server, async |tx| rows::insert_article(tx, article).await).await;
    }
    expected.sort();
    let expected: Vec<String> = expected
        .into_iter()
        .rev()
        .map(|(_, id)| global(id))
        .collect();
    let list = List {
        document: ARTICLES,
        variables: json!({}),
        at: "/data/list",
    };
    for size in SIZES {
        walk(
            &server.requester(),
            &list,
            size,
            Way::Forwards,
            &expected,
            async |n| {
                let article = article_between(n);
                rows::commit(&server, async |tx| rows::insert_article(tx, article).await).await;
            },
        )
        .await;
    }
}

/// Seconds that repeat, so that many rows stand at the same place and only the id tells them apart.
fn step(n: usize) -> i64 {
    i64::try_from(n * 7 % 5).unwrap()
}

fn ticket_between(server: &TestServer, n: usize) -> ticket::Model {
    let at = server.now() - TimeDelta::seconds(step(n));
    ticket::Model {
        priority: [
            Priority::Low,
            Priority::Normal,
            Priority::High,
            Priority::Urgent,
        ][n * 3 % 4],
        created_at: at,
        updated_at: at + TimeDelta::microseconds(i64::try_from(n % 3).unwrap()),
        next_due_at: if n.is_multiple_of(3) {
            NEVER
        } else {
            at + TimeDelta::hours(4)
        },
        ..rows::ticket(server)
    }
}

fn comment_between(server: &TestServer, ticket: TicketId, n: usize) -> entity::comment::Model {
    entity::comment::Model {
        created_at: server.now() - TimeDelta::seconds(step(n)),
        ..rows::comment(server, ticket)
    }
}

fn person(name: &str, n: usize) -> guichet::people::commands::NewUser {
    let mut new = newcomer(name, entity::user::Role::Requester);
    new.email = format!("person{n}@desk.test");
    new
}

fn sorted(tickets: &[ticket::Model], field: &str, descending: bool) -> Vec<String> {
    let mut tickets: Vec<&ticket::Model> = tickets.iter().collect();
    tickets.sort_by_key(|ticket| {
        let at = match field {
            "CREATED" => ticket.created_at.timestamp_micros(),
            "UPDATED" => ticket.updated_at.timestamp_micros(),
            "PRIORITY" => ticket.priority as i64,
            "NEXT_DUE" => ticket.next_due_at.timestamp_micros(),
            _ => ticket.number.into(),
        };
        (at, ticket.id)
    });
    if descending {
        tickets.reverse();
    }
    tickets.iter().map(|ticket| global(ticket.id)).collect()
}

async fn remove_others(server: &TestServer, kept: &[ticket::Model]) {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let kept: Vec<TicketId> = kept.iter().map(|ticket| ticket.id).collect();
    rows::commit(server, async |tx| {
        let details = entity::ticket_detail::Entity::delete_many()
            .filter(entity::ticket_detail::Column::TicketId.is_not_in(kept.iter().copied()));
        details.exec(&**tx).await.unwrap();
        let others = ticket::Entity::delete_many()
            .filter(ticket::Column::Id.is_not_in(kept.iter().copied()));
        others.exec(&**tx).await.unwrap();
    })
    .await;
}
