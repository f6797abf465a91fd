//! The cost of an operation, computed before it runs and without the schema.
//!
//! A leaf costs nothing, a field with a selection 1. A connection multiplies what stands below it
//! by its page size, `nodes(ids:)` by the number of ids, a plain list by what [`LISTS`] says. A root
//! field of a mutation costs [`MUTATION_COST`] more, and what [`DEAR`] names as much as it says.

use std::collections::HashMap;
use std::convert::Infallible;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Value, Variables};

use super::Inspected;

/// What a root field of a mutation costs besides what it selects: a transaction, and the events
/// that follow it.
pub(crate) const MUTATION_COST: u64 = 10;
/// The page size of a connection that is asked for without one.
const PAGE_SIZE_DEFAULT: u64 = 25;
/// The largest page a connection answers with.
const PAGE_SIZE_MAX: u64 = 100;
/// Fields that answer with a plain list, by name, and about how many items a long one has. It is no
/// limit: it keeps lists in lists from costing as little as one.
const LISTS: [(&str, u64); 30] = [
    ("applications", 5),
    ("articleCategories", 30),
    ("articles", 3),
    ("attachments", 3),
    ("attempts", 3),
    ("calendars", 3),
    ("categoryPath", 3),
    ("customFields", 5),
    ("examples", 5),
    ("explain", 4),
    ("gaps", 10),
    ("holidays", 20),
    ("intervals", 10),
    ("keys", 2),
    ("knowledgeLinks", 7),
    ("levels", 3),
    ("links", 7),
    ("macros", 20),
    ("mergedTickets", 3),
    ("possibleDuplicates", 5),
    ("previewMacro", 20),
    ("queues", 20),
    ("results", 100),
    ("rows", 100),
    ("segments", 20),
    ("serviceLevelPolicies", 20),
    ("signInProviders", 3),
    ("similarTickets", 3),
    ("teams", 5),
    ("translations", 2),
];

/// Fields that take far more work than what they select says, and what they cost besides.
const DEAR: [(&str, u64); 6] = [
    ("bulkChangeTickets", 500),
    ("bulkCreateTickets", 500),
    ("knowledgeGaps", 500),
    ("possibleDuplicates", 20),
    ("previewMacro", 200),
    ("staleArticles", 500),
];

/// The cost of an inspected operation with these variables. It saturates, and is linear in the
/// document.
pub(crate) fn cost(
    document: &ExecutableDocument,
    inspected: &Inspected<'_>,
    variables: &Variables,
) -> u64 {
    let mut prices = Prices {
        document,
        operation: inspected.operation,
        variables,
        of_fragments: HashMap::new(),
    };
    let selected = prices
        .selection_set(&inspected.operation.selection_set.node)
        .cost;
    match inspected.operation.ty {
        OperationType::Mutation => {
            selected.saturating_add(MUTATION_COST.saturating_mul(inspected.root_fields as u64))
        }
        OperationType::Query | OperationType::Subscription => selected,
    }
}

/// The price of a selection set. It does not depend on where the set stands, so a fragment has one.
#[derive(Debug, Clone, Copy, Default)]
struct Price {
    cost: u64,
    /// It selects `edges` or `nodes`, so the field it belongs to is a connection.
    is_connection: bool,
}

struct Prices<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    of_fragments: HashMap<&'a str, Price>,
}

fn price_of(field: &Field) -> u64 {
    let dear = DEAR.iter().find(|(name, _)| field.name.node == *name);
    dear.map_or(0, |(_, price)| *price)
}

impl<'a> Prices<'a> {
    fn selection_set(&mut self, set: &'a SelectionSet) -> Price {
        let mut price = Price::default();
        for selection in &set.items {
            let added = match &selection.node {
                Selection::Field(field) => Price {
                    cost: self.field(&field.node),
                    is_connection: matches!(field.node.name.node.as_str(), "edges" | "nodes"),
                },
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
                Selection::InlineFragment(inline) => {
                    self.selection_set(&inline.node.selection_set.node)
                }
            };
            price.cost = price.cost.saturating_add(added.cost);
            price.is_connection |= added.is_connection;
        }
        price
    }

