//! One type per identifier, so that a ticket's id cannot be passed where a user's is meant.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, DeriveValueType,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

ids! {
    /// A token of the API.
    ApiTokenId;
    /// A program that embeds the desk.
    ApplicationId;
    /// A key of an application.
    ApplicationKeyId;
    /// An article of the knowledge base.
    ArticleId;
    /// A category of articles.
    ArticleCategoryId;
    /// An earlier text of an article.
    ArticleRevisionId;
    /// A file on a ticket, comment or article.
    AttachmentId;
    /// A change to many tickets, in the background.
    BulkJobId;
    /// A calendar.
    CalendarId;
    /// A calendar's working hours as they were from one change to the next.
    CalendarHoursId;
    /// A comment on a ticket.
    CommentId;
    /// What one change made of a ticket's custom fields.
    FieldChangeId;
    /// One try to get an answer before opening a ticket.
    HelpSessionId;
    /// Who somebody is elsewhere.
    IdentityId;
    /// A knowledge link: an article on a ticket, and why.
    KnowledgeLinkId;
    /// One move of a ticket between levels, with its reason.
    LevelChangeId;
    /// A macro: changes to a ticket that are made together.
    MacroId;
    /// A company or department of requesters.
    OrganizationId;
    /// A saved filter with an order.
    QueueId;
    /// A service-level policy.
    ServiceLevelPolicyId;
    /// A signed-in person on one device: a family of refresh tokens.
    SessionId;
    /// Agents who take tickets together.
    TeamId;
    /// An earlier text of a ticket or comment.
    TextRevisionId;
    /// A ticket.
    TicketId;
    /// A link between two tickets.
    TicketLinkId;
    /// A file that was announced, or sent.
    UploadId;
    /// A person or machine that can act.
    UserId;
    /// One event for one webhook endpoint.
    WebhookDeliveryId;
    /// An address elsewhere that is told what happens here.
    WebhookEndpointId;
}
