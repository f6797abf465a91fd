//! Queues, batched.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{ids::QueueId, queue};

use super::queries;
use crate::graphql::loader::{SharedError, Source};

/// Queues, as far as the viewer may see them.
pub struct QueueLoader(pub Source);

impl Loader<QueueId> for QueueLoader {
    type Value = queue::Model;
    type Error = SharedError;

    async fn load(&self, ids: &[QueueId]) -> Result<HashMap<QueueId, Self::Value>, SharedError> {
        Ok(queries::find_many(&self.0.app, &self.0.actor, ids).await?)
    }
}
