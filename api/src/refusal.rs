//! What a person can put right, with its stable code and its sentence in French and English.

mod articles;
mod credentials;
mod fields;
mod tokens;
mod webhooks;
mod why;

use entity::{ticket::Status, user::Locale};

pub use self::{
    articles::ArticleWhy, credentials::CredentialWhy, fields::FieldWhy, tokens::TokenWhy,
    webhooks::WebhookWhy, why::Why,
};

/// One reason why a command changed nothing. Fields are paths into the input, as clients spell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Required {
        field: &'static str,
    },
    TooLong {
        field: &'static str,
        max: usize,
    },
    Invalid {
        field: &'static str,
        why: Why,
    },
    /// What the input names is not there, or not for this actor.
    NotFound {
        field: &'static str,
    },
    Forbidden {
        field: Option<&'static str>,
    },
    /// Somebody else changed it first.
    Conflict {
        current: i32,
    },
    AlreadyClaimed {
        by: String,
    },
    IllegalTransition {
        from: Status,
        allowed: Vec<Status>,
    },
    Taken {
        field: &'static str,
    },
    /// It was possible once, until something happened that stays, or until its time was over.
    TooLate {
        field: &'static str,
        why: Late,
    },
    BadCredentials,
    /// The password is right, and the account asks for a code besides.
    CodeRequired,
    /// The password is right, and the account must have an authenticator first.
    TotpRequired,
    /// Of a custom field, at a path that the input decides.
    CustomField {
        path: String,
        why: FieldWhy,
    },
}

/// What has happened since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// The ticket that it was merged into is closed, or merged itself.
    TargetClosed,
    /// The link's time is over, or the ticket was reopened.
    LinkOver,
    /// The secret of an authenticator was not confirmed in time.
    EnrollmentOver,
}

/// The published codes of `UserError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Required,
    Invalid,
    TooLong,
    NotFound,
    Forbidden,
    Conflict,
    AlreadyClaimed,
    IllegalTransition,
    Taken,
    TooLate,
    IdempotencyMismatch,
    BadCredentials,
    CodeRequired,
    TotpRequired,
}

impl Refusal {
    pub const fn code(&self) -> Code {
        match self {
            Self::Required { .. } => Code::Required,
            Self::TooLong { .. } => Code::TooLong,
            Self::Invalid { .. } => Code::Invalid,
            Self::NotFound { .. } => Code::NotFound,
            Self::Forbidden { .. } => Code::Forbidden,
            Self::Conflict { .. } => Code::Conflict,
            Self::AlreadyClaimed { .. } => Code::AlreadyClaimed,
            Self::IllegalTransition { .. } => Code::IllegalTransition,
            Self::Taken { .. } => Code::Taken,
            Self::TooLate { .. } => Code::TooLate,
            Self::BadCredentials => Code::BadCredentials,
            Self::CodeRequired => Code::CodeRequired,
            Self::TotpRequired => Code::TotpRequired,
            Self::CustomField { why, .. } => why.code(),
        }
    }

    /// The field of the input that it is about, where it is about one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Required { field }
            | Self::TooLong { field, .. }
            | Self::Invalid { field, .. }
            | Self::NotFound { field }
            | Self::Taken { field }
            | Self::TooLate { field, .. } => Some(field),
            Self::Forbidden { field } => *field,
            Self::CustomField { path, .. } => Some(path),
            Self::Conflict { .. } => Some("expectedVersion"),
            Self::CodeRequired | Self::TotpRequired => Some("code"),
            Self::AlreadyClaimed { .. } | Self::IllegalTransition { .. } | Self::BadCredentials => {
                None
            }
        }
    }

    pub fn message(&self, locale: Locale) -> String {
        match locale {
            Locale::En => self.in_english(),
            Locale::Fr => self.in_french(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::Required { .. } => "This is required.".to_owned(),
            Self::TooLong { max, .. } => format!("At most {max} characters."),
            Self::Invalid { why, .. } => why.in_english(),
            Self::NotFound { .. } => "There is no such thing, or not for you.".to_owned(),
            Self::Forbidden { .. } => "You may not do this.".to_owned(),
            Self::Conflict { current } => {
                format!("Somebody changed it first: it is at version {current} now.")
            }
            Self::AlreadyClaimed { by } => format!("{by} has taken this ticket already."),
            Self::IllegalTransition { from, .. } => {
                format!(
                    "A ticket that is {} does not allow this.",
                    status_in_english(*from)
                )
            }
            Self::Taken { .. } => "This is in use already.".to_owned(),
            Self::TooLate { why, .. } => why.in_english().to_owned(),
            Self::BadCredentials => "E-mail address and password do not match.".to_owned(),
            Self::CodeRequired => "Enter the code that your authenticator shows.".to_owned(),
            Self::TotpRequired => {
                "Set up an authenticator, and enter the code that it shows.".to_owned()
            }
            Self::CustomField { why, .. } => why.in_english(),
        }
    }

    fn in_french(&self) -> String {
        match self {
            Self::Required { .. } => "Ce champ est obligatoire.".to_owned(),
            Self::TooLong { max, .. } => format!("{max} caractères au plus."),
            Self::Invalid { why, .. } => why.in_french(),
            Self::NotFound { .. } => "Cet élément n’existe pas, ou pas pour vous.".to_owned(),
            Self::Forbidden { .. } => "Vous ne pouvez pas faire cela.".to_owned(),
            Self::Conflict { current } => {
                format!("Quelqu’un l’a modifié avant vous : version {current} désormais.")
            }
            Self::AlreadyClaimed { by } => format!("{by} a déjà pris ce ticket."),
            Self::IllegalTransition { from, .. } => {
                format!("Un ticket {} ne permet pas cela.", status_in_french(*from))
            }
            Self::Taken { .. } => "Cette valeur est déjà utilisée.".to_owned(),
            Self::TooLate { why, .. } => why.in_french().to_owned(),
            Self::BadCredentials => "L’adresse et le mot de passe ne correspondent pas.".to_owned(),
            Self::CodeRequired => {
                "Saisissez le code affiché par votre application d’authentification.".to_owned()
            }
            Self::TotpRequired => {
                "Configurez une application d’authentification, puis saisissez le code qu’elle affiche.".to_owned()
            }
            Self::CustomField { why, .. } => why.in_french(),
        }
    }
}

impl Late {
    const fn in_english(self) -> &'static str {
        match self {
            Self::TargetClosed => "The ticket that it was merged into is closed.",
            Self::LinkOver => "This link is no longer good.",
            Self::EnrollmentOver => "Begin again: this secret is no longer waited for.",
        }
    }

    const fn in_french(self) -> &'static str {
        match self {
            Self::TargetClosed => "Le ticket qui l’a reçu est fermé.",
            Self::LinkOver => "Ce lien n’est plus valable.",
            Self::EnrollmentOver => "Recommencez : ce secret n’est plus attendu.",
        }
    }
}

const fn status_in_english(status: Status) -> &'static str {
    match status {
        Status::New => "new",
        Status::Open => "open",
        Status::Waiting => "waiting",
        Status::Solved => "solved",
        Status::Closed => "closed",
    }
}

const fn status_in_french(status: Status) -> &'static str {
    match status {
        Status::New => "nouveau",
        Status::Open => "ouvert",
        Status::Waiting => "en attente",
        Status::Solved => "résolu",
        Status::Closed => "fermé",
    }
}
