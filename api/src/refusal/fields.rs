//! What is wrong with a custom field of a ticket.

use entity::custom_field::Kind;

use super::Code;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldWhy {
    /// There is no such field, or not for this actor.
    Unknown,
    Forbidden,
    /// The field is filled in no more.
    Archived,
    /// Without it the ticket cannot be solved.
    Required {
        label_en: String,
        label_fr: String,
    },
    Empty,
    TooLong {
        max: usize,
    },
    ControlCharacter,
    NotOfType(Kind),
    /// Too large, or too exact.
    Number,
    UnknownChoice,
    ArchivedChoice,
}

impl FieldWhy {
    pub(super) const fn code(&self) -> Code {
        match self {
            Self::Unknown => Code::NotFound,
            Self::Forbidden => Code::Forbidden,
            Self::Required { .. } | Self::Empty => Code::Required,
            Self::TooLong { .. } => Code::TooLong,
            Self::Archived
            | Self::ControlCharacter
            | Self::NotOfType(_)
            | Self::Number
            | Self::UnknownChoice
            | Self::ArchivedChoice => Code::Invalid,
        }
    }

    pub(super) fn in_english(&self) -> String {
        match self {
            Self::Unknown => "There is no such field, or not for you.".to_owned(),
            Self::Forbidden => "You may not fill this field.".to_owned(),
            Self::Archived => "This field is filled in no more.".to_owned(),
            Self::Required { label_en, .. } => {
                format!("“{label_en}” must be filled in before it is solved.")
            }
            Self::Empty => "This is required; null takes the value away.".to_owned(),
            Self::TooLong { max } => format!("At most {max} characters."),
            Self::ControlCharacter => "It contains a character that is not allowed.".to_owned(),
            Self::NotOfType(kind) => format!("This field takes {}.", in_english(*kind)),
            Self::Number => {
                "From -1,000,000,000 to 1,000,000,000, with at most six decimals.".to_owned()
            }
            Self::UnknownChoice => "There is no such choice.".to_owned(),
            Self::ArchivedChoice => "This can be chosen no more.".to_owned(),
        }
    }

    pub(super) fn in_french(&self) -> String {
        match self {
            Self::Unknown => "Ce champ n’existe pas, ou pas pour vous.".to_owned(),
            Self::Forbidden => "Vous ne pouvez pas remplir ce champ.".to_owned(),
            Self::Archived => "Ce champ ne se remplit plus.".to_owned(),
            Self::Required { label_fr, .. } => {
                format!("« {label_fr} » doit être rempli avant de résoudre.")
            }
            Self::Empty => "Ce champ est obligatoire ; null enlève la valeur.".to_owned(),
            Self::TooLong { max } => format!("{max} caractères au plus."),
            Self::ControlCharacter => "Un caractère n’est pas permis.".to_owned(),
            Self::NotOfType(kind) => format!("Ce champ contient {}.", in_french(*kind)),
            Self::Number => {
                "De -1 000 000 000 à 1 000 000 000, avec six décimales au plus.".to_owned()
            }
            Self::UnknownChoice => "Ce choix n’existe pas.".to_owned(),
            Self::ArchivedChoice => "Ce choix n’est plus possible.".to_owned(),
        }
    }
}

const fn in_english(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
        Kind::Date => "a date such as 2026-01-31",
        Kind::Choice => "the key of a choice",
        Kind::Choices => "a list of keys of choices",
    }
}

const fn in_french(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "un texte",
        Kind::Number => "un nombre",
        Kind::Boolean => "vrai ou faux",
        Kind::Date => "une date telle que 2026-01-31",
        Kind::Choice => "la clé d’un choix",
        Kind::Choices => "une liste de clés de choix",
    }
}
