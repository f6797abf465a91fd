//! The documents of the operator's manifests, read and parsed once, when the server starts.

use std::collections::HashMap;

use super::documents::Document;
use crate::config::{BadSetting, Config};
use crate::persisted::{self, Hash, TrustedDocument};

const SETTING: &str = "GUICHET_TRUSTED_DOCUMENTS";
/// Documents of all manifests together.
const DOCUMENTS_MAX: usize = 20_000;

/// Fails where the manifests cannot be used: before a start makes anything.
pub fn check_documents(config: &Config) -> Result<(), BadSetting> {
    Trusted::read(config).map(drop)
}

#[derive(Debug, Default)]
pub(crate) struct Trusted {
    by_id: HashMap<Box<str>, Hash>,
    by_hash: HashMap<Hash, Document>,
    are_alone: bool,
}

impl Trusted {
    /// Reads the manifests. A document that could never run is refused here, not when it is needed.
    pub(crate) fn read(config: &Config) -> Result<Self, BadSetting> {
        let mut trusted = Self {
            are_alone: config.only_trusted_documents,
            ..Self::default()
        };
        for path in &config.trusted_documents {
            let refuse = |why: &str| BadSetting {
                setting: SETTING.to_owned(),
                why: format!("{}: {why}", path.display()),
            };
            let documents = persisted::read(path).map_err(|why| refuse(&why))?;
            for document in documents {
                trusted.add(document).map_err(|why| refuse(&why))?;
            }
        }
        Ok(trusted)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Document> {
        self.by_hash.get(self.by_id.get(id)?)
    }

    pub(crate) fn by_hash(&self, hash: &Hash) -> Option<&Document> {
        self.by_hash.get(hash)
    }

    /// Whether nothing else runs.
    pub(crate) const fn are_alone(&self) -> bool {
        self.are_alone
    }

    fn add(&mut self, new: TrustedDocument) -> Result<(), String> {
        let TrustedDocument { id, text, hash } = new;
        let document = Document::parse(&text, hash);
        let document = document.map_err(|rejection| format!("{id}: {rejection}"))?;
        let known = self.by_id.insert(id.as_str().into(), hash);
        if known.is_some_and(|known| known != hash) {
            return Err(format!("{id} stands for two documents"));
        }
        self.by_hash.insert(hash, document);
        if self.by_id.len() > DOCUMENTS_MAX {
            return Err(format!("there are more than {DOCUMENTS_MAX} documents"));
        }
        Ok(())
    }
}
