//! A draft out of a solved ticket.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use entity::ids::TicketId;

use super::types::Article;
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, enums::ArticleVisibility, split_errors},
    knowledge::drafting::{self, FromTicket},
};

/// The ticket to make a draft of.
#[derive(InputObject)]
pub struct DraftArticleFromTicketInput {
    /// The ticket; it is solved or closed, and not merged into another.
    ticket_id: ID,
    /// Who may read the article once it is published. Internal solutions go into internal articles alone.
    #[graphql(default_with = "ArticleVisibility::Public")]
    visibility: ArticleVisibility,
    /// The language of the ticket's texts, `fr` or `en`; guessed where absent.
    locale: Option<String>,
}

/// What came of `draftArticleFromTicket`.
#[derive(SimpleObject)]
pub struct DraftArticleFromTicketPayload {
    /// The draft; null when refused.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct DraftingMutation;

#[Object]
impl DraftingMutation {
    /// Makes a draft of an article out of a solved ticket, for a person to finish: its subject is the title, its
    /// description the question, the newest ten comments that are marked as its solution the answer; it has the
    /// ticket's tags. The ticket gets the article as its `SOLUTION`. For staff who work on the ticket; all staff read the
    /// draft. While there is a draft that solved the ticket, another is refused.
    async fn draft_article_from_ticket(
        &self,
        ctx: &Context<'_>,
        input: DraftArticleFromTicketInput,
    ) -> Result<DraftArticleFromTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let asked = FromTicket {
            ticket_id: TicketId::of(&input.ticket_id),
            visibility: input.visibility.into(),
            locale: input.locale,
        };
        let drafted = retry(|| drafting::draft_from_ticket(app, actor, &asked)).await;
        let (article, user_errors) = split_errors(drafted, actor.locale())?;
        Ok(DraftArticleFromTicketPayload {
            article: article.map(Article),
            user_errors,
        })
    }
}