    fn field(&mut self, field: &'a Field) -> u64 {
        if field.selection_set.node.items.is_empty() {
            return 0;
        }
        let below = self.selection_set(&field.selection_set.node);
        if field.name.node == "nodes"
            && let Some(ids) = self.argument(field, "ids")
        {
            return list_length(&ids).saturating_mul(below.cost.saturating_add(1));
        }
        below
            .cost
            .saturating_mul(self.item_count(field, below.is_connection))
            .saturating_add(price_of(field) + 1)
    }

    fn fragment(&mut self, name: &str) -> Price {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Price::default();
        };
        if let Some(known) = self.of_fragments.get(name.as_str()) {
            return *known;
        }
        let price = self.selection_set(&fragment.node.selection_set.node);
        self.of_fragments.insert(name, price);
        price
    }

    /// How many items a connection answers with at most, and a list about; 1 for anything else.
    fn item_count(&self, field: &Field, is_connection: bool) -> u64 {
        let asked = ["first", "last"].map(|name| self.argument(field, name));
        if !is_connection && asked.iter().all(Option::is_none) {
            return list_factor(&field.name.node);
        }
        asked
            .into_iter()
            .flatten()
            .filter_map(|value| page_size(&value))
            .max()
            .unwrap_or(PAGE_SIZE_DEFAULT)
    }

    /// An argument with its variables replaced by what they stand for.
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let value = field.get_argument(name)?.node.clone();
        value
            .into_const_with(|name| {
                Ok::<_, Infallible>(self.variable(&name).cloned().unwrap_or_default())
            })
            .ok()
    }

    fn variable(&self, name: &Name) -> Option<&Value> {
        let definitions = &self.operation.variable_definitions;
        self.variables.get(name).or_else(|| {
            let definition = definitions
                .iter()
                .find(|definition| definition.node.name.node == *name)?;
            definition
                .node
                .default_value
                .as_ref()
                .map(|value| &value.node)
        })
    }
}

fn list_factor(name: &str) -> u64 {
    let list = LISTS.iter().find(|(list, _)| *list == name);
    list.map_or(1, |(_, factor)| *factor)
}

fn page_size(value: &Value) -> Option<u64> {
    let Value::Number(number) = value else {
        return None;
    };
    if number.is_i64() && number.as_i64() < Some(1) {
        return Some(1);
    }
    Some(
        number
            .as_u64()
            .unwrap_or(PAGE_SIZE_MAX)
            .clamp(1, PAGE_SIZE_MAX),
    )
}

