//! Lists, and walking their pages.

use std::collections::HashSet;

use harness::Client;
use serde_json::{Value, json};

/// A list, with its rows as `list`.
pub(super) struct List {
    pub(super) document: &'static str,
    pub(super) variables: Value,
    /// Where the connection stands in the answer.
    pub(super) at: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Forwards,
    Backwards,
}

pub(super) const TICKETS: &str = "query($orderBy: TicketOrder, $first: Int, $after: String, $last: Int, $before: String) {
  list: tickets(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) { ...Page }
}
fragment Page on TicketConnection { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";
pub(super) const COMMENTS: &str = "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  ticket(by: { id: $id }) { list: comments(first: $first, after: $after, last: $last, before: $before) { ...Page } }
}
fragment Page on CommentConnection { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";
pub(super) const TIMELINE: &str = "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  ticket(by: { id: $id }) { list: timeline(first: $first, after: $after, last: $last, before: $before) { ...Page } }
}
fragment Page on TimelineEntryConnection { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";
pub(super) const USERS: &str = "query($first: Int, $after: String) { list: users(first: $first, after: $after) { ...Page } }
fragment Page on UserConnection { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";
pub(super) const ARTICLES: &str = "query($first: Int, $after: String) { list: articles(first: $first, after: $after) { ...Page } }
fragment Page on ArticleConnection { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";

/// Walks from one end to the other, with an insertion after each page.
pub(super) async fn walk(
    client: &Client,
    list: &List,
    size: usize,
    way: Way,
    expected: &[String],
    mut insert: impl AsyncFnMut(usize),
) {
    let (mut met, mut seen) = (Vec::new(), HashSet::new());
    let mut cursor: Option<String> = None;
    loop {
        let arguments = match way {
            Way::Forwards => json!({ "first": size, "after": cursor }),
            Way::Backwards => json!({ "last": size, "before": cursor }),
        };
        let page = page(client, list, arguments).await;
        let mut ids = ids(&page);
        assert!(ids.len() <= size, "{page}");
        if way == Way::Backwards {
            ids.reverse();
        }
        for id in ids {
            assert!(
                seen.insert(id.clone()),
                "{id} is met twice, {size} to a page"
            );
            met.push(id);
        }
        let (more, next) = match way {
            Way::Forwards => ("hasNextPage", "endCursor"),
            Way::Backwards => ("hasPreviousPage", "startCursor"),
        };
        if page["pageInfo"][more] == false {
            break;
        }
        cursor = Some(
            page["pageInfo"][next]
                .as_str()
                .unwrap_or_else(|| panic!("{page}"))
                .to_owned(),
        );
        // Few enough that the walk comes to an end.
        if met.len() < 3 * expected.len() {
            insert(met.len()).await;
        }
    }
    if way == Way::Backwards {
        met.reverse();
    }
    let known: HashSet<&String> = expected.iter().collect();
    met.retain(|id| known.contains(id));
    assert_eq!(met, expected, "{size} to a page");
}

pub(super) async fn ask(client: &Client, list: &List, arguments: Value) -> Value {
    let mut variables = list.variables.clone();
    for (name, value) in arguments.as_object().unwrap() {
        variables[name] = value.clone();
    }
    client.run(list.document, variables).await
}

/// A page whose cursors are those of its rows.
pub(super) async fn page(client: &Client, list: &List, arguments: Value) -> Value {
    let answer = ask(client, list, arguments).await;
    let page = answer
        .pointer(list.at)
        .unwrap_or_else(|| panic!("{answer}"))
        .clone();
    let edges = page["edges"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let cursor_of = |edge: Option<&Value>| edge.map_or(Value::Null, |edge| edge["cursor"].clone());
    assert_eq!(
        page["pageInfo"]["startCursor"],
        cursor_of(edges.first()),
        "{page}"
    );
    assert_eq!(
        page["pageInfo"]["endCursor"],
        cursor_of(edges.last()),
        "{page}"
    );
    page
}

pub(super) fn ids(page: &Value) -> Vec<String> {
    let edges = page["edges"].as_array().unwrap().iter();
    edges
        .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned())
        .collect()
}
