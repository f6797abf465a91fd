//! The measures of a parsed document, taken with memory: each fragment is measured once, however
//! often it is spread.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned};

use super::Rejection;

/// Fragment definitions of a document.
pub(crate) const FRAGMENTS_MAX: usize = 50;
/// Selections of a document after every spread is replaced by what it spreads.
pub(crate) const SELECTIONS_MAX: usize = 1_500;
/// Selection sets inside each other, those of fragments included. async-graphql counts alike and
/// stops at the same.
pub(crate) const LEVELS_MAX: usize = 32;
/// Fields inside each other, from the root to a leaf.
pub(crate) const DEPTH_MAX: usize = 12;
/// The same where the root selects nothing but introspection; the standard introspection query is
/// 15 deep.
pub(crate) const INTROSPECTION_DEPTH_MAX: usize = 16;
/// [`INTROSPECTION_LISTS`] inside each other. Two is what graphql-js's rule `MaxIntrospectionDepth`
/// lets pass; the standard introspection query needs one.
pub(crate) const INTROSPECTION_LISTS_MAX: usize = 2;
/// Fields of introspection that answer with lists and lead back to types: each inside another
/// multiplies the answer.
const INTROSPECTION_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];
/// Descriptions of the schema in one operation: each can be a megabyte. The standard query asks once.
pub(crate) const INTROSPECTIONS_MAX: usize = 3;
/// Aliases of a document, fragments expanded.
pub(crate) const ALIASES_MAX: usize = 30;
/// Root fields of a query or a subscription, fragments expanded.
pub(crate) const ROOT_FIELDS_MAX: usize = 20;
/// Root fields of a mutation, fragments expanded.
pub(crate) const MUTATIONS_MAX: usize = 5;

/// The operation that is to run, and what is known of it before it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inspected<'a> {
    /// The chosen operation.
    pub(crate) operation: &'a OperationDefinition,
    /// Its name, if it has one.
    pub(crate) name: Option<&'a str>,
    /// How many fields it has at its root, fragments expanded.
    pub(crate) root_fields: usize,
}

/// Measures a parsed document and chooses the operation to run.
///
/// Everything in the document is measured, also what is not going to run: the library's validation
/// walks it all.
pub(crate) fn inspect<'a>(
    document: &'a ExecutableDocument,
    operation_name: Option<&str>,
) -> Result<Inspected<'a>, Rejection> {
    if document.fragments.len() > FRAGMENTS_MAX {
        return Err(Rejection::TooManyFragments);
    }
    let mut measures = Measures {
        document,
        of_fragments: HashMap::new(),
    };
    for name in document.fragments.keys() {
        measures.fragment(name, 0)?;
    }
    let mut total = Size::default();
    for (_, operation) in document.operations.iter() {
        let size = measures.selection_set(&operation.node.selection_set.node, 0)?;
        check_operation(operation.node.ty, size)?;
        total.selections += size.selections;
        total.aliases += size.aliases;
    }
    check_total(total)?;

    let (name, operation) = choose(&document.operations, operation_name)?;
    let root_fields = measures
        .selection_set(&operation.node.selection_set.node, 0)?
        .width;
    Ok(Inspected {
        operation: &operation.node,
        name,
        root_fields,
    })
}

fn check_operation(kind: OperationType, size: Size) -> Result<(), Rejection> {
    let depth_max = if size.beyond_introspection == 0 {
        INTROSPECTION_DEPTH_MAX
    } else {
        DEPTH_MAX
    };
    if size.depth > depth_max {
        return Err(Rejection::TooDeep(depth_max));
    }
    let root_fields_max = match kind {
        OperationType::Mutation => MUTATIONS_MAX,
        OperationType::Query | OperationType::Subscription => ROOT_FIELDS_MAX,
    };
    if size.width > root_fields_max {
        return Err(Rejection::TooManyRootFields(root_fields_max));
    }
    if size.introspections > INTROSPECTIONS_MAX {
        return Err(Rejection::TooManyIntrospections);
    }
    Ok(())
}