fn list_length(value: &Value) -> u64 {
    match value {
        Value::List(items) => items.len().max(1) as u64,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::guard::{inspect, parse};
    use serde_json::json;

    fn cost_of(document: &str, variables: serde_json::Value) -> u64 {
        let document = parse(document).expect("parses");
        let inspected = inspect(&document, None).expect("passes");
        cost(&document, &inspected, &Variables::from_json(variables))
    }

    #[test]
    fn documents_have_a_price() {
        for (expected, document) in [
            (0, "{ __typename }"),
            (1, "{ viewer { name } }"),
            (2, "{ viewer { organization { name } } }"),
            // A connection without a page size has 25 items.
            (1 + 25, "{ tickets { nodes { id } } }"),
            (1 + 25 * 2, "{ tickets { edges { node { id } } } }"),
            (
                1 + 25,
                "{ tickets { ...C } } fragment C on TicketConnection { things: nodes { id } }",
            ),
            (1 + 7, "{ tickets(first: 7) { nodes { id } } }"),
            (1 + 100, "{ tickets(last: 1000) { nodes { id } } }"),
            (1 + 1, "{ tickets(first: -1) { nodes { id } } }"),
            (
                1 + 100,
                "{ tickets(first: 99999999999999999999) { nodes { id } } }",
            ),
            (1 + 25, "{ tickets(first: null) { nodes { id } } }"),
            (1 + 9, "{ tickets(first: 3, last: 9) { nodes { id } } }"),
            // Connections in connections multiply.
            (
                1 + 10 * (1 + 1 + 20),
                "{ tickets(first: 10) { nodes { comments(first: 20) { nodes { id } } } } }",
            ),
            // A page size makes a connection of anything.
            (1 + 50, "{ tickets(first: 50) { pageInfo { endCursor } } }"),
            (
                3 * (1 + 1),
                "{ nodes(ids: [1, 2, 3]) { ... on Ticket { level { name } } } }",
            ),
            // Lists without pages have about as many items as the table says.
            (1, "{ levels { name } }"),
            (
                1 + 1 + 5,
                "{ viewer { teams { members(first: 1) { totalCount } } } }",
            ),
            (
                1 + 20 * (1 + 10),
                "{ queues { tickets(first: 10) { nodes { id } } } }",
            ),
            // The same name may be a connection elsewhere.
            (1 + 25, "{ teams { nodes { name } } }"),
            (1 + 50, "{ teams(first: 50) { nodes { name } } }"),
            (10, "mutation { ping }"),
            (
                2 * (10 + 1),
                "mutation { ...M } fragment M on Mutation { a { id } b { id } }",
            ),
        ] {
            assert_eq!(cost_of(document, json!({})), expected, "{document}");
        }
    }

    #[test]
    fn variables_count_with_their_defaults() {
        let document = "query($n: Int = 5) { tickets(first: $n) { nodes { id } } }";
        assert_eq!(cost_of(document, json!({})), 1 + 5);
        assert_eq!(cost_of(document, json!({ "n": 80 })), 1 + 80);
        assert_eq!(cost_of(document, json!({ "n": 1_000_000 })), 1 + 100);
        assert_eq!(cost_of(document, json!({ "n": "eighty" })), 1 + 25);

        let ids = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        assert_eq!(cost_of(ids, json!({ "ids": ["a", "b"] })), 2);
        assert_eq!(cost_of(ids, json!({ "ids": vec!["a"; 5_000] })), 5_000);
    }

    #[test]
    fn pages_of_lists_pass_and_lists_in_lists_do_not() {
        // What requesters and staff may ask for.
        let (requesters_max, staff_max) = (1_000, 5_000);
        let row = "requester { name } assignee { name } team { name } level { name } \
            serviceLevel { state } knowledgeLinks { role article { title } }";
        let page = |row: &str| format!("{{ tickets(first: 50) {{ nodes {{ {row} }} }} }}");
        assert!(cost_of(&page(row), json!({})) <= requesters_max);
        let row_with_links = format!("{row} links {{ kind ticket {{ subject }} }}");
        assert!(cost_of(&page(&row_with_links), json!({})) <= staff_max);

        let ticket = format!(
            "{{ ticket {{ {row_with_links} comments(first: 100) {{ nodes {{ author {{ name }} }} }} \
             timeline(first: 100) {{ nodes {{ actor {{ name }} }} }} }} }}"
        );
        assert!(cost_of(&ticket, json!({})) <= requesters_max);

        let nested = |depth: usize| {
            format!(
                "{{ {} id {} }}",
                "ticket { knowledgeLinks { ".repeat(depth),
                "} } ".repeat(depth)
            )
        };
        assert!(cost_of(&nested(2), json!({})) <= requesters_max);
        assert!(cost_of(&nested(5), json!({})) > staff_max);
    }

    #[test]
    fn the_cost_saturates() {
        let nested = format!(
            "{{ {} id {} }}",
            "n(first: 100) { ".repeat(11),
            "}".repeat(11)
        );
        assert_eq!(cost_of(&nested, json!({})), u64::MAX);
    }
}
