//! Makes the rows of a foreign file ours: columns renamed, constants filled in, values translated.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};

/// In a translation, the value that stands for every other one.
const ANY: &str = "*";

/// What is done to every row before it is read as a record.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Fields and the columns they are read from.
    pub columns: Vec<Assignment>,
    /// Fields and the value they have where the row has none.
    pub constants: Vec<Assignment>,
    pub translations: Vec<Translation>,
}

/// `FIELD=VALUE`, as an option gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub field: String,
    pub value: String,
}

/// `FIELD:FROM=TO,FROM=TO,*=TO`: other words for the values of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    pub field: String,
    pub words: BTreeMap<String, String>,
}

impl Mapping {
    /// The row with its fields under our names; a column that feeds a field is not one itself.
    pub fn apply(&self, mut row: Map<String, Value>) -> Map<String, Value> {
        let mut fields = Map::new();
        for Assignment {
            field,
            value: column,
        } in &self.columns
        {
            if let Some(value) = row.get(column) {
                fields.insert(field.clone(), value.clone());
            }
        }
        row.retain(|column, _| !self.is_source(column) && !self.is_mapped(column));
        fields.extend(row);
        for Assignment { field, value } in &self.constants {
            if !fields.contains_key(field) {
                fields.insert(field.clone(), Value::String(value.clone()));
            }
        }
        for translation in &self.translations {
            if let Some(value) = fields.get_mut(&translation.field) {
                translation.apply(value);
            }
        }
        fields
    }

    /// Whether some field is read from this column.
    pub fn is_source(&self, column: &str) -> bool {
        self.columns
            .iter()
            .any(|assignment| assignment.value == column)
    }

    /// Every field that an option names.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let assigned = self
            .columns
            .iter()
            .chain(&self.constants)
            .map(|assignment| assignment.field.as_str());
        assigned.chain(
            self.translations
                .iter()
                .map(|translation| translation.field.as_str()),
        )
    }

    fn is_mapped(&self, field: &str) -> bool {
        self.columns
            .iter()
            .any(|assignment| assignment.field == field)
    }
}

impl Translation {
    fn apply(&self, value: &mut Value) {
        let word = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
        if let Some(to) = self.words.get(&word).or_else(|| self.words.get(ANY)) {
            *value = Value::String(to.clone());
        }
    }
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((field, value)) if !field.is_empty() && !value.is_empty() => Ok(Self {
                field: field.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("write it as FIELD=VALUE".to_owned()),
        }
    }
}

impl FromStr for Translation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage = || "write it as FIELD:FROM=TO,FROM=TO".to_owned();
        let (field, pairs) = text.split_once(':').ok_or_else(usage)?;
        let words = pairs
            .split(',')
            .map(|pair| {
                pair.split_once('=')
                    .map(|(from, to)| (from.to_owned(), to.to_owned()))
            })
            .collect::<Option<BTreeMap<_, _>>>()
            .ok_or_else(usage)?;
        Ok(Self {
            field: field.to_owned(),
            words,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapping(columns: &[&str], constants: &[&str], translations: &[&str]) -> Mapping {
        Mapping {
            columns: columns.iter().map(|text| text.parse().unwrap()).collect(),
            constants: constants.iter().map(|text| text.parse().unwrap()).collect(),
            translations: translations
                .iter()
                .map(|text| text.parse().unwrap())
                .collect(),
        }
    }

    #[test]
    fn columns_are_renamed_constants_filled_in_and_values_translated() {
        let mapping = mapping(
            &[
                "subject=title",
                "levelRank=urgency",
                "customFields.urgency=urgency",
            ],
            &["channel=EMAIL", "priority=LOW"],
            &["levelRank:3=1,*=2", "priority:HIGH=URGENT"],
        );
        let row = json!({"title": "a", "urgency": "0", "subject": "lost", "priority": "HIGH"});
        let fields = mapping.apply(row.as_object().unwrap().clone());
        let expected = json!({
            "subject": "a", "levelRank": "2", "customFields.urgency": "0", "channel": "EMAIL", "priority": "URGENT",
        });
        assert_eq!(Value::Object(fields), expected);
    }

    #[test]
    fn a_number_of_json_is_translated_like_its_text_and_an_unknown_word_stays() {
        let mapping = mapping(&[], &[], &["levelRank:3=1"]);
        let apply = |row: Value| Value::Object(mapping.apply(row.as_object().unwrap().clone()));
        assert_eq!(apply(json!({"levelRank": 3})), json!({"levelRank": "1"}));
        assert_eq!(apply(json!({"levelRank": 2})), json!({"levelRank": 2}));
    }

    #[test]
    fn a_misspelt_option_is_refused() {
        for text in ["subject", "=title", "subject="] {
            assert!(text.parse::<Assignment>().is_err(), "{text}");
        }
        for text in ["level", "level:1", "level:1=2,3"] {
            assert!(text.parse::<Translation>().is_err(), "{text}");
        }
    }
}
