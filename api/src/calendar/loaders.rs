//! Calendars, batched.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::ids::CalendarId;

use super::queries::{self, Calendar};
use crate::graphql::loader::{SharedError, Source};

/// Calendars, for who may read them.
pub struct CalendarLoader(pub Source);

impl Loader<CalendarId> for CalendarLoader {
    type Value = Calendar;
    type Error = SharedError;

    async fn load(&self, ids: &[CalendarId]) -> Result<HashMap<CalendarId, Calendar>, SharedError> {
        Ok(queries::find_many(&self.0.app, &self.0.actor, ids).await?)
    }
}
