//! A row of another product, taken apart.

use serde_json::{Map, Value};

pub(super) struct Row(pub(super) Map<String, Value>);

impl Row {
    /// A text that says something; a number as its digits. The first of these names that the row has.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| plain(self.0.get(*name)?))
    }

    pub(super) fn require(&self, names: &[&str]) -> Result<String, String> {
        let text = self.text(names);
        text.ok_or_else(|| {
            format!(
                "{}: is required",
                names.first().copied().unwrap_or_default()
            )
        })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// An object in the row.
    pub(super) fn within(&self, name: &str) -> Option<Self> {
        let fields = self.0.get(name)?.as_object()?;
        Some(Self(fields.clone()))
    }

    /// A list of objects in the row.
    pub(super) fn rows(&self, name: &str) -> Vec<Self> {
        let items = self.0.get(name).and_then(Value::as_array);
        let items = items.into_iter().flatten();
        let objects = items.filter_map(|item| item.as_object().cloned());
        objects.map(Self).collect()
    }

    /// A list of texts, or one text with `,` or `;` between the items.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(items)) => items.iter().filter_map(plain).collect(),
            Some(Value::String(text)) => {
                let items = text.split([',', ';']).map(str::trim);
                items
                    .filter(|item| !item.is_empty())
                    .map(str::to_owned)
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// A time as ours are written: where seconds are missing they are 0.
    pub(super) fn time(&self, names: &[&str]) -> Option<String> {
        let text = self.text(names)?;
        let is_short = text.len() == "2026-03-02 09:14".len() && text.matches(':').count() == 1;
        Some(if is_short { format!("{text}:00") } else { text })
    }

    /// Yes or no; none where the row says nothing. What is neither is refused: it decides who may read something.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        if let Some(Value::Bool(flag)) = self.0.get(name) {
            return Ok(Some(*flag));
        }
        let Some(text) = self.text(&[name]) else {
            return Ok(None);
        };
        match text.to_lowercase().as_str() {
            "true" | "t" | "1" | "yes" | "y" => Ok(Some(true)),
            "false" | "f" | "0" | "no" | "n" => Ok(Some(false)),
            _ => Err(format!("{name}: is neither true nor false")),
        }
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
