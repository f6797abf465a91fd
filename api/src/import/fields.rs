//! Takes the fields of one row one by one, and gathers what is wrong with them, each by its name.

use entity::json::{CustomField, CustomFields};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::when::When;
use crate::text::{self, TextError};

/// Between the items of a list that is written as one text.
const LIST_SEPARATOR: char = ';';
/// How large custom fields, or the context of an application, may be as JSON.
const OBJECT_BYTES_MAX: usize = 16 * 1024;

/// What is left of a row while its fields are taken.
pub(super) struct Fields {
    values: Map<String, Value>,
    errors: Vec<String>,
}

impl Fields {
    pub(super) fn new(mut values: Map<String, Value>) -> Self {
        values.retain(|_, value| !value.is_null());
        Self {
            values,
            errors: Vec::new(),
        }
    }

    /// Fails with everything that was wrong, a field that nobody took included.
    pub(super) fn finish<T>(mut self, record: Option<T>) -> Result<T, String> {
        for name in self.values.keys() {
            self.errors.push(format!("{name}: there is no such field"));
        }
        match record {
            Some(record) if self.errors.is_empty() => Ok(record),
            _ => Err(self.errors.join("; ")),
        }
    }

    /// Takes a field that says nothing here.
    pub(super) fn pass_over(&mut self, name: &str) {
        self.values.remove(name);
    }

    pub(super) fn refuse(&mut self, name: &str, reason: &str) {
        self.errors.push(format!("{name}: {reason}"));
    }

