//! Applications as clients see them.

pub mod mutation;
pub mod types;

use async_graphql::{Context, Object, Result};

use crate::{application, graphql::Caller};

pub use mutation::ApplicationMutation;
pub use types::{Application, ApplicationKey, ApplicationKeyAlgorithm};

#[derive(Default)]
pub struct ApplicationQuery;

#[Object]
impl ApplicationQuery {
    /// Applications that embed the desk, by name; at most 100. For admins.
    async fn applications(&self, ctx: &Context<'_>) -> Result<Vec<Application>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let all = application::list(app, actor).await?;
        Ok(all.into_iter().map(Application).collect())
    }
}
