//! Questions about one hidden thing, and the same about one that was made up.

use serde_json::{Value, json};

use super::world::{HIDDEN_EXTERNAL_ID, World};

/// Everybody from whom nothing is hidden but others' own queues.
const INSIDERS: [&str; 2] = ["lead", "admin"];
pub(super) const EXTERNAL_AGENT: &str = "external agent";

/// From whom a thing is hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    All,
    Outsiders,
    Requesters,
}

impl Hidden {
    pub(super) fn is_from(self, viewer: &str) -> bool {
        match self {
            Self::All => true,
            Self::Outsiders => !INSIDERS.contains(&viewer),
            Self::Requesters => viewer != EXTERNAL_AGENT && !INSIDERS.contains(&viewer),
        }
    }
}

/// A query with one variable, `$of`.
pub(super) struct Query {
    pub(super) document: String,
    pub(super) hidden: Value,
    pub(super) made_up: Value,
    from: Hidden,
}

impl Query {
    pub(super) fn is_hidden_from(&self, viewer: &str) -> bool {
        self.from.is_from(viewer)
    }
}

/// An id of the same kind that names nothing.
pub(super) fn made_up(id: &str) -> String {
    let kind = id.split('_').next().unwrap_or_default();
    format!("{kind}_ffffffffffff7fff8fffffffffffffff")
}

/// The global ids of what is hidden, and from whom.
fn hidden_ids(world: &World) -> Vec<(&str, Hidden)> {
    let mut ids = vec![
        (world.hidden_ticket.as_str(), Hidden::Outsiders),
        (&world.hidden_comment, Hidden::Outsiders),
        (&world.internal_comment, Hidden::Outsiders),
        (&world.hidden_link, Hidden::Outsiders),
        (&world.hidden_person, Hidden::Outsiders),
        (&world.hidden_organization, Hidden::Outsiders),
        (&world.hidden_team, Hidden::Outsiders),
        (&world.hidden_calendar, Hidden::Outsiders),
        (&world.hidden_policy, Hidden::Outsiders),
        (&world.hidden_machine, Hidden::All),
        (&world.hidden_token, Hidden::All),
        (&world.hidden_webhook, Hidden::Outsiders),
        (&world.team_queue, Hidden::Outsiders),
        (&world.personal_queue, Hidden::All),
        (&world.team_macro, Hidden::Outsiders),
        (&world.personal_macro, Hidden::All),
        (&world.hidden_files[0], Hidden::Outsiders),
        (&world.hidden_files[1], Hidden::Outsiders),
    ];
    let articles = world.hidden_articles.iter();
    ids.extend(articles.map(|id| (id.as_str(), Hidden::Requesters)));
    ids.push((&world.hidden_category, Hidden::Requesters));
    ids
}

/// Everything that can be asked by an id, whatever its kind.
const BY_ID: [&str; 12] = [
    "node(id: $of) { __typename id }",
    "nodes(ids: [$of, $of]) { __typename id }",
    "ticket(by: { id: $of }) { subject }",
    "article(by: { id: $of }) { title }",
    "articles(filter: { categoryId: $of }, first: 5) { totalCount nodes { title } }",
    "queue(id: $of) { name count }",
    "webhookEndpoint(id: $of) { url description }",
    "bulkJob(id: $of) { id totalCount }",
    "previewMacro(macroId: $of, ticketId: $of) { steps { step } userErrors { code message field } }",
    "users(filter: { organization: $of }, first: 5) { totalCount nodes { name } }",
    "users(filter: { team: $of }, first: 5) { totalCount nodes { name } }",
    "users(filter: { organization: $of, team: $of }, first: 5) { totalCount }",
];

/// Where a ticket filter takes an id.
const ID_FILTERS: [&str; 4] = ["requester", "assignee", "team", "organization"];

