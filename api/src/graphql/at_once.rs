//! Objects that are answered at once, because every field that is asked of them is in memory. The
//! library boxes a future for each field of each row, which on a page of fifty is most of the work.
//!
//! What cannot be answered so is none of this module's business: then there is no value, and the
//! library's own way gives the same answer.

use std::collections::HashMap;

use async_graphql::{
    ContextSelectionSet, Name, Positioned, Value,
    indexmap::IndexMap,
    parser::types::{Field, FragmentDefinition, Selection, SelectionSet},
};

/// An object type, and the types that can stand in its place in a union.
#[derive(Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    pub others: &'static [&'static str],
}

/// What a client asks of an object.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    set: &'a SelectionSet,
}

impl<'a> Asked<'a> {
    /// Of the object that `ctx` resolves.
    pub fn of(ctx: &ContextSelectionSet<'a>) -> Self {
        Self {
            fragments: &ctx.query_env.fragments,
            set: &ctx.item.node,
        }
    }

    /// Of the object that stands in `field`.
    #[must_use]
    pub fn below(self, field: &'a Field) -> Self {
        Self {
            set: &field.selection_set.node,
            ..self
        }
    }

    /// The object. `value` gives a field's value; none where it takes more than memory, and then
    /// there is no object either.
    pub fn object(self, kind: Kind, value: &impl Fn(&'a Field) -> Option<Value>) -> Option<Value> {
        let mut object = IndexMap::with_capacity(self.set.items.len());
        self.fill(&mut object, kind, value)?;
        Some(Value::Object(object))
    }

    fn fill(
        self,
        object: &mut IndexMap<Name, Value>,
        kind: Kind,
        value: &impl Fn(&'a Field) -> Option<Value>,
    ) -> Option<()> {
        for selection in &self.set.items {
            match &selection.node {
                Selection::Field(field) => add(object, kind, &field.node, value)?,
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    let on = fragment.type_condition.as_ref();
                    self.open(
                        object,
                        kind,
                        on.map(|on| &on.node.on.node),
                        &fragment.selection_set.node,
                        value,
                    )?;
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.fragments.get(&spread.node.fragment_name.node)?.node;
                    let on = &fragment.type_condition.node.on.node;
                    self.open(object, kind, Some(on), &fragment.selection_set.node, value)?;
                }
            }
        }
        Some(())
    }

    /// A fragment on another member of the union is not for this object; one on an interface is
    /// left to the library.
    fn open(
        self,
        object: &mut IndexMap<Name, Value>,
        kind: Kind,
        on: Option<&Name>,
        set: &'a SelectionSet,
        value: &impl Fn(&'a Field) -> Option<Value>,
    ) -> Option<()> {
        match on.map(Name::as_str) {
            Some(name) if kind.others.contains(&name) => Some(()),
            Some(name) if name != kind.name => None,
            Some(_) | None => Self { set, ..self }.fill(object, kind, value),
        }
    }
}

/// Arguments and directives are the library's, and so is the merging of equal keys.
fn add<'a>(
    object: &mut IndexMap<Name, Value>,
    kind: Kind,
    field: &'a Field,
    value: &impl Fn(&'a Field) -> Option<Value>,
) -> Option<()> {
    if !field.arguments.is_empty() || !field.directives.is_empty() {
        return None;
    }
    let value = if field.name.node == "__typename" {
        kind.name.into()
    } else {
        value(field)?
    };
    let is_new = object
        .insert(field.response_key().node.clone(), value)
        .is_none();
    is_new.then_some(())
}
