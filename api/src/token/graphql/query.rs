//! Lists of tokens and machines.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::{api_token, ids::UserId, user};

use super::types::ApiToken;
use crate::{
    connection,
    graphql::{Caller, GlobalId, selects_total},
    page::{Args, Cursor, OrderTag, Sort},
    people::graphql::Machine,
    token::{self, TokenFilter},
};

const TOKENS: OrderTag = *b"k-";
const MACHINES: OrderTag = *b"hs";

connection!(
    /// A page of tokens.
    ApiTokenConnection, ApiTokenEdge, ApiToken
);
connection!(
    /// A page of machines.
    MachineConnection, MachineEdge, Machine
);

/// Which tokens; all that is given must hold.
#[derive(Default, InputObject)]
pub struct ApiTokenFilter {
    /// Whose: the global id of a machine or person.
    owner_id: Option<ID>,
    /// Whether they are good now: neither revoked nor over.
    is_active: Option<bool>,
}

#[derive(Default)]
pub struct TokenQuery;

#[Object]
impl TokenQuery {
    /// Tokens of the API, the newest first: for admins everybody's, for others their own.
    async fn api_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tokens; all where absent.")] filter: Option<ApiTokenFilter>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<ApiTokenConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let window = Args::forward(first, after).window(TOKENS)?;
        let filter = filter.unwrap_or_default();
        let filter = TokenFilter {
            // The key of an id of another kind is one that nobody has.
            owner: filter
                .owner_id
                .map(|id| UserId::of(&id).unwrap_or(UserId(uuid::Uuid::nil()))),
            is_active: filter.is_active,
        };
        let page = token::list_tokens(app, actor, filter, &window).await?;
        let total = if selects_total(ctx) {
            Some(token::count_tokens(app, actor, filter).await?)
        } else {
            None
        };
        let place = |row: &api_token::Model| Cursor {
            sort: Sort::None,
            id: row.id.0,
        };
        Ok(ApiTokenConnection::of(page, TOKENS, total, place, ApiToken))
    }

    /// Machines by name. For admins.
    async fn machines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<MachineConnection> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let window = Args::forward(first, after).window(MACHINES)?;
        let page = token::list_machines(app, actor, &window).await?;
        let total = if selects_total(ctx) {
            Some(token::count_machines(app, actor).await?)
        } else {
            None
        };
        let place = |row: &user::Model| Cursor {
            sort: Sort::Text(row.name_folded.clone()),
            id: row.id.0,
        };
        let node = |row| Machine::of(Arc::new(row));
        Ok(MachineConnection::of(page, MACHINES, total, place, node))
    }
}
