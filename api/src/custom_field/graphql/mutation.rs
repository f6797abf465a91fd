//! Defining fields, and changing them.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::{
    CustomField,
    definition::{CustomFieldAudience, CustomFieldType},
};
use crate::{
    app::retry,
    custom_field::commands::{self, Edit, NewChoice, NewField},
    graphql::{Caller, UserError, split_errors},
};

/// One choice of a field.
#[derive(InputObject)]
pub struct CustomFieldChoiceInput {
    /// What the field's value is: lower-case letters, digits, hyphens and underscores, a letter first; at
    /// most 64.
    key: String,
    /// What people call it in English; at most 255 characters.
    label_en: String,
    /// What people call it in French; at most 255 characters.
    label_fr: String,
}

impl From<CustomFieldChoiceInput> for NewChoice {
    fn from(input: CustomFieldChoiceInput) -> Self {
        Self {
            key: input.key,
            label_en: input.label_en,
            label_fr: input.label_fr,
        }
    }
}

/// A field to define.
#[derive(InputObject)]
pub struct CreateCustomFieldInput {
    /// What the field is known by, for good: lower-case letters, digits, hyphens and underscores, a letter
    /// first; at most 64.
    key: String,
    /// What it holds, for good.
    #[graphql(name = "type")]
    kind: CustomFieldType,
    /// What people call it in English; at most 255 characters.
    label_en: String,
    /// What people call it in French; at most 255 characters.
    label_fr: String,
    /// The choices of a `CHOICE` or `CHOICES` field, from 1 to 100.
    choices: Option<Vec<CustomFieldChoiceInput>>,
    /// Whether a ticket without it cannot be solved.
    #[graphql(default = false)]
    is_required: bool,
    /// Who sees and fills it.
    #[graphql(default_with = "CustomFieldAudience::Agents")]
    audience: CustomFieldAudience,
}

/// What came of `createCustomField`.
#[derive(SimpleObject)]
pub struct CreateCustomFieldPayload {
    /// The field; null when refused.
    custom_field: Option<CustomField>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What to change of a field; what is absent stays. Its key and type cannot change.
#[derive(InputObject)]
pub struct EditCustomFieldInput {
    /// The field, by its key.
    key: String,
    /// What people call it in English; at most 255 characters.
    label_en: Option<String>,
    /// What people call it in French; at most 255 characters.
    label_fr: Option<String>,
    /// All its choices in their order. Those that are not among them any more are archived.
    choices: Option<Vec<CustomFieldChoiceInput>>,
    /// Whether a ticket without it cannot be solved.
    is_required: Option<bool>,
    /// Who sees and fills it.
    audience: Option<CustomFieldAudience>,
    /// Whether it is filled in no more. Tickets that have it keep it.
    is_archived: Option<bool>,
}

/// What came of `editCustomField`.
#[derive(SimpleObject)]
pub struct EditCustomFieldPayload {
    /// The field as it is now; null when refused.
    custom_field: Option<CustomField>,
    /// What a person can put right; empty when it was done.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct CustomFieldMutation;

#[Object]
impl CustomFieldMutation {
    /// Adds a field to the desk's tickets, as an admin. From the first field on tickets take defined
    /// fields only.
    async fn create_custom_field(
        &self,
        ctx: &Context<'_>,
        input: CreateCustomFieldInput,
    ) -> Result<CreateCustomFieldPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = NewField {
            key: input.key,
            kind: input.kind.into(),
            label_en: input.label_en,
            label_fr: input.label_fr,
            choices: choices(input.choices).unwrap_or_default(),
            is_required: input.is_required,
            audience: input.audience.into(),
        };
        let created = retry(|| commands::create(app, actor, &new)).await;
        let (field, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateCustomFieldPayload {
            custom_field: field.map(|row| CustomField::of(row, actor.locale())),
            user_errors,
        })
    }

    /// Changes or archives a field, as an admin.
    async fn edit_custom_field(
        &self,
        ctx: &Context<'_>,
        input: EditCustomFieldInput,
    ) -> Result<EditCustomFieldPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let edit = Edit {
            label_en: input.label_en,
            label_fr: input.label_fr,
            choices: choices(input.choices),
            is_required: input.is_required,
            audience: input.audience.map(Into::into),
            is_archived: input.is_archived,
        };
        let edited = retry(|| commands::edit(app, actor, &input.key, &edit)).await;
        let (field, user_errors) = split_errors(edited, actor.locale())?;
        Ok(EditCustomFieldPayload {
            custom_field: field.map(|row| CustomField::of(row, actor.locale())),
            user_errors,
        })
    }
}

fn choices(inputs: Option<Vec<CustomFieldChoiceInput>>) -> Option<Vec<NewChoice>> {
    inputs.map(|inputs| inputs.into_iter().map(Into::into).collect())
}
