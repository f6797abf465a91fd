//! What is wrong with a webhook endpoint, or with what is asked of it.

/// Why an endpoint cannot be what the input says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookWhy {
    /// The desk has as many as it may have.
    TooMany {
        max: usize,
    },
    /// The address is inside, and operators did not allow it.
    NotAllowed,
    /// Anybody on the way would read what is sent.
    NotEncrypted,
    /// A name, a password or a fragment in the address.
    MoreThanAnAddress,
    Disabled,
    /// A replay that was asked for before goes on.
    Replaying,
    /// The log does not go back that far.
    TooOld,
    /// No place in the log.
    NotACursor,
    /// From a place to one before it.
    Backwards,
}

impl WebhookWhy {
    pub(super) fn in_english(self) -> String {
        match self {
            Self::TooMany { max } => {
                format!("There are {max} endpoints at most: delete one first.")
            }
            Self::NotAllowed => "This address is not allowed.".to_owned(),
            Self::NotEncrypted => "The address must begin with https://.".to_owned(),
            Self::MoreThanAnAddress => {
                "An address without a name, a password or a fragment.".to_owned()
            }
            Self::Disabled => "This endpoint is disabled: enable it first.".to_owned(),
            Self::Replaying => "Events are being told again already.".to_owned(),
            Self::TooOld => "The log does not go back that far.".to_owned(),
            Self::NotACursor => "This is no place in the log.".to_owned(),
            Self::Backwards => "The end comes before the beginning.".to_owned(),
        }
    }

    pub(super) fn in_french(self) -> String {
        match self {
            Self::TooMany { max } => {
                format!("{max} points de réception au plus : supprimez-en un d’abord.")
            }
            Self::NotAllowed => "Cette adresse n’est pas permise.".to_owned(),
            Self::NotEncrypted => "L’adresse doit commencer par https://.".to_owned(),
            Self::MoreThanAnAddress => "Une adresse sans nom, mot de passe ni fragment.".to_owned(),
            Self::Disabled => {
                "Ce point de réception est désactivé : réactivez-le d’abord.".to_owned()
            }
            Self::Replaying => "Des événements sont déjà en train d’être renvoyés.".to_owned(),
            Self::TooOld => "Le journal ne remonte pas si loin.".to_owned(),
            Self::NotACursor => "Ce n’est pas un endroit du journal.".to_owned(),
            Self::Backwards => "La fin vient avant le début.".to_owned(),
        }
    }
}