fn check_total(size: Size) -> Result<(), Rejection> {
    if size.levels > LEVELS_MAX + 1 {
        return Err(Rejection::TooManyLevels);
    }
    if size.selections > SELECTIONS_MAX {
        return Err(Rejection::TooManySelections);
    }
    if size.aliases > ALIASES_MAX {
        return Err(Rejection::TooManyAliases);
    }
    Ok(())
}

fn choose<'a>(
    operations: &'a DocumentOperations,
    wanted: Option<&str>,
) -> Result<(Option<&'a str>, &'a Positioned<OperationDefinition>), Rejection> {
    let mut named = operations
        .iter()
        .filter(|(name, _)| wanted.is_none() || name.map(Name::as_str) == wanted);
    let (name, operation) = named.next().ok_or(Rejection::OperationUnknown)?;
    if named.next().is_some() {
        return Err(Rejection::OperationNameMissing);
    }
    Ok((name.map(Name::as_str), operation))
}

/// What a selection set amounts to once its fragments are expanded.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    selections: usize,
    /// Selection sets and fragments inside each other.
    levels: usize,
    /// Fields inside each other.
    depth: usize,
    aliases: usize,
    /// Fields at its top.
    width: usize,
    /// Fields at its top that are not introspection.
    beyond_introspection: usize,
    /// `__schema` and `__type`, at its top.
    introspections: usize,
    /// [`INTROSPECTION_LISTS`] inside each other.
    introspection_lists: usize,
}

struct Measures<'a> {
    document: &'a ExecutableDocument,
    /// Nothing while a fragment is being measured: to meet it again then is a cycle.
    of_fragments: HashMap<&'a str, Option<Size>>,
}

