//! Help before a ticket, as clients see it.

mod gaps;
mod metrics;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::{help_outcome::Outcome, ids::ArticleId, ticket};

pub use gaps::{KnowledgeGap, KnowledgeGapQuery, KnowledgeGaps};
pub use metrics::{ArticleHelp, HelpInterval, HelpMetrics, HelpMetricsQuery, HelpStep};

use super::{commands, queries};
use crate::{
    app::retry,
    graphql::{Caller, GlobalId, UserError, split_errors},
    input::Named,
    knowledge::graphql::Article,
    level::graphql::Level,
    people::locale_of,
    policy,
    ticket::graphql::{ApplicationContextInput, Ticket},
};

/// What global ids of help sessions begin with. They are longer than others: they say what was suggested.
const SESSION_KIND: &str = "hlp_";

/// What somebody is typing.
#[derive(InputObject)]
pub struct HelpSuggestionsInput {
    /// What is typed so far; at most 65,536 characters, of which the first 2,000 count. Nothing is suggested before
    /// the third word.
    text: String,
    /// The subject, where the form has one.
    subject: Option<String>,
    /// The language to show articles in, `fr` or `en`; guessed from the text where absent or
    /// another.
    locale: Option<String>,
    /// Where in the host application they are. It does not count: that it would help has not been shown.
    context: Option<ApplicationContextInput>,
    /// How many articles, and how many tickets; at most 10.
    #[graphql(default = 3)]
    first: Option<i32>,
}

/// What may spare a ticket, or help with it.
#[derive(SimpleObject)]
pub struct HelpSuggestions {
    /// Name it when recording what came of the suggestions, and in `createTicket`. It is good for a day, for the
    /// viewer alone; each answer names its own, and the newest says what was shown last.
    session: ID,
    /// Articles that may answer, best first: for requesters published public ones, for staff all that are published.
    /// Empty where nothing is near.
    articles: Vec<ArticleSuggestion>,
    /// Solved tickets that are alike, best first. Agents only; empty for others.
    similar_tickets: Vec<TicketSuggestion>,
    /// The level that similar tickets had, where most agree. It is only said, never set. Agents only.
    level: Option<Level>,
    /// Which part of the similar tickets had this level, from 0 to 1. Agents only.
    level_confidence: Option<f64>,
    /// How much of what was typed the nearest that is known covers, from 0 to 1. From 0.7 on the first article is
    /// likely to solve it.
    confidence: f64,
}

/// An article that may answer.
#[derive(SimpleObject)]
pub struct ArticleSuggestion {
    /// The article.
    article: Article,
    /// How well it answers, from 0 to 1; comparable within one answer only.
    score: f64,
    /// The part of its text that answers, at most 30 words, as HTML that can be shown as it is; what matches is in
    /// `<mark>`.
    excerpt_html: String,
}

/// A ticket that is alike.
#[derive(SimpleObject)]
pub struct TicketSuggestion {
    /// The ticket.
    ticket: Ticket,
    /// How alike it is, from 0 to 1; comparable within one answer only.
    score: f64,
}

impl TicketSuggestion {
    pub fn of(ticket: ticket::Model, score: f32) -> Self {
        Self {
            ticket: Ticket(ticket),
            score: score.into(),
        }
    }
}

/// What came of a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Outcome")]
pub enum HelpOutcome {
    /// It was read. That proves nothing.
    Opened,
    /// It solved the problem: no ticket is needed.
    Helped,
    /// It did not solve the problem.
    NotHelped,
}

/// What came of suggestions.
#[derive(InputObject)]
pub struct RecordHelpOutcomeInput {
    /// The session that `helpSuggestions` named.
    session: ID,
    /// Which of the suggested articles; absent only where none of them helped.
    article_id: Option<ID>,
    /// What came of it.
    outcome: HelpOutcome,
}

/// What came of `recordHelpOutcome`.
#[derive(SimpleObject)]
pub struct RecordHelpOutcomePayload {
    /// The article that it is about; null where it is about none, and when refused.
    article: Option<Article>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct HelpQuery;

#[Object]
impl HelpQuery {
    /// Articles that may answer what is being typed; for agents also similar tickets and a level. A read: safe on
    /// every key press.
    async fn help_suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is being typed.")] input: HelpSuggestionsInput,
    ) -> Result<HelpSuggestions> {
        let Caller { app, actor } = Caller::of(ctx)?;
        // Nothing shows that where they are says what they need.
        drop(input.context);
        let asked = queries::Asked {
            text: input.text,
            subject: input.subject,
            locale: input.locale.as_deref().and_then(locale_of),
            first: input.first,
        };
        let found = queries::suggest(app, actor, &asked).await?;
        let directory = app.directory().await?;
        // It is a vote of tickets: a token that may not read them learns nothing of it.
        let voted = found.level.filter(|_| policy::sees_levels(actor));
        let level = |(rank, _)| Level::of(Arc::clone(&directory), rank, actor);
        Ok(HelpSuggestions {
            session: ID(format!("{SESSION_KIND}{}", found.session)),
            articles: found.articles.into_iter().map(Into::into).collect(),
            similar_tickets: found
                .tickets
                .into_iter()
                .map(|(ticket, score)| TicketSuggestion::of(ticket, score))
                .collect(),
            level: voted.and_then(level),
            level_confidence: voted.map(|(_, share)| share.into()),
            confidence: found.confidence.into(),
        })
    }
}

#[derive(Default)]
pub struct HelpMutation;

#[Object]
impl HelpMutation {
    /// Records what came of suggestions. That an article helped counts for it, once a person and a day, and teaches
    /// what it answers. The same again changes nothing.
    async fn record_help_outcome(
        &self,
        ctx: &Context<'_>,
        input: RecordHelpOutcomeInput,
    ) -> Result<RecordHelpOutcomePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let session = session_name(&input.session);
        let article = match input.article_id.as_ref().map(ArticleId::of) {
            None => Named::Absent,
            Some(None) => Named::Unknown,
            Some(Some(id)) => Named::Id(id),
        };
        let outcome = input.outcome.into();
        let recorded =
            retry(|| commands::record_outcome(app, actor, session, article, outcome)).await;
        let (article, user_errors) = split_errors(recorded, actor.locale())?;
        Ok(RecordHelpOutcomePayload {
            article: article.flatten().map(Article),
            user_errors,
        })
    }
}

/// The name in a session's global id; what is not one names nothing.
pub fn session_name(id: &ID) -> &str {
    id.strip_prefix(SESSION_KIND).unwrap_or_default()
}

impl From<queries::Offer> for ArticleSuggestion {
    fn from(offer: queries::Offer) -> Self {
        Self {
            article: Article(offer.article),
            score: offer.score.into(),
            excerpt_html: offer.excerpt_html,
        }
    }
}
