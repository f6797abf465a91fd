//! Ratings as clients give them.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::ticket;

use super::{link_of, rate};
use crate::{
    app::retry,
    graphql::{Caller, UserError, split_errors},
    session::graphql::locale_of,
    ticket::graphql::Satisfaction,
};

/// What rates a ticket, for its requester.
#[derive(SimpleObject)]
pub struct RatingLink {
    /// Goes into `rateTicket`, and into the links of messages: whoever has it can rate the ticket, and nothing else. At most
    /// 128 characters that need no escaping in a URL.
    token: String,
    /// When it ends: 14 days after the ticket was solved.
    expires_at: DateTime<Utc>,
}

/// The link of a ticket, where the viewer is its requester.
pub async fn rating_link_field(
    ctx: &Context<'_>,
    ticket: &ticket::Model,
) -> Result<Option<RatingLink>> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let link = link_of(app, actor, ticket).await?;
    Ok(link.map(|link| RatingLink {
        token: link.token,
        expires_at: link.expires_at,
    }))
}

/// What a requester thinks of the help.
#[derive(InputObject)]
pub struct RateTicketInput {
    /// The token of a `RatingLink`.
    token: String,
    /// From 1 (bad) to 5 (good).
    score: i32,
    /// Why, in at most 2,000 characters; what was said before is replaced.
    comment: Option<String>,
}

/// What came of `rateTicket`.
#[derive(SimpleObject)]
pub struct RateTicketPayload {
    /// What is kept; null when refused.
    satisfaction: Option<Satisfaction>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Rating.
#[derive(Default)]
pub struct RatingMutation;

#[Object]
impl RatingMutation {
    /// Rates the help with a ticket, by a link; nobody needs to be signed in. It may be changed until the link ends:
    /// `TOO_LATE` from then on, and once the ticket was reopened. Of the ticket it tells nothing.
    async fn rate_ticket(
        &self,
        ctx: &Context<'_>,
        input: RateTicketInput,
    ) -> Result<RateTicketPayload> {
        let app = Caller::app_of(ctx);
        let comment = input.comment.as_deref();
        let rated = retry(|| rate(app, &input.token, input.score, comment)).await;
        let (given, user_errors) = split_errors(rated, locale_of(ctx))?;
        Ok(RateTicketPayload {
            satisfaction: given.map(Satisfaction::from),
            user_errors,
        })
    }
}
