//! Attempts of many deliveries, batched.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{ids::WebhookDeliveryId, webhook_attempt::Model};

use super::queries;
use crate::graphql::loader::{SharedError, Source};

/// Attempts of deliveries that the viewer was shown.
pub struct AttemptLoader(pub Source);

impl Loader<WebhookDeliveryId> for AttemptLoader {
    type Value = Vec<Model>;
    type Error = SharedError;

    async fn load(
        &self,
        ids: &[WebhookDeliveryId],
    ) -> Result<HashMap<WebhookDeliveryId, Vec<Model>>, SharedError> {
        Ok(queries::attempts_of(&self.0.app, ids).await?)
    }
}
