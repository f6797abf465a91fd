//! Calendars as clients see them.

pub mod mutation;
pub mod types;

use async_graphql::{Context, Object, Result};

pub use self::{
    mutation::CalendarMutation,
    types::{Calendar, Weekday},
};
use super::queries;
use crate::graphql::Caller;

/// Calendars.
#[derive(Default)]
pub struct CalendarQuery;

#[Object]
impl CalendarQuery {
    /// All calendars by name, a hundred at most; none for who is not internal staff.
    async fn calendars(&self, ctx: &Context<'_>) -> Result<Vec<Calendar>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let calendars = queries::list(app, actor).await?;
        Ok(calendars.into_iter().map(Calendar).collect())
    }
}