    pub(super) fn require<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        let known = self
            .errors
            .iter()
            .any(|error| error.starts_with(&format!("{name}: ")));
        if value.is_none() && !known {
            self.refuse(name, "is required");
        }
        value
    }

    /// A text of many lines.
    pub(super) fn text(&mut self, name: &str, chars_max: usize) -> Option<String> {
        self.clean(name, |text| text::clean_body(text, chars_max))
    }

    /// A text of one line.
    pub(super) fn line(&mut self, name: &str, chars_max: usize) -> Option<String> {
        self.clean(name, |text| text::clean_line(text, chars_max))
    }

    /// A text in the form that `clean` gives it; an empty one counts as absent, a number as its digits.
    pub(super) fn clean(
        &mut self,
        name: &str,
        clean: impl Fn(&str) -> Result<String, TextError>,
    ) -> Option<String> {
        let text = match self.values.remove(name)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::Null => {
                self.refuse(name, "is not a text");
                return None;
            }
        };
        self.cleaned(name, clean(&text))
    }

    /// One of the words that a type knows.
    pub(super) fn word<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let word = self.text(name, 64)?;
        match serde_json::from_value(Value::String(word)) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(name, &error.to_string());
                None
            }
        }
    }

    pub(super) fn number(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<i16>,
    ) -> Option<i16> {
        let text = self.text(name, 64)?;
        match text.parse() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                self.refuse(
                    name,
                    &format!("is not a number from {} to {}", range.start(), range.end()),
                );
                None
            }
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.values.remove(name)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
            _ => {
                self.refuse(name, "is neither true nor false");
                None
            }
        }
    }

    pub(super) fn when(&mut self, name: &str) -> Option<When> {
        let text = self.text(name, 64)?;
        let when = When::parse(&text);
        if when.is_none() {
            self.refuse(name, "is not a time such as 2026-03-02T09:14:00Z or -3d4h");
        }
        when
    }

    /// A list of texts, or one text with `;` between the items; each item once.
    pub(super) fn list(
        &mut self,
        name: &str,
        items_max: usize,
        clean: impl Fn(&str) -> Result<String, TextError>,
    ) -> Option<Vec<String>> {
        let items: Vec<Value> = match self.values.remove(name)? {
            Value::Array(items) => items,
            Value::String(text) => text.split(LIST_SEPARATOR).map(Value::from).collect(),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) | Value::Null => {
                self.refuse(name, "is not a list");
                return None;
            }
        };
        let mut texts: Vec<String> = Vec::new();
        for item in items {
            let Value::String(item) = item else {
                self.refuse(name, "is not a list of texts");
                return None;
            };
            if let Some(item) = self
                .cleaned(name, clean(&item))
                .filter(|item| !texts.contains(item))
            {
                texts.push(item);
            }
        }
        if texts.len() > items_max {
            self.refuse(name, &format!("has more than {items_max} items"));
            return None;
        }
        Some(texts)
    }

    /// A list of objects, each read by `read`; what is wrong in one is told with its place.
    pub(super) fn objects<T>(
        &mut self,
        name: &str,
        items_max: usize,
        read: fn(Self) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let value = self.values.remove(name)?;
        let Value::Array(items) = value else {
            self.refuse(name, "is not a list");
            return None;
        };
        if items.len() > items_max {
            self.refuse(name, &format!("has more than {items_max} items"));
            return None;
        }
        let mut all = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let read = match item {
                Value::Object(values) => read(Self::new(values)),
                _ => Err("is not an object".to_owned()),
            };
            match read {
                Ok(item) => all.push(item),
                Err(reason) => self.refuse(&format!("{name}[{index}]"), &reason),
            }
        }
        Some(all)
    }

    /// An object of simple values, written whole or as columns `name.key`.
    pub(super) fn custom(
        &mut self,
        name: &str,
        fields_max: usize,
        key_chars_max: usize,
    ) -> Option<CustomFields> {
        let object = self.object(name)?;
        let mut all = Vec::new();
        for (key, value) in object {
            if !is_simple(&value) {
                self.refuse(
                    &format!("{name}.{key}"),
                    "is not a text, a number, a boolean or a list of texts",
                );
            } else if key.is_empty() || key.chars().count() > key_chars_max {
                self.refuse(name, "has a name that is empty or too long");
            } else {
                all.push(CustomField { key, value });
            }
        }
        if all.len() > fields_max {
            self.refuse(name, &format!("has more than {fields_max} fields"));
        }
        Some(CustomFields(all))
    }

    /// A value of a structured type, written whole or as columns `name.key`.
    pub(super) fn structure<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let object = self.object(name)?;
        match serde_json::from_value(Value::Object(object)) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(name, &error.to_string());
                None
            }
        }
    }

    /// The fields of a nested object, to be taken in turn.
    pub(super) fn nested<T>(
        &mut self,
        name: &str,
        read: fn(Self) -> Result<T, String>,
    ) -> Option<T> {
        match read(Self::new(self.object(name)?)) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.refuse(name, &reason);
                None
            }
        }
    }

    fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        let mut object = match self.values.remove(name) {
            Some(Value::Object(object)) => object,
            Some(_) => {
                self.refuse(name, "is not an object");
                return None;
            }
            None => Map::new(),
        };
        let prefix = format!("{name}.");
        let columns: Vec<String> = self
            .values
            .keys()
            .filter(|key| key.starts_with(&prefix))
            .cloned()
            .collect();
        for column in columns {
            if let Some(value) = self.values.remove(&column) {
                object.insert(column[prefix.len()..].to_owned(), value);
            }
        }
        let value = Value::Object(object);
        let json = value.to_string();
        if json.len() > OBJECT_BYTES_MAX {
            self.refuse(
                name,
                &format!("is larger than {} KiB", OBJECT_BYTES_MAX / 1024),
            );
            return None;
        }
        if json.contains("\\u0000") {
            self.refuse(name, "contains a NUL character");
            return None;
        }
        match value {
            Value::Object(object) if !object.is_empty() => Some(object),
            _ => None,
        }
    }

    fn cleaned(&mut self, name: &str, cleaned: Result<String, TextError>) -> Option<String> {
        match cleaned {
            Ok(text) => Some(text),
            Err(TextError::Empty) => None,
            Err(error) => {
                self.refuse(name, &error.to_string());
                None
            }
        }
    }
}

fn is_simple(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(Value::is_string),
        Value::Object(_) => false,
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => true,
    }
}
