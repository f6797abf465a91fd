//! Entries of custom fields that were set.

use async_graphql::{Context, ID, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{event, ids::FieldChangeId, json::CustomField as Stored};

use super::{super::loaders::FieldChangeLoader, entries::entry};
use crate::{
    custom_field::graphql::{CustomField, CustomFieldValue},
    graphql::{Caller, loader::Batched},
    people::graphql::{Actor, actor_field},
};

entry! {
    /// Custom fields were set or emptied.
    CustomFieldsEntry { field_change_id: FieldChangeId }

    /// Which, as far as the viewer may see them now.
    async fn changes(&self, ctx: &Context<'_>) -> Result<Vec<CustomFieldChange>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let directory = app.directory().await?;
        let loader = ctx.data_unchecked::<Batched<FieldChangeLoader>>();
        let change = loader.load_one(self.field_change_id).await?;
        let changes = change.iter().flat_map(|change| &change.changes.0);
        let shown = changes.filter_map(|change| {
            let field = CustomField::find(&directory, &change.key, actor)?;
            let value = |value: &Option<serde_json::Value>| {
                let stored = Stored { key: change.key.clone(), value: value.clone()? };
                let definition = directory.fields.get(&change.key);
                Some(CustomFieldValue::of(stored, definition, actor.locale()))
            };
            let (before, after) = (value(&change.before), value(&change.after));
            Some(CustomFieldChange { field, before, after })
        });
        Ok(shown.collect())
    }
}

/// A custom field before and after a change.
#[derive(SimpleObject)]
pub struct CustomFieldChange {
    /// The field.
    field: CustomField,
    /// Its value before; null where it had none.
    before: Option<CustomFieldValue>,
    /// Its value since then; null where it was taken away.
    after: Option<CustomFieldValue>,
}

impl CustomFieldsEntry {
    pub(super) const fn of(row: event::Model, field_change_id: FieldChangeId) -> Self {
        Self {
            row,
            field_change_id,
        }
    }
}