/// Where a ticket filter takes a text, which must not be found.
const TEXT_FILTERS: [&str; 10] = [
    "subject: { eq: $of }",
    "subject: { in: [$of] }",
    "subject: { containsIgnoreCase: $of }",
    "externalId: { eq: $of }",
    "externalId: { containsIgnoreCase: $of }",
    "tags: { hasAny: [$of] }",
    "tags: { hasAll: [$of] }",
    "tags: { hasNone: [$of] }",
    "text: $of",
    "or: [{ text: $of }]",
];

/// Whole words and parts of what is hidden, with a made-up one for each.
const TEXTS: [&str; 6] = [
    "zebrafish",
    "zebrafish-subject",
    "zebrafish-tag",
    HIDDEN_EXTERNAL_ID,
    "zebrafish@desk.test",
    "Zebrafish zebrafish-person",
];

pub(super) fn queries(world: &World) -> Vec<Query> {
    let mut queries = Vec::new();
    for (id, from) in hidden_ids(world) {
        let mut ask = |selection: String| {
            queries.push(Query {
                document: format!("query($of: ID!) {{ {selection} }}"),
                hidden: json!(id),
                made_up: json!(made_up(id)),
                from,
            });
        };
        for selection in BY_ID {
            ask(selection.to_owned());
        }
        for field in ID_FILTERS {
            for test in ["eq: $of", "in: [$of]"] {
                ask(tickets(&format!("{field}: {{ {test} }}")));
                ask(tickets(&format!("not: {{ {field}: {{ {test} }} }}")));
            }
        }
    }
    for text in TEXTS {
        let mut ask = |selection: String| {
            queries.push(Query {
                document: format!("query($of: String!) {{ {selection} }}"),
                hidden: json!(text),
                made_up: json!(text.replace("ebrafish", "zzz")),
                from: Hidden::Outsiders,
            });
        };
        for filter in TEXT_FILTERS {
            ask(tickets(filter));
            ask(tickets(&format!("not: {{ {filter} }}")));
        }
        ask("ticket(by: { externalId: $of }) { subject }".to_owned());
        ask(search());
        ask("users(filter: { text: $of }, first: 5) { totalCount nodes { name } }".to_owned());
    }
    queries.extend(articles());
    queries.push(Query {
        document: "query($of: Int!) { ticket(by: { number: $of }) { subject } }".to_owned(),
        hidden: json!(world.hidden_number),
        made_up: json!(999_999),
        from: Hidden::Outsiders,
    });
    queries
}

fn tickets(filter: &str) -> String {
    format!(
        "tickets(filter: {{ {filter} }}, first: 5) {{ totalCount nodes {{ subject }} pageInfo {{ hasNextPage endCursor }} }}"
    )
}

fn search() -> String {
    "search(text: $of, first: 5) { totalCount nodes { kind score titleHtml excerptHtml item { __typename } } pageInfo { hasNextPage endCursor } }".to_owned()
}

fn articles() -> Vec<Query> {
    let search = search();
    let asked = [
        (search.as_str(), "narwhal-body"),
        (&search, "narwhal"),
        (&search, "narwhla"),
        ("article(by: { slug: $of }) { title }", "narwhal-slug"),
        ("article(by: { slug: $of }) { title }", "narwhal-former"),
        (
            "articles(filter: { text: $of }, first: 5) { totalCount nodes { title } }",
            "narwhal",
        ),
        (
            "articles(filter: { tag: $of }, first: 5) { totalCount nodes { title } }",
            "narwhal-tag",
        ),
        (
            "articles(filter: { category: $of }, first: 5) { totalCount nodes { title } }",
            "narwhal-category",
        ),
        (
            "articles(filter: { category: $of }, first: 5) { totalCount nodes { title } }",
            "narwhal-branch",
        ),
    ];
    let query = |(selection, text): (&str, &str)| Query {
        document: format!("query($of: String!) {{ {selection} }}"),
        hidden: json!(text),
        made_up: json!(text.replace("narwh", "nnn")),
        from: Hidden::Requesters,
    };
    asked.into_iter().map(query).collect()
}
