//! Every change to what fields there are.

use std::collections::BTreeSet;

use entity::{
    custom_field::{self, Audience, Kind},
    json::{Choice, Choices},
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QuerySelect};

use crate::{
    actor::Actor,
    app::{App, is_taken},
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::Checked,
    policy::{self, Action},
    refusal::{Refusal, Why},
    text::NAME_CHARS_MAX,
};

/// Fields of a desk, archived ones included.
const FIELDS_MAX: usize = 100;
/// Choices of a field, archived ones included.
const CHOICES_MAX: usize = 100;
const KEY_CHARS_MAX: usize = 64;

/// A field to be defined.
#[derive(Clone, Debug)]
pub struct NewField {
    pub key: String,
    pub kind: Kind,
    pub label_en: String,
    pub label_fr: String,
    pub choices: Vec<NewChoice>,
    pub is_required: bool,
    pub audience: Audience,
}

/// One choice of a field.
#[derive(Clone, Debug)]
pub struct NewChoice {
    pub key: String,
    pub label_en: String,
    pub label_fr: String,
}

/// What to change of a field; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub label_en: Option<String>,
    pub label_fr: Option<String>,
    /// Those that are not among these any more are archived.
    pub choices: Option<Vec<NewChoice>>,
    pub is_required: Option<bool>,
    pub audience: Option<Audience>,
    pub is_archived: Option<bool>,
}

pub async fn create(app: &App, actor: &Actor, new: &NewField) -> Result<custom_field::Model> {
    policy::authorize(actor, Action::CreateCustomField)?;
    let mut checked = Checked::default();
    let key = key(&mut checked, "key", &new.key);
    let label_en = checked.line("labelEn", &new.label_en, NAME_CHARS_MAX);
    let label_fr = checked.line("labelFr", &new.label_fr, NAME_CHARS_MAX);
    let choices = choices(&mut checked, new.kind, &new.choices);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    if custom_field::Entity::find().count(&*tx).await? >= FIELDS_MAX as u64 {
        let why = Why::TooMany { max: FIELDS_MAX };
        return Err(Refusal::Invalid { field: "key", why }.into());
    }
    let field = custom_field::Model {
        key,
        kind: new.kind,
        label_en,
        label_fr,
        choices,
        is_required: new.is_required,
        audience: new.audience,
        archived_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let row = field.clone().into_active_model().reset_all();
    let inserted = custom_field::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await;
    inserted.map_err(|error| {
        if is_taken(&error) {
            Error::from(Refusal::Taken { field: "key" })
        } else {
            error.into()
        }
    })?;
    tx.record(Event::CustomFieldCreated {
        key: field.key.clone(),
    });
    tx.forget_directory();
    tx.commit().await?;
    Ok(field)
}

/// Changes a field; its key and type stay, so that what tickets hold stays good.
pub async fn edit(app: &App, actor: &Actor, key: &str, edit: &Edit) -> Result<custom_field::Model> {
    policy::authorize(actor, Action::EditCustomField)?;
    let missing = Refusal::NotFound { field: "key" };
    let mut tx = app.begin(actor).await?;
    // What cannot be stored names nothing; asking PostgreSQL for it would be an error.
    let found = if key.contains('\0') {
        None
    } else {
        let query = custom_field::Entity::find_by_id(key).lock_exclusive();
        query.one(&*tx).await?
    };
    let before = found.ok_or(missing)?;
    let mut field = before.clone();
    let mut checked = Checked::default();
    let labels = [
        ("labelEn", &edit.label_en, &mut field.label_en),
        ("labelFr", &edit.label_fr, &mut field.label_fr),
    ];
    for (name, given, label) in labels {
        if let Some(given) = given {
            *label = checked.line(name, given, NAME_CHARS_MAX);
        }
    }
    if let Some(given) = &edit.choices {
        let given = choices(&mut checked, field.kind, given);
        field.choices = with_archived(&mut checked, given, &before.choices);
    }
    refuse_if_any(checked.refusals)?;
    field.is_required = edit.is_required.unwrap_or(field.is_required);
    field.audience = edit.audience.unwrap_or(field.audience);
    field.archived_at = match edit.is_archived {
        None => field.archived_at,
        Some(false) => None,
        Some(true) => field.archived_at.or_else(|| Some(tx.now())),
    };
    if field == before {
        return Ok(before);
    }
    field.updated_at = tx.now();
    let row = field.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    tx.record(Event::CustomFieldEdited {
        key: field.key.clone(),
    });
    tx.forget_directory();
    tx.commit().await?;
    Ok(field)
}

/// Lower-case letters, digits, hyphens and underscores, a letter first.
fn key(checked: &mut Checked, field: &'static str, given: &str) -> String {
    let key = checked.line(field, given, KEY_CHARS_MAX);
    let is_good = |key: &str| {
        key.starts_with(|first: char| first.is_ascii_lowercase())
            && key
                .chars()
                .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || "-_".contains(one))
    };
    if !key.is_empty() && !is_good(&key) {
        let why = Why::Key;
        checked.refuse(Refusal::Invalid { field, why });
    }
    key
}

/// Choices go with the types that have them, and each has a key of its own.
fn choices(checked: &mut Checked, kind: Kind, given: &[NewChoice]) -> Choices {
    let field = "choices";
    match (kind, given.is_empty()) {
        (Kind::Choice | Kind::Choices, true) => checked.refuse(Refusal::Required { field }),
        (Kind::Text | Kind::Number | Kind::Boolean | Kind::Date, false) => {
            let why = Why::NoChoices;
            checked.refuse(Refusal::Invalid { field, why });
        }
        _ => {}
    }
    if given.len() > CHOICES_MAX {
        let why = Why::TooMany { max: CHOICES_MAX };
        checked.refuse(Refusal::Invalid { field, why });
        return Choices::default();
    }
    let mut seen = BTreeSet::new();
    let choice = |new: &NewChoice| Choice {
        key: key(checked, field, &new.key),
        label_en: checked.line(field, &new.label_en, NAME_CHARS_MAX),
        label_fr: checked.line(field, &new.label_fr, NAME_CHARS_MAX),
        is_archived: false,
    };
    let choices: Vec<_> = given.iter().map(choice).collect();
    if !choices.iter().all(|choice| seen.insert(choice.key.clone())) {
        checked.refuse(Refusal::Taken { field });
    }
    Choices(choices)
}

/// A choice that tickets may hold never goes: it is archived, and stands after the others.
fn with_archived(checked: &mut Checked, given: Choices, before: &Choices) -> Choices {
    let mut choices = given.0;
    for old in &before.0 {
        if !choices.iter().any(|choice| choice.key == old.key) {
            choices.push(Choice {
                is_archived: true,
                ..old.clone()
            });
        }
    }
    if choices.len() > CHOICES_MAX {
        let why = Why::TooMany { max: CHOICES_MAX };
        checked.refuse(Refusal::Invalid {
            field: "choices",
            why,
        });
    }
    Choices(choices)
}
