//! The one root field of a subscription (specification, section 5.2.3.1).
//!
//! async-graphql 8.0.0-rc.5 starts a stream for each field that stands at the root itself, and none
//! for what a fragment spreads there, whatever `@skip` and `@include` say.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{FragmentDefinition, OperationDefinition, Selection};
use async_graphql::{Name, Positioned, Variables};

use super::Rejection;
use super::merge::{Occurrences, always_skip, gathered, inline};

/// Puts the root field first, with all that is selected of it anywhere. What stood at the root stays
/// in the document, where nothing runs it: so validation still sees every word the client wrote.
pub(crate) fn isolate_root_field(
    operation: &mut OperationDefinition,
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &Variables,
) -> Result<(), Rejection> {
    let set = &operation.selection_set;
    let mut occurrences = Occurrences {
        fragments,
        variables,
        of_keys: HashMap::new(),
        spread: HashSet::new(),
    };
    occurrences.collect(&set.node)?;
    let mut fields = occurrences.of_keys.into_values();
    let (Some(found), None) = (fields.next(), fields.next()) else {
        return Err(refusal(set.pos));
    };
    let Some((&first, rest)) = found.split_first() else {
        return Err(refusal(set.pos));
    };
    if first.node.name.node.starts_with("__") {
        return Err(refusal(first.pos));
    }
    let mut field = first.clone();
    let items = &mut field.node.selection_set.node.items;
    items.extend(rest.iter().filter_map(|field| gathered(field)));

    let pos = set.pos;
    let skip = Positioned::new(always_skip(pos), pos);
    let original = inline(pos, vec![skip], set.node.items.clone());
    let field = Positioned::new(Selection::Field(field), pos);
    operation.selection_set.node.items = vec![field, original];
    Ok(())
}

fn refusal(at: async_graphql::Pos) -> Rejection {
    Rejection::Contradiction {
        reason: "A subscription must have exactly one root field, and none of introspection.",
        at: vec![at],
    }
}
