//! What fields there are.

use async_graphql::{Context, Description, Enum, ID, Object, Result, SimpleObject};
use entity::{custom_field, json::Choice, user::Locale};

use crate::{
    actor::Actor,
    directory::Snapshot,
    graphql::{Caller, GlobalId, ids::FieldKey},
    policy,
};

/// What a custom field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "custom_field::Kind")]
pub enum CustomFieldType {
    /// A text of at most 2,000 characters.
    Text,
    /// A number from -1,000,000,000 to 1,000,000,000 with at most six decimals.
    Number,
    /// True or false.
    Boolean,
    /// A day, such as `2026-01-31`.
    Date,
    /// One of its choices.
    Choice,
    /// One or more of its choices.
    Choices,
}

/// Who has to do with a custom field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "custom_field::Audience")]
pub enum CustomFieldAudience {
    /// Staff see and fill it; requesters do not know of it.
    Agents,
    /// Staff fill it, requesters see it too.
    RequestersSee,
    /// Requesters see it and fill it too.
    RequestersFill,
}

/// A field that the desk has added to its tickets.
#[derive(Description)]
pub struct CustomField {
    row: custom_field::Model,
    locale: Locale,
}

impl CustomField {
    /// The field of this key, where the actor may see it.
    pub fn find(directory: &Snapshot, key: &str, actor: &Actor) -> Option<Self> {
        let row = directory.fields.get(key);
        let row = row.filter(|field| policy::sees_custom_field(actor, field))?;
        Some(Self::of(row.clone(), actor.locale()))
    }

    /// In a language; who sees it is decided elsewhere.
    pub const fn of(row: custom_field::Model, locale: Locale) -> Self {
        Self { row, locale }
    }
}

/// One choice of a custom field.
#[derive(Clone, SimpleObject)]
pub struct CustomFieldChoice {
    /// What the field's value is.
    key: String,
    /// What people call it, in the viewer's language.
    label: String,
    /// Whether it can be chosen no more. Tickets that have it keep it.
    is_archived: bool,
}

impl CustomFieldChoice {
    pub(super) fn of(choice: &Choice, locale: Locale) -> Self {
        let label = match locale {
            Locale::En => &choice.label_en,
            Locale::Fr => &choice.label_fr,
        };
        Self {
            key: choice.key.clone(),
            label: label.clone(),
            is_archived: choice.is_archived,
        }
    }
}

#[Object(use_type_description)]
impl CustomField {
    /// The field's global id.
    pub async fn id(&self) -> ID {
        FieldKey(self.row.key.clone()).global()
    }

    /// What the field is known by; it never changes.
    async fn key(&self) -> &str {
        &self.row.key
    }

    /// What it holds; this never changes.
    #[graphql(name = "type")]
    async fn kind(&self) -> CustomFieldType {
        self.row.kind.into()
    }

    /// What people call it, in the viewer's language.
    async fn label(&self) -> &str {
        match self.locale {
            Locale::En => &self.row.label_en,
            Locale::Fr => &self.row.label_fr,
        }
    }

    /// The choices of a `CHOICE` or `CHOICES` field in their order, archived ones last; empty for others.
    async fn choices(&self) -> Vec<CustomFieldChoice> {
        let choices = self.row.choices.0.iter();
        choices
            .map(|choice| CustomFieldChoice::of(choice, self.locale))
            .collect()
    }

    /// Whether a ticket without it cannot be solved, by whoever may fill it.
    async fn is_required(&self) -> bool {
        self.row.is_required
    }

    /// Who sees and fills it.
    async fn audience(&self) -> CustomFieldAudience {
        self.row.audience.into()
    }

    /// Whether it is filled in no more. Tickets that have it keep it.
    async fn is_archived(&self) -> bool {
        self.row.archived_at.is_some()
    }
}

/// Custom fields.
#[derive(Default)]
pub struct CustomFieldQuery;

#[Object]
impl CustomFieldQuery {
    /// The fields that the viewer may see, in the order of their keys; at most 100.
    async fn custom_fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether to list archived ones too.", default = false)]
        include_archived: bool,
    ) -> Result<Vec<CustomField>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let directory = app.directory().await?;
        let shown = directory.fields.values().filter(|field| {
            policy::sees_custom_field(actor, field)
                && (include_archived || field.archived_at.is_none())
        });
        Ok(shown
            .map(|field| CustomField::of(field.clone(), actor.locale()))
            .collect())
    }
}
