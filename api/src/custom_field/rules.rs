//! What a custom field can hold, and what follows from it: pure.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{
    custom_field::{self, Kind},
    json::{CustomField, CustomFields, FieldChange, FieldFact, Fields, Number},
};
use serde_json::Value;

use crate::{
    actor::Actor,
    directory, policy,
    refusal::{FieldWhy, Refusal},
    text::{self, TextError},
};

/// A text field's characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// Numbers are exact to six decimals between minus and plus this: what fits into 15 digits, which both
/// databases, JSON and clients read alike.
const NUMBER_MAX: f64 = 1e9;
const DECIMALS_MAX: usize = 6;

/// Fields by key.
pub type Definitions = directory::Fields;

/// A ticket's values after `given`, and all that is wrong with these. A desk that has defined no field
/// takes any key and value.
pub fn apply(
    definitions: &Definitions,
    actor: &Actor,
    has: &CustomFields,
    given: &[CustomField],
) -> Result<CustomFields, Vec<Refusal>> {
    let mut values = has.0.clone();
    let mut refusals = Vec::new();
    for (index, field) in given.iter().enumerate() {
        let old = values.iter().position(|value| value.key == field.key);
        let value = match definitions.get(&field.key) {
            None if definitions.is_empty() || old.is_some() && field.value.is_null() => {
                Ok(field.value.clone())
            }
            None => Err(("key", FieldWhy::Unknown)),
            Some(definition) => {
                let held = old.map(|place| &values[place].value);
                check(definition, actor, held, &field.value)
            }
        };
        match (value, old) {
            (Err((part, why)), _) => refusals.push(Refusal::CustomField {
                path: format!("customFields.{index}.{part}"),
                why,
            }),
            (Ok(Value::Null), Some(place)) => drop(values.remove(place)),
            (Ok(Value::Null), None) => {}
            (Ok(value), Some(place)) => values[place].value = value,
            (Ok(value), None) => values.push(CustomField {
                key: field.key.clone(),
                value,
            }),
        }
    }
    if refusals.is_empty() {
        Ok(CustomFields(values))
    } else {
        Err(refusals)
    }
}

type Fault = (&'static str, FieldWhy);

/// Whether the actor may set a field to this; the value as it is stored. What it holds already stays
/// good.
fn check(
    definition: &custom_field::Model,
    actor: &Actor,
    held: Option<&Value>,
    value: &Value,
) -> Result<Value, Fault> {
    if !policy::sees_custom_field(actor, definition) {
        return Err(("key", FieldWhy::Unknown));
    }
    if !policy::fills_custom_field(actor, definition) {
        return Err(("key", FieldWhy::Forbidden));
    }
    if value.is_null() || Some(value) == held {
        return Ok(value.clone());
    }
    if definition.archived_at.is_some() {
        return Err(("key", FieldWhy::Archived));
    }
    of_kind(definition, held, value).map_err(|why| ("value", why))
}

/// The value in the form in which it is stored.
fn of_kind(
    definition: &custom_field::Model,
    held: Option<&Value>,
    value: &Value,
) -> Result<Value, FieldWhy> {
    let wrong = FieldWhy::NotOfType(definition.kind);
    match (definition.kind, value) {
        (Kind::Text, Value::String(given)) => {
            let cleaned = text::clean_body(given, TEXT_CHARS_MAX);
            cleaned.map(Value::String).map_err(fault_of_text)
        }
        (Kind::Number, Value::Number(number)) => {
            let is_good = number.as_f64().is_some_and(is_exact);
            is_good.then(|| value.clone()).ok_or(FieldWhy::Number)
        }
        (Kind::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (Kind::Date, Value::String(given)) => date(given).ok_or(wrong),
        (Kind::Choice, Value::String(given)) => choose(definition, held, given).map(Value::String),
        (Kind::Choices, Value::Array(given)) if !given.is_empty() => {
            let given = given.iter().map(|one| one.as_str().ok_or(wrong.clone()));
            let mut seen = BTreeSet::new();
            let chosen = given.map(|one| choose(definition, held, one?));
            let chosen: Vec<String> = chosen.collect::<Result<_, _>>()?;
            let chosen = chosen.into_iter().filter(|one| seen.insert(one.clone()));
            Ok(chosen.collect())
        }
        _ => Err(wrong),
    }
}

const fn fault_of_text(error: TextError) -> FieldWhy {
    match error {
        TextError::Empty => FieldWhy::Empty,
        TextError::TooLong { max } => FieldWhy::TooLong { max },
        TextError::Control | TextError::Email | TextError::Url => FieldWhy::ControlCharacter,
    }
}

fn is_exact(number: f64) -> bool {
    let text = number.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, after)| after.len());
    number.abs() <= NUMBER_MAX && decimals <= DECIMALS_MAX
}

