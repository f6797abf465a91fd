//! The schema against the core that clients are written for, and against the rule that everything
//! in it is described.

use std::collections::BTreeSet;

use async_graphql::parser::{
    parse_schema,
    types::{
        FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
    },
};

/// What this project's clients rely on, written by hand and never generated.
const CORE: &str = include_str!("core.graphql");

#[test]
fn all_of_the_core_is_there_with_the_same_types() {
    let ours = facts(&guichet::schema::sdl());
    let missing: Vec<String> = facts(CORE).difference(&ours).cloned().collect();
    assert!(
        missing.is_empty(),
        "the schema lacks:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_type_that_the_core_names_is_there() {
    let ours: BTreeSet<String> = types(&guichet::schema::sdl())
        .iter()
        .map(|ty| ty.name.node.to_string())
        .collect();
    let built_in = ["Int", "Float", "String", "Boolean", "ID"];
    let words = CORE
        .lines()
        .map(|line| line.split_once('#').map_or(line, |(code, _)| code))
        .flat_map(|line| line.split(": ").skip(1))
        .filter_map(|after| {
            after
                .split(|next: char| !next.is_alphanumeric() && !"[".contains(next))
                .next()
        })
        .map(|word| word.trim_start_matches('['))
        .filter(|word| word.starts_with(char::is_uppercase) && !built_in.contains(word));
    let missing: BTreeSet<&str> = words.filter(|word| !ours.contains(*word)).collect();
    assert!(missing.is_empty(), "the schema lacks {missing:?}");
}

/// The core spells one connection and one payload; the others follow.
#[test]
fn connections_and_payloads_follow_one_pattern() {
    let ours = facts(&guichet::schema::sdl());
    let mut breaks = Vec::new();
    for ty in types(&guichet::schema::sdl()) {
        let name = ty.name.node.as_str();
        let wanted = if let Some(node) = name.strip_suffix("Connection") {
            vec![
                format!("{name}.edges: [{node}Edge!]!"),
                format!("{name}.nodes: [{node}!]!"),
                format!("{name}.pageInfo: PageInfo!"),
                format!("{name}.totalCount: Int!"),
                format!("{node}Edge.cursor: String!"),
                format!("{node}Edge.node: {node}!"),
            ]
        } else if name.ends_with("Payload") {
            vec![format!("{name}.userErrors: [UserError!]!")]
        } else {
            Vec::new()
        };
        breaks.extend(wanted.into_iter().filter(|fact| !ours.contains(fact)));
    }
    for mutation in ours
        .iter()
        .filter_map(|fact| fact.strip_prefix("Mutation."))
    {
        if !mutation.contains('(') && !mutation.ends_with("Payload!") {
            breaks.push(format!("Mutation.{mutation} gives no payload"));
        }
    }
    assert!(breaks.is_empty(), "{}", breaks.join("\n"));
}

/// Arguments that the core does not know must be optional, or its documents would not run.
#[test]
fn nothing_more_is_required_than_the_core_says() {
    let core = facts(CORE);
    let knows = |path: &str| {
        core.iter()
            .any(|fact| fact.starts_with(&format!("{path}: ")))
    };
    let mut required = Vec::new();
    for ty in types(&guichet::schema::sdl()) {
        let name = &ty.name.node;
        for (path, value) in inputs(&ty) {
            let field = path
                .split_once('(')
                .map_or(name.as_str(), |(field, _)| field);
            let is_in_core = core
                .iter()
                .any(|fact| fact.starts_with(&format!("{field}: ")) || fact == field);
            let is_required = !value.ty.node.nullable && value.default_value.is_none();
            if is_in_core && is_required && !knows(&path) {
                required.push(path);
            }
        }
    }
    assert!(
        required.is_empty(),
        "required, and unknown to the core:\n{}",
        required.join("\n")
    );
}

#[test]
fn everything_is_described() {
    let mut silent = Vec::new();
    for ty in types(&guichet::schema::sdl()) {
        let name = &ty.name.node;
        let mut note = |path: String, description: Option<&str>| {
            if description.is_none_or(|text| text.trim().is_empty()) {
                silent.push(path);
            }
        };
        note(
            name.to_string(),
            ty.description.as_ref().map(|text| text.node.as_str()),
        );
        for field in fields(&ty) {
            let description = field.description.as_ref().map(|text| text.node.as_str());
            note(format!("{name}.{}", field.name.node), description);
        }
        for (path, input) in inputs(&ty)
            .into_iter()
            .filter(|(path, _)| !is_only_input(path))
        {
            note(
                path,
                input.description.as_ref().map(|text| text.node.as_str()),
            );
        }
        if let TypeKind::Enum(found) = &ty.kind {
            for value in &found.values {
                let description = value
                    .node
                    .description
                    .as_ref()
                    .map(|text| text.node.as_str());
                note(format!("{name}.{}", value.node.value.node), description);
            }
        }
    }
    assert!(silent.is_empty(), "not described:\n{}", silent.join("\n"));
}

/// A mutation's one argument; its type says what it is.
fn is_only_input(path: &str) -> bool {
    path.starts_with("Mutation.") && path.ends_with("(input)")
}

fn types(sdl: &str) -> Vec<TypeDefinition> {
    let definitions = parse_schema(sdl).unwrap().definitions.into_iter();
    let types = definitions.filter_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) => Some(ty.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    types.collect()
}

fn fields(ty: &TypeDefinition) -> Vec<&FieldDefinition> {
    let fields = match &ty.kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => {
            return Vec::new();
        }
    };
    fields.iter().map(|field| &field.node).collect()
}

