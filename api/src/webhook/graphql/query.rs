//! Look-ups and lists of endpoints.

use async_graphql::{Context, ID, Object, Result};
use entity::{ids::WebhookEndpointId, webhook_endpoint::Model};

use super::types::WebhookEndpoint;
use crate::{
    connection,
    graphql::{Caller, GlobalId, selects_total},
    page::{Args, Cursor, OrderTag, Sort},
    webhook,
};

const ENDPOINTS: OrderTag = *b"w-";

connection!(
    /// A page of webhook endpoints.
    WebhookEndpointConnection, WebhookEndpointEdge, WebhookEndpoint
);

#[derive(Default)]
pub struct WebhookQuery;

#[Object]
impl WebhookQuery {
    /// The webhook endpoint of this id; null where there is none, or not for the viewer.
    async fn webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint's global id.")] id: ID,
    ) -> Result<Option<WebhookEndpoint>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let found = webhook::find(app, actor, WebhookEndpointId::of(&id)).await?;
        Ok(found.map(WebhookEndpoint))
    }

    /// Webhook endpoints, the newest first: for admins all, for other machines their own.
    async fn webhook_endpoints(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<WebhookEndpointConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let window = Args::forward(first, after).window(ENDPOINTS)?;
        let page = webhook::list(app, actor, &window).await?;
        let total = if selects_total(ctx) {
            Some(webhook::count(app, actor).await?)
        } else {
            None
        };
        let place = |row: &Model| Cursor {
            sort: Sort::None,
            id: row.id.0,
        };
        Ok(WebhookEndpointConnection::of(
            page,
            ENDPOINTS,
            total,
            place,
            WebhookEndpoint,
        ))
    }
}
