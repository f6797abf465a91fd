//! Merging the equal root fields of a mutation, so that each runs once.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, Field, FragmentDefinition, InlineFragment, OperationDefinition, Selection,
    SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Value, Variables};

use super::Rejection;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Gives the first of several equal root fields what the others select, and keeps the others from
/// running.
///
/// The others stay in the document, under `@skip(if: true)`: so the fragments and variables that
/// they use are still used, and validation still sees every word the client wrote.
pub(crate) fn merge_root_fields(
    operation: &mut OperationDefinition,
    fragments: &mut Fragments,
    variables: &Variables,
) -> Result<(), Rejection> {
    let mut occurrences = Occurrences {
        fragments,
        variables,
        of_keys: HashMap::new(),
        spread: HashSet::new(),
    };
    occurrences.collect(&operation.selection_set.node)?;
    let rest = occurrences
        .of_keys
        .into_iter()
        .map(|(key, fields)| {
            (
                key,
                fields.into_iter().skip(1).filter_map(gathered).collect(),
            )
        })
        .collect();
    let mut merge = Merge {
        fragments,
        variables,
        rest,
        seen: HashSet::new(),
        spread: HashSet::new(),
    };
    merge.apply(&mut operation.selection_set.node);
    Ok(())
}

/// The selection of a field as one inline fragment; nothing for a leaf.
pub(super) fn gathered(field: &Positioned<Field>) -> Option<Positioned<Selection>> {
    let items = &field.node.selection_set.node.items;
    (!items.is_empty()).then(|| inline(field.pos, Vec::new(), items.clone()))
}

pub(super) fn inline(
    pos: Pos,
    directives: Vec<Positioned<Directive>>,
    items: Vec<Positioned<Selection>>,
) -> Positioned<Selection> {
    let selection_set = Positioned::new(SelectionSet { items }, pos);
    let fragment = InlineFragment {
        type_condition: None,
        directives,
        selection_set,
    };
    Positioned::new(
        Selection::InlineFragment(Positioned::new(fragment, pos)),
        pos,
    )
}

/// The root fields that will run, by response key, in the order they stand.
pub(super) struct Occurrences<'a> {
    pub(super) fragments: &'a Fragments,
    pub(super) variables: &'a Variables,
    pub(super) of_keys: HashMap<Name, Vec<&'a Positioned<Field>>>,
    pub(super) spread: HashSet<Name>,
}

impl<'a> Occurrences<'a> {
    pub(super) fn collect(&mut self, set: &'a SelectionSet) -> Result<(), Rejection> {
        for selection in set
            .items
            .iter()
            .filter(|selection| is_included(&selection.node, self.variables))
        {
            match &selection.node {
                Selection::Field(field) => self.add(field)?,
                Selection::InlineFragment(inline) => {
                    self.collect(&inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragments = self.fragments;
                    if self.spread.insert(name.clone())
                        && let Some(fragment) = fragments.get(name)
                    {
                        self.collect(&fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, field: &'a Positioned<Field>) -> Result<(), Rejection> {
        let fields = self
            .of_keys
            .entry(field.node.response_key().node.clone())
            .or_default();
        if let Some(first) = fields
            .first()
            .filter(|first| !is_same_call(&first.node, &field.node))
        {
            // The library compares fields only within one fragment, and would run both of these.
            let reason =
                "Two root fields have the same response key but differ in name or arguments.";
            return Err(Rejection::Contradiction {
                reason,
                at: vec![first.pos, field.pos],
            });
        }
        fields.push(field);
        Ok(())
    }
}

fn is_same_call(one: &Field, other: &Field) -> bool {
    one.name.node == other.name.node
        && one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|(name, value)| {
            other
                .get_argument(&name.node)
                .is_some_and(|other_value| other_value.node == value.node)
        })
}

struct Merge<'a> {
    fragments: &'a mut Fragments,
    variables: &'a Variables,
    /// What the later occurrences of each response key select.
    rest: HashMap<Name, Vec<Positioned<Selection>>>,
    seen: HashSet<Name>,
    spread: HashSet<Name>,
}

impl Merge<'_> {
    fn apply(&mut self, set: &mut SelectionSet) {
        for selection in &mut set.items {
            if !is_included(&selection.node, self.variables) {
                continue;
            }
            let runs = match &mut selection.node {
                Selection::Field(field) => self.apply_to_field(&mut field.node),
                Selection::InlineFragment(inline) => {
                    self.apply(&mut inline.node.selection_set.node);
                    true
                }
                Selection::FragmentSpread(spread) => {
                    self.apply_to_fragment(&spread.node.fragment_name.node)
                }
            };
            if !runs {
                let skip = Positioned::new(always_skip(selection.pos), selection.pos);
                *selection = inline(selection.pos, vec![skip], vec![selection.clone()]);
            }
        }
    }

    fn apply_to_field(&mut self, field: &mut Field) -> bool {
        let key = field.response_key().node.clone();
        field
            .selection_set
            .node
            .items
            .extend(self.rest.remove(&key).unwrap_or_default());
        self.seen.insert(key)
    }

    fn apply_to_fragment(&mut self, name: &Name) -> bool {
        if !self.spread.insert(name.clone()) {
            return false;
        }
        // Taken out while it is changed: a fragment inside it may be changed as well.
        if let Some(mut fragment) = self.fragments.remove(name) {
            self.apply(&mut fragment.node.selection_set.node);
            self.fragments.insert(name.clone(), fragment);
        }
        true
    }
}

pub(super) fn always_skip(pos: Pos) -> Directive {
    let name = Positioned::new(Name::new("skip"), pos);
    let condition = (
        Positioned::new(Name::new("if"), pos),
        Positioned::new(Value::Boolean(true).into_value(), pos),
    );
    Directive {
        name,
        arguments: vec![condition],
    }
}

fn is_included(selection: &Selection, variables: &Variables) -> bool {
    selection
        .directives()
        .iter()
        .all(|directive| match directive.node.name.node.as_str() {
            "include" => is_true(&directive.node, variables),
            "skip" => !is_true(&directive.node, variables),
            _ => true,
        })
}

fn is_true(directive: &Directive, variables: &Variables) -> bool {
    let Some(condition) = directive.get_argument("if") else {
        return false;
    };
    let value = condition
        .node
        .clone()
        .into_const_with(|name| variables.get(&name).cloned().ok_or(()));
    value == Ok(Value::Boolean(true))
}
