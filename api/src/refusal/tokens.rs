//! What is wrong with a token of the API, or with the machine that it is for.

/// Why a token or a machine cannot be what the input says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenWhy {
    /// Its owner has as many as one may have.
    TooMany { max: usize },
    /// It was revoked, or its time is over.
    Over,
    /// A role that machines do not have.
    NotARole,
}

impl TokenWhy {
    pub(super) fn in_english(self) -> String {
        match self {
            Self::TooMany { max } => {
                format!("One owner has {max} tokens at most: revoke one first.")
            }
            Self::Over => "This token is over: make another.".to_owned(),
            Self::NotARole => "A machine is no requester.".to_owned(),
        }
    }

    pub(super) fn in_french(self) -> String {
        match self {
            Self::TooMany { max } => {
                format!("{max} jetons au plus par titulaire : révoquez-en un d’abord.")
            }
            Self::Over => "Ce jeton n’est plus valable : créez-en un autre.".to_owned(),
            Self::NotARole => "Une machine n’est pas un demandeur.".to_owned(),
        }
    }
}