impl<'a> Measures<'a> {
    fn selection_set(&mut self, set: &'a SelectionSet, level: usize) -> Result<Size, Rejection> {
        // The sum below says the same, but only after a descent that could overflow the stack.
        if level > LEVELS_MAX + 1 {
            return Err(Rejection::TooManyLevels);
        }
        let mut size = Size::default();
        for selection in &set.items {
            let inner = match &selection.node {
                Selection::Field(field) => self.field(&field.node, level)?,
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, level + 1)?
                }
                Selection::InlineFragment(inline) => {
                    self.selection_set(&inline.node.selection_set.node, level + 1)?
                }
            };
            size.selections += 1 + inner.selections;
            size.levels = size.levels.max(1 + inner.levels);
            size.depth = size.depth.max(inner.depth);
            size.aliases += inner.aliases;
            size.width += inner.width;
            size.beyond_introspection += inner.beyond_introspection;
            size.introspections += inner.introspections;
            size.introspection_lists = size.introspection_lists.max(inner.introspection_lists);
            // Checked as it grows, so that the sums cannot overflow.
            check_total(size)?;
        }
        Ok(size)
    }

    fn field(&mut self, field: &'a Field, level: usize) -> Result<Size, Rejection> {
        let below = self.selection_set(&field.selection_set.node, level + 1)?;
        let name = field.name.node.as_str();
        let is_introspection = matches!(name, "__schema" | "__type");
        if is_introspection && below.introspection_lists > INTROSPECTION_LISTS_MAX {
            return Err(Rejection::TooManyIntrospectionLists);
        }
        Ok(Size {
            depth: below.depth + 1,
            aliases: below.aliases + usize::from(field.alias.is_some()),
            width: 1,
            beyond_introspection: usize::from(!name.starts_with("__")),
            introspections: usize::from(is_introspection),
            introspection_lists: below.introspection_lists
                + usize::from(INTROSPECTION_LISTS.contains(&name)),
            ..below
        })
    }

    fn fragment(&mut self, name: &str, level: usize) -> Result<Size, Rejection> {
        // A spread of nothing is for validation to report.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Size::default());
        };
        match self.of_fragments.get(name.as_str()) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Rejection::FragmentCycle),
            None => self.of_fragments.insert(name, None),
        };
        let size = self.selection_set(&fragment.node.selection_set.node, level)?;
        self.of_fragments.insert(name, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::guard::parse;

    fn refused(document: &str) -> Option<Rejection> {
        let parsed = parse(document).expect("parses");
        inspect(&parsed, None).err()
    }

    #[test]
    fn depth_counts_fields_through_fragments() {
        let chain = |depth: usize| format!("{}a{}", "a{".repeat(depth - 1), "}".repeat(depth - 1));
        assert_eq!(refused(&format!("{{{}}}", chain(DEPTH_MAX))), None);
        assert_eq!(
            refused(&format!("{{{}}}", chain(DEPTH_MAX + 1))),
            Some(Rejection::TooDeep(DEPTH_MAX))
        );
        let split = format!(
            "{{ a {{ ...F }} }} fragment F on T {{ {} }}",
            chain(DEPTH_MAX)
        );
        assert_eq!(refused(&split), Some(Rejection::TooDeep(DEPTH_MAX)));
    }

    #[test]
    fn introspection_alone_may_go_deeper() {
        let chain = |depth: usize| format!("{}a{}", "a{".repeat(depth - 1), "}".repeat(depth - 1));
        let deep = chain(INTROSPECTION_DEPTH_MAX - 1);
        assert_eq!(refused(&format!("{{ __schema {{ {deep} }} }}")), None);
        assert_eq!(
            refused(&format!("{{ viewer __schema {{ {deep} }} }}")),
            Some(Rejection::TooDeep(DEPTH_MAX))
        );
        let deeper = chain(INTROSPECTION_DEPTH_MAX);
        assert_eq!(
            refused(&format!("{{ __schema {{ {deeper} }} }}")),
            Some(Rejection::TooDeep(INTROSPECTION_DEPTH_MAX))
        );
    }

    #[test]
    fn aliases_and_root_fields_are_counted_through_fragments() {
        let aliases = |count: usize| {
            (0..count)
                .map(|n| format!(" a{n}:b"))
                .collect::<Vec<_>>()
                .concat()
        };
        let ten = aliases(10);
        let spread = |count: usize| {
            format!(
                "{{ {} }} fragment F on T {{ x {{ {ten} }} }}",
                "...F ".repeat(count)
            )
        };
        assert_eq!(refused(&spread(3)), None);
        assert_eq!(refused(&spread(4)), Some(Rejection::TooManyAliases));

        assert_eq!(
            refused(&format!("{{ {} }}", "b ".repeat(ROOT_FIELDS_MAX))),
            None
        );
        assert_eq!(
            refused(&format!("{{ {} }}", "b ".repeat(ROOT_FIELDS_MAX + 1))),
            Some(Rejection::TooManyRootFields(ROOT_FIELDS_MAX))
        );
        assert_eq!(refused("mutation { a b c d e }"), None);
        assert_eq!(
            refused("mutation { ...M ...M } fragment M on Mutation { a b c }"),
            Some(Rejection::TooManyRootFields(MUTATIONS_MAX))
        );
    }

    #[test]
    fn the_schema_is_not_told_again_and_again() {
        let asked = |count: usize| {
            let fields = (0..count).map(|n| format!("a{n}: __schema {{ types {{ name }} }} "));
            format!("{{ {} }}", fields.collect::<String>())
        };
        assert_eq!(refused(&asked(INTROSPECTIONS_MAX)), None);
        assert_eq!(
            refused(&asked(INTROSPECTIONS_MAX + 1)),
            Some(Rejection::TooManyIntrospections)
        );
    }

    #[test]
    fn the_operation_is_chosen_by_name() {
        let two = parse("query A { a } mutation B { b }").expect("parses");
        assert_eq!(
            inspect(&two, Some("B")).expect("found").operation.ty,
            OperationType::Mutation
        );
        assert_eq!(
            inspect(&two, None).err(),
            Some(Rejection::OperationNameMissing)
        );
        assert_eq!(
            inspect(&two, Some("C")).err(),
            Some(Rejection::OperationUnknown)
        );
        assert_eq!(
            inspect(&two, Some("")).err(),
            Some(Rejection::OperationUnknown)
        );

        let unnamed = parse("{ a }").expect("parses");
        assert_eq!(inspect(&unnamed, None).expect("found").name, None);
        assert_eq!(
            inspect(&unnamed, Some("A")).err(),
            Some(Rejection::OperationUnknown)
        );
        let named = parse("query A { a }").expect("parses");
        assert_eq!(inspect(&named, None).expect("found").name, Some("A"));
    }
}
