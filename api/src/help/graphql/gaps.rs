//! Gaps in the knowledge base, as clients see them.

use async_graphql::{Context, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    graphql::Caller,
    help::alike::gaps::{self, Asked},
    ticket::graphql::Ticket,
};

/// What recurs and no article answered.
#[derive(SimpleObject)]
pub struct KnowledgeGaps {
    /// The largest first.
    gaps: Vec<KnowledgeGap>,
    /// How many tickets without an article were compared.
    ticket_count: i32,
    /// Whether these were all of the time; otherwise they are its newest 2,000.
    is_complete: bool,
}

/// Tickets that ask for the same and have no article that was sent to the requester or solved them.
#[derive(SimpleObject)]
pub struct KnowledgeGap {
    /// The words that are typical of them, at most six, the most telling first.
    words: Vec<String>,
    /// How many tickets there are; three at least.
    ticket_count: i32,
    /// How many people opened them.
    requester_count: i32,
    /// The most typical of them, at most five: `draftArticleFromTicket` makes a draft of one that is solved.
    examples: Vec<Ticket>,
    /// When the first of them was opened.
    first_at: DateTime<Utc>,
    /// When the last of them was opened.
    last_at: DateTime<Utc>,
}

#[derive(Default)]
pub struct KnowledgeGapQuery;

#[Object]
impl KnowledgeGapQuery {
    /// What people ask for again and again without an article that answers: tickets of a time, as far as the viewer may
    /// read them, in groups of those that say alike things. Staff only. The newest 2,000 tickets are compared; the same
    /// tickets make the same groups.
    async fn knowledge_gaps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From when on they were opened; 30 days before `to` where absent.")] from: Option<DateTime<Utc>>,
        #[graphql(
            desc = "Until when they were opened; now where absent. At most 92 days after `from`."
        )]
        to: Option<DateTime<Utc>>,
        #[graphql(default = 10, desc = "How many groups; at most 25.")] first: Option<i32>,
    ) -> Result<KnowledgeGaps> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let found = gaps::find_gaps(app, actor, Asked { from, to, first }).await?;
        Ok(KnowledgeGaps {
            gaps: found.groups.into_iter().map(Into::into).collect(),
            ticket_count: count(found.ticket_count),
            is_complete: found.is_complete,
        })
    }
}

impl From<gaps::Gap> for KnowledgeGap {
    fn from(gap: gaps::Gap) -> Self {
        Self {
            words: gap.words,
            ticket_count: count(gap.ticket_count),
            requester_count: count(gap.requester_count),
            examples: gap.examples.into_iter().map(Ticket).collect(),
            first_at: gap.first_at,
            last_at: gap.last_at,
        }
    }
}

/// Counts are bounded far below.
fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