/// A date of four-digit years, so that dates as texts stand in their order.
fn date(given: &str) -> Option<Value> {
    let is_plain = given.len() == "2026-01-01".len();
    let date: NaiveDate = given.parse().ok().filter(|_| is_plain)?;
    Some(Value::String(date.to_string()))
}

/// An archived choice can stay, and cannot be made.
fn choose(
    definition: &custom_field::Model,
    held: Option<&Value>,
    given: &str,
) -> Result<String, FieldWhy> {
    let choice = definition
        .choices
        .0
        .iter()
        .find(|choice| choice.key == given);
    let choice = choice.ok_or(FieldWhy::UnknownChoice)?;
    let is_held = held.is_some_and(|held| items(held).any(|item| item == given));
    if choice.is_archived && !is_held {
        return Err(FieldWhy::ArchivedChoice);
    }
    Ok(choice.key.clone())
}

fn items(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().into_iter().flatten();
    many.chain(Some(value)).filter_map(Value::as_str)
}

/// Whether a value that is stored is one of this field's: others are older than the field.
pub fn fits(definition: &custom_field::Model, value: &Value) -> bool {
    of_kind(definition, Some(value), value).is_ok()
}

/// What filters look at: the values of defined fields; of texts only that there is one.
pub fn facts_of(definitions: &Definitions, values: &CustomFields) -> Fields {
    let facts = values.0.iter().filter_map(|field| {
        let definition = definitions.get(&field.key)?;
        let fact = fact(definition.kind, &field.value);
        fits(definition, &field.value).then(|| (field.key.clone(), fact))
    });
    Fields(facts.collect())
}

fn fact(kind: Kind, value: &Value) -> FieldFact {
    let number = value.as_f64().and_then(Number::of);
    let items = match (kind, value) {
        (Kind::Text | Kind::Number, _) => Vec::new(),
        (_, Value::Bool(is_true)) => vec![is_true.to_string()],
        (_, value) => items(value).map(str::to_owned).collect(),
    };
    FieldFact { items, number }
}

/// What is missing for solving, of what the actor may fill.
pub fn missing(definitions: &Definitions, actor: &Actor, values: &CustomFields) -> Vec<Refusal> {
    let is_missing = |field: &&custom_field::Model| {
        let is_there = |value: &CustomField| value.key == field.key && fits(field, &value.value);
        field.is_required
            && field.archived_at.is_none()
            && policy::fills_custom_field(actor, field)
            && !values.0.iter().any(is_there)
    };
    let missing = definitions.values().filter(is_missing);
    missing
        .map(|field| Refusal::CustomField {
            path: format!("customFields.{}", field.key),
            why: FieldWhy::Required {
                label_en: field.label_en.clone(),
                label_fr: field.label_fr.clone(),
            },
        })
        .collect()
}

/// What a change made of defined fields, by whether requesters may know, and whether it changed others.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub internal: Vec<FieldChange>,
    pub public: Vec<FieldChange>,
    pub is_undefined: bool,
}

impl Changed {
    /// Whether nothing of a defined field is different.
    pub const fn is_empty(&self) -> bool {
        self.internal.is_empty() && self.public.is_empty()
    }
}

/// What is different after a change.
pub fn changed(definitions: &Definitions, before: &CustomFields, after: &CustomFields) -> Changed {
    let value_in = |fields: &CustomFields, key: &str| {
        let field = fields.0.iter().find(|field| field.key == key);
        field.map(|field| field.value.clone())
    };
    let keys: BTreeSet<&str> = before
        .0
        .iter()
        .chain(&after.0)
        .map(|field| field.key.as_str())
        .collect();
    let mut changed = Changed::default();
    for key in keys {
        let (old, new) = (value_in(before, key), value_in(after, key));
        if old == new {
            continue;
        }
        let change = FieldChange {
            key: key.to_owned(),
            before: old,
            after: new,
        };
        match definitions.get(key) {
            None => changed.is_undefined = true,
            Some(field) if policy::is_internal_field(field) => changed.internal.push(change),
            Some(_) => changed.public.push(change),
        }
    }
    changed
}

/// The keys of the fields that an actor can search in: those that they see, and that have words.
pub fn searched(definitions: &Definitions, actor: &Actor) -> Vec<String> {
    let is_searched = |field: &&custom_field::Model| {
        matches!(field.kind, Kind::Text | Kind::Choice | Kind::Choices)
            && policy::sees_custom_field(actor, field)
    };
    let fields = definitions.values().filter(is_searched);
    fields.map(|field| field.key.clone()).collect()
}

/// The values that the actor may see, in the order of their keys where they are of defined fields.
pub fn visible_values<'a>(
    definitions: &'a Definitions,
    actor: &Actor,
    values: &'a CustomFields,
) -> Vec<&'a CustomField> {
    let is_visible = |field: &&CustomField| {
        let definition = definitions.get(&field.key);
        definition.is_none_or(|field| policy::sees_custom_field(actor, field))
    };
    values.0.iter().filter(is_visible).collect()
}
