//! Batches what a page of tickets asks for one by one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Request, dataloader::Loader};
use entity::ids::TicketId;

use super::alike::duplicates::{Duplicates, find_duplicates};
use crate::graphql::loader::{SharedError, Source, install};

/// Open tickets that may be the same as others, as far as the viewer sees them.
pub struct DuplicateLoader(pub Source);

/// Puts the loader into a request.
pub fn install_all(request: Request, source: &Source) -> Request {
    install(request, source.remembers, DuplicateLoader(source.clone()))
}

impl Loader<TicketId> for DuplicateLoader {
    type Value = Arc<Duplicates>;
    type Error = SharedError;

    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, Self::Value>, SharedError> {
        Ok(find_duplicates(&self.0.app, &self.0.actor, ids).await?)
    }
}
