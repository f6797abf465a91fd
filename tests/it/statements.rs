//! How many SQL statements a page costs: the same small number, however many rows it shows.

mod lists;

use entity::{
    comment, follower,
    ids::{ArticleId, KnowledgeLinkId, TicketId, TicketLinkId, UserId},
    json::{CommentDigest, Tags},
    knowledge_link, ticket, ticket_link,
};
use guichet::{
    actor::Actor,
    app::Tx,
    events::{Assignment, Event},
};
use harness::{TestServer, global, newcomer};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::rows;

/// What an agent's list shows, and more.
const QUEUE_PAGE: &str = "query($first: Int) { tickets(first: $first, orderBy: { field: NEXT_DUE }) {
  totalCount pageInfo { hasNextPage endCursor }
  edges { cursor node {
    id number reference externalId version subject status nextStatuses waitingReason waitingUntil priority channel tags
    level { rank name } requester { id name email } organization { id name } assignee { id name availability }
    commentCount lastComment { excerpt createdAt author { ... on User { name } } }
    serviceLevel { state nextDueAt firstReply { state dueAt } } viewerCan { assign claim solve } isFollowing
    comments(first: 2) { nodes { excerpt author { ... on User { name } } } }
    timeline(first: 3) { nodes { at actor { ... on User { name } } ... on CommentEntry { comment { excerpt } } ... on AssignmentEntry { assigneeAfter { name } teamAfter { name } } } }
    knowledgeLinks { role article { title } }
    links { kind ticket { reference } }
    similarCount reopenCount createdAt updatedAt firstRepliedAt solvedAt closedAt
  } }
} }";

const TICKET_PAGE: &str = "query($id: ID!, $first: Int) { ticket(by: { id: $id }) {
  id number reference externalId version subject description descriptionHtml status nextStatuses priority channel tags
  customFields { key value } context { url } satisfaction { score } mergedInto { reference } followUpOf { reference } mergedTickets { reference } problem { reference }
  level { rank name defaultTeam { name } } requester { id name email organization { name } } organization { name }
  team { id name } assignee { id name teams { name } }
  commentCount lastComment { excerpt } serviceLevel { state nextDueAt resolution { dueAt segments { startedAt running } } }
  viewerCan { assign claim solve } isFollowing similarCount
  comments(first: $first) { totalCount pageInfo { hasNextPage }
    nodes { id bodyHtml visibility isSolution createdAt author { __typename ... on User { id name organization { name } } } } }
  timeline(first: $first) { totalCount
    nodes { __typename at actor { ... on User { name } } ... on CommentEntry { comment { excerpt author { ... on User { name } } } } ... on AssignmentEntry { assigneeAfter { name } teamAfter { name } } } }
  knowledgeLinks { role article { title summary } addedBy { ... on User { name } } }
  links { kind ticket { reference status assignee { name } } }
} }";

