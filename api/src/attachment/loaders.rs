//! Files, batched: single ones, and those of many tickets, comments and articles.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::ids::AttachmentId;

use super::queries::{self, Attached, Owner};
use crate::{
    error::Result,
    graphql::loader::{SharedError, Source},
};

/// Files, as far as the viewer may read them.
pub struct AttachmentLoader(pub Source);

impl Loader<AttachmentId> for AttachmentLoader {
    type Value = Arc<Attached>;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[AttachmentId],
    ) -> Result<HashMap<AttachmentId, Self::Value>, SharedError> {
        let found = queries::find_by_ids(&self.0.app, &self.0.actor, ids).await?;
        let found = found.into_iter();
        Ok(found
            .map(|attached| (attached.attachment.id, Arc::new(attached)))
            .collect())
    }
}

impl Loader<Owner> for AttachmentLoader {
    type Value = Vec<Arc<Attached>>;
    type Error = SharedError;

    async fn load(&self, owners: &[Owner]) -> Result<HashMap<Owner, Self::Value>, SharedError> {
        let found = queries::find_of(&self.0.app, &self.0.actor, owners).await?;
        let shared = |of: Vec<Attached>| of.into_iter().map(Arc::new).collect();
        Ok(found
            .into_iter()
            .map(|(owner, of)| (owner, shared(of)))
            .collect())
    }
}
