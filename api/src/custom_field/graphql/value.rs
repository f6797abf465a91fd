//! What a ticket's fields hold, typed.

use async_graphql::{Context, Interface, Json, Object, Result};
use chrono::NaiveDate;
use entity::{
    custom_field::{self, Kind},
    json::{CustomField as Stored, CustomFields},
    user::Locale,
};

use super::{CustomField, definition::CustomFieldChoice};
use crate::{
    custom_field::{fits, visible_values},
    graphql::{Caller, scalars::Date},
};

type Any = serde_json::Value;

/// A field of a ticket and its value.
#[derive(Interface)]
#[graphql(
    field(name = "key", ty = "String", desc = "The field's key."),
    field(
        name = "value",
        ty = "Json<Any>",
        desc = "Its value as JSON: a text, a number, true or false, a date as a text, a choice's key, or a list of these."
    ),
    field(
        name = "field",
        ty = "Option<CustomField>",
        desc = "The field; null where the desk has not defined it."
    )
)]
pub enum CustomFieldValue {
    Text(TextFieldValue),
    Number(NumberFieldValue),
    Boolean(BooleanFieldValue),
    Date(DateFieldValue),
    Choice(ChoiceFieldValue),
    Choices(ChoicesFieldValue),
    Untyped(UntypedFieldValue),
}

struct Held {
    stored: Stored,
    definition: Option<custom_field::Model>,
    locale: Locale,
}

impl Held {
    fn field(&self) -> Option<CustomField> {
        let definition = self.definition.clone()?;
        Some(CustomField::of(definition, self.locale))
    }

    fn choices(&self) -> Vec<CustomFieldChoice> {
        let known = self.definition.iter().flat_map(|field| &field.choices.0);
        let is_held = |key: &str| match &self.stored.value {
            Any::Array(items) => items.iter().any(|item| item == key),
            item => item == key,
        };
        let chosen = known.filter(|choice| is_held(&choice.key));
        chosen
            .map(|choice| CustomFieldChoice::of(choice, self.locale))
            .collect()
    }
}

/// Defines one kind of value: what is common to all, and one field of its own.
macro_rules! value {
    ($(#[$doc:meta])* $name:ident $($own:tt)*) => {
        $(#[$doc])*
        #[derive(async_graphql::Description)]
        pub struct $name(Held);

        #[Object(use_type_description)]
        impl $name {
            /// The field's key.
            pub async fn key(&self) -> String {
                self.0.stored.key.clone()
            }

            /// Its value as JSON.
            pub async fn value(&self) -> Json<Any> {
                Json(self.0.stored.value.clone())
            }

            /// The field; null where the desk has not defined it.
            pub async fn field(&self) -> Option<CustomField> {
                self.0.field()
            }

            $($own)*
        }
    };
}

value! {
    /// A text.
    TextFieldValue

    /// The text.
    async fn text(&self) -> &str {
        self.0.stored.value.as_str().unwrap_or_default()
    }
}

value! {
    /// A number.
    NumberFieldValue

    /// The number.
    async fn number(&self) -> f64 {
        self.0.stored.value.as_f64().unwrap_or_default()
    }
}

value! {
    /// True or false.
    BooleanFieldValue

    /// Which of them.
    async fn boolean(&self) -> bool {
        self.0.stored.value.as_bool().unwrap_or_default()
    }
}

value! {
    /// A day.
    DateFieldValue

    /// The day.
    async fn date(&self) -> Option<Date> {
        let text = self.0.stored.value.as_str()?;
        text.parse::<NaiveDate>().ok().map(Date)
    }
}

value! {
    /// One choice.
    ChoiceFieldValue

    /// The choice.
    async fn choice(&self) -> Option<CustomFieldChoice> {
        self.0.choices().into_iter().next()
    }
}

value! {
    /// One or more choices.
    ChoicesFieldValue

    /// The choices, in the field's order.
    async fn choices(&self) -> Vec<CustomFieldChoice> {
        self.0.choices()
    }
}

value! {
    /// A value of a field that the desk has not defined, or defined later with another type.
    UntypedFieldValue
}

impl CustomFieldValue {
    /// A value of a field that the viewer may see.
    pub fn of(stored: Stored, definition: Option<&custom_field::Model>, locale: Locale) -> Self {
        let definition = definition.filter(|field| fits(field, &stored.value));
        let held = Held {
            stored,
            definition: definition.cloned(),
            locale,
        };
        match definition.map(|field| field.kind) {
            Some(Kind::Text) => Self::Text(TextFieldValue(held)),
            Some(Kind::Number) => Self::Number(NumberFieldValue(held)),
            Some(Kind::Boolean) => Self::Boolean(BooleanFieldValue(held)),
            Some(Kind::Date) => Self::Date(DateFieldValue(held)),
            Some(Kind::Choice) => Self::Choice(ChoiceFieldValue(held)),
            Some(Kind::Choices) => Self::Choices(ChoicesFieldValue(held)),
            None => Self::Untyped(UntypedFieldValue(held)),
        }
    }
}

/// A ticket's values, as far as the viewer may see them.
pub async fn values_field(
    ctx: &Context<'_>,
    values: &CustomFields,
) -> Result<Vec<CustomFieldValue>> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let directory = app.directory().await?;
    let shown = visible_values(&directory.fields, actor, values).into_iter();
    let shown = shown.map(|stored| {
        let definition = directory.fields.get(&stored.key);
        CustomFieldValue::of(stored.clone(), definition, actor.locale())
    });
    Ok(shown.collect())
}
