//! Queues, batched.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{Key, View, queries};
use crate::graphql::loader::{SharedError, Source};

/// Queues, as far as the viewer may see them.
pub struct QueueLoader(pub Source);

impl Loader<Key> for QueueLoader {
    type Value = View;
    type Error = SharedError;

    async fn load(&self, keys: &[Key]) -> Result<HashMap<Key, Self::Value>, SharedError> {
        Ok(queries::find_many(&self.0.app, &self.0.actor, keys).await?)
    }
}