/// Arguments as `Type.field(argument)`, fields of input objects as `Input.field`.
fn inputs(ty: &TypeDefinition) -> Vec<(String, &InputValueDefinition)> {
    let name = &ty.name.node;
    if let TypeKind::InputObject(input) = &ty.kind {
        let fields = input.fields.iter().map(|field| &field.node);
        return fields
            .map(|field| (format!("{name}.{}", field.name.node), field))
            .collect();
    }
    let mut arguments = Vec::new();
    for field in fields(ty) {
        for argument in field.arguments.iter().map(|argument| &argument.node) {
            arguments.push((
                format!("{name}.{}({})", field.name.node, argument.name.node),
                argument,
            ));
        }
    }
    arguments
}

/// Everything that a schema says, a line each.
fn facts(sdl: &str) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    for ty in types(sdl) {
        let name = &ty.name.node;
        facts.insert(name.to_string());
        facts.extend(
            ty.directives
                .iter()
                .filter(|used| used.node.name.node == "oneOf")
                .map(|_| format!("{name} @oneOf")),
        );
        facts.extend(
            fields(&ty)
                .iter()
                .map(|field| format!("{name}.{}: {}", field.name.node, field.ty.node)),
        );
        facts.extend(inputs(&ty).iter().map(|(path, input)| {
            let default = input
                .default_value
                .as_ref()
                .map(|value| format!(" = {}", value.node));
            format!("{path}: {}{}", input.ty.node, default.unwrap_or_default())
        }));
        match &ty.kind {
            TypeKind::Object(object) => {
                facts.extend(
                    object
                        .implements
                        .iter()
                        .map(|interface| format!("{name} implements {}", interface.node)),
                );
            }
            TypeKind::Union(union) => {
                facts.extend(
                    union
                        .members
                        .iter()
                        .map(|member| format!("{name} includes {}", member.node)),
                );
            }
            TypeKind::Enum(found) => {
                facts.extend(
                    found
                        .values
                        .iter()
                        .map(|value| format!("{name}.{}", value.node.value.node)),
                );
            }
            TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::InputObject(_) => {}
        }
    }
    facts
}