/// A busy machine can split a batch that is collected for a millisecond. A statement for each row would
/// be far more.
const SPLITS_MAX: usize = 8;
/// On a server that knows nothing yet: a statement for each kind of thing that the page shows, or two
/// where the same kind stands at different depths. Levels and teams, people and organizations are
/// then in memory for a second or two.
const OF_A_QUEUE_PAGE: usize = 16;
const OF_A_TICKET_PAGE: usize = 19;

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_page_costs_the_same_with_10_and_with_100_tickets() {
    for rows in [10, 100] {
        let server = desk(rows, 2).await;
        let (page, statements) = ask(&server, QUEUE_PAGE, json!({ "first": rows })).await;
        let edges = page
            .pointer("/data/tickets/edges")
            .and_then(Value::as_array);
        let edges = edges.unwrap_or_else(|| panic!("{page}"));
        assert_eq!(edges.len(), rows);
        for edge in edges {
            let ticket = &edge["node"];
            assert_eq!(
                ticket["comments"]["nodes"].as_array().map(Vec::len),
                Some(2),
                "{ticket}"
            );
            assert_eq!(
                ticket["timeline"]["nodes"].as_array().map(Vec::len),
                Some(3),
                "{ticket}"
            );
            assert_eq!(
                ticket["knowledgeLinks"].as_array().map(Vec::len),
                Some(1),
                "{ticket}"
            );
            assert_ne!(
                ticket["links"].as_array().map(Vec::len),
                Some(0),
                "{ticket}"
            );
            assert!(
                ticket["lastComment"]["author"]["name"].is_string(),
                "{ticket}"
            );
        }
        assert!(
            statements.len() <= OF_A_QUEUE_PAGE + SPLITS_MAX,
            "{rows} rows:\n{}",
            statements.join("\n")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_page_costs_the_same_with_10_and_with_100_comments() {
    for rows in [10, 100] {
        let server = desk(3, rows).await;
        let id = page_of_one(&server).await;
        let (page, statements) =
            ask(&server, TICKET_PAGE, json!({ "id": id, "first": rows })).await;
        let comments = page
            .pointer("/data/ticket/comments/nodes")
            .and_then(Value::as_array);
        assert_eq!(comments.map(Vec::len), Some(rows), "{page}");
        assert!(
            statements.len() <= OF_A_TICKET_PAGE + SPLITS_MAX,
            "{rows} rows:\n{}",
            statements.join("\n")
        );
    }
}

/// The first answer of a server, so that nothing is known yet but who asks.
async fn ask(server: &TestServer, document: &str, variables: Value) -> (Value, Vec<String>) {
    let agent = server.agent();
    agent.run("{ viewer { id } }", json!({})).await;
    server
        .count_statements(Box::pin(agent.run(document, variables)))
        .await
}

async fn page_of_one(server: &TestServer) -> String {
    let db = &server.app().store.read;
    let ticket = ticket::Entity::find().one(db).await.unwrap();
    global(ticket.unwrap().id)
}

/// Tickets of several people, with everything on them that a page can show.
async fn desk(tickets: usize, comments: usize) -> TestServer {
    let server = TestServer::start().await;
    let mut people = Vec::new();
    for n in 0..7 {
        let mut new = newcomer(&format!("Person {n}"), entity::user::Role::Requester);
        new.email = format!("person{n}@desk.test");
        new.organization_id = Some(server.organization());
        people.push(server.add_person(new).await.user_id());
    }
    let article = rows::article(&server);
    rows::commit(&server, async |tx| {
        rows::insert_article(tx, article.clone()).await;
        let mut former = None;
        for n in 0..tickets {
            let authors = [people[n % people.len()], people[(n + 1) % people.len()]];
            let ticket = insert_ticket(tx, &server, authors, comments).await;
            hang_on(tx, &server, ticket, article.id, former.replace(ticket)).await;
        }
    })
    .await;
    // The log is written by commits of its own.
    let mut tx = server.app().begin(&Actor::System).await.unwrap();
    record(&mut tx).await;
    tx.commit().await.unwrap();
    server
}

async fn insert_ticket(
    tx: &Tx<'_>,
    server: &TestServer,
    authors: [UserId; 2],
    comments: usize,
) -> TicketId {
    let mut ticket = ticket::Model {
        requester_id: authors[0],
        assignee_id: Some(server.agent().user_id()),
        team_id: Some(server.team()),
        tags: Tags(vec!["vpn".to_owned(), "printer".to_owned()]),
        public_comment_count: i32::try_from(comments).unwrap(),
        ..rows::ticket(server)
    };
    let comments: Vec<comment::Model> = (0..comments)
        .map(|n| comment::Model {
            author_id: Some(authors[n % 2]),
            ..rows::comment(server, ticket.id)
        })
        .collect();
    ticket.last_public_comment = comments.last().map(|newest| CommentDigest {
        id: newest.id,
        author_id: newest.author_id,
        excerpt: newest.excerpt.clone(),
        created_at: newest.created_at,
    });
    let id = ticket.id;
    rows::insert_ticket(tx, ticket).await;
    for comment in comments {
        rows::insert(tx, comment).await;
    }
    id
}

/// An article, a follower, and a link to the ticket before.
async fn hang_on(
    tx: &Tx<'_>,
    server: &TestServer,
    ticket: TicketId,
    article: ArticleId,
    former: Option<TicketId>,
) {
    let agent = server.agent().user_id();
    let link = knowledge_link::Model {
        id: KnowledgeLinkId(tx.new_id()),
        ticket_id: ticket,
        article_id: article,
        role: knowledge_link::Role::Shared,
        added_by_id: Some(agent),
        created_at: server.now(),
    };
    rows::insert(tx, link).await;
    rows::insert(
        tx,
        follower::Model {
            ticket_id: ticket,
            user_id: agent,
        },
    )
    .await;
    if let Some(from_id) = former {
        let link = ticket_link::Model {
            id: TicketLinkId(tx.new_id()),
            from_id,
            to_id: ticket,
            kind: ticket_link::Kind::RelatesTo,
            added_by_id: None,
            created_at: server.now(),
        };
        rows::insert(tx, link).await;
    }
}

/// Says in the log that each ticket was given to its agent, and commented on.
async fn record(tx: &mut Tx<'_>) {
    for ticket in ticket::Entity::find().all(&**tx).await.unwrap() {
        let to = Assignment {
            team_id: ticket.team_id,
            assignee_id: ticket.assignee_id,
        };
        let from = Assignment {
            team_id: None,
            assignee_id: None,
        };
        tx.record(Event::TicketAssigned {
            ticket_id: ticket.id,
            from,
            to,
        });
    }
    for comment in comment::Entity::find().all(&**tx).await.unwrap() {
        tx.record(Event::CommentAdded {
            ticket_id: comment.ticket_id,
            comment_id: comment.id,
            visibility: comment.visibility,
            mentioned: vec![],
        });
    }
}
