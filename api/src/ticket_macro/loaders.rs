//! Macros, batched.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{ids::MacroId, ticket_macro};

use super::queries;
use crate::graphql::loader::{SharedError, Source};

/// Macros, as far as the viewer may see them.
pub struct MacroLoader(pub Source);

impl Loader<MacroId> for MacroLoader {
    type Value = ticket_macro::Model;
    type Error = SharedError;

    async fn load(&self, ids: &[MacroId]) -> Result<HashMap<MacroId, Self::Value>, SharedError> {
        Ok(queries::find_many(&self.0.app, &self.0.actor, ids).await?)
    }
}
