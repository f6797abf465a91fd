//! What is wrong with what somebody signs in with.

/// Why a credential cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialWhy {
    /// Of an authenticator, or a recovery code.
    WrongCode,
    /// Of an application.
    PublicKey,
}

impl CredentialWhy {
    pub(super) const fn in_english(self) -> &'static str {
        match self {
            Self::WrongCode => "This code is not right, or was used already.",
            Self::PublicKey => "This is no public key on P-256 or of Ed25519, in PEM or as a JWK.",
        }
    }

    pub(super) const fn in_french(self) -> &'static str {
        match self {
            Self::WrongCode => "Ce code n’est pas bon, ou a déjà servi.",
            Self::PublicKey => "Ce n’est pas une clé publique P-256 ou Ed25519, en PEM ou JWK.",
        }
    }
}
