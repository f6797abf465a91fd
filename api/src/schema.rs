//! The slices' roots merged into one schema.

use std::sync::Arc;

use async_graphql::{
    Context, ID, Interface, MergedObject, MergedSubscription, Object, Request, Result,
    SDLExportOptions, Schema as Built, dataloader::Loader,
};
use entity::ids::{
    ArticleCategoryId, ArticleId, AttachmentId, CalendarId, CommentId, KnowledgeLinkId, MacroId,
    OrganizationId, ServiceLevelPolicyId, TeamId, TicketId, UserId,
};

use crate::{
    actor::Actor,
    app::App,
    application::graphql::{ApplicationMutation, ApplicationQuery},
    assignment::graphql::AssignmentMutation,
    attachment::{
        graphql::{Attachment, AttachmentMutation, attachment_node},
        loaders::AttachmentLoader,
    },
    audit::graphql::AuditQuery,
    bulk::graphql::{BulkCreateMutation, BulkMutation, BulkQuery, BulkSubscription},
    calendar::{
        self,
        graphql::{CalendarMutation, CalendarQuery},
        loaders::CalendarLoader,
    },
    change_feed::graphql::ChangeFeedQuery,
    comment::{self, graphql::CommentMutation, loaders::CommentLoader},
    custom_field::graphql::{CustomField, CustomFieldMutation, CustomFieldQuery},
    graphql::{
        Caller, GlobalId, Since,
        ids::{FieldKey, LevelRank},
        loader::{Batched, SharedError, Source, install},
    },
    help::{
        self,
        graphql::{HelpMetricsQuery, HelpMutation, HelpQuery, KnowledgeGapQuery},
    },
    knowledge::{
        self,
        graphql::{KnowledgeMutation, KnowledgeQuery},
        loaders::{ArticleLoader, KnowledgeLoader},
        queries::Linked,
    },
    level::graphql::{EscalationMutation, Level, LevelMutation, LevelQuery},
    measures::graphql::MetricsQuery,
    merge::graphql::MergeMutation,
    notification::graphql::NotificationSubscription,
    oidc::graphql::{OidcMutation, OidcQuery},
    people::{
        self,
        graphql::{
            AdministrationMutation, PeopleMutation, PeopleQuery, PeopleUpsertMutation,
            TeamsMutation,
        },
    },
    policy,
    presence::graphql::{PresenceMutation, PresenceSubscription},
    queue::{
        self,
        graphql::{NextMutation, QueueMutation, QueueQuery, QueueSubscription},
        loaders::QueueLoader,
    },
    rating::graphql::RatingMutation,
    search::graphql::SearchQuery,
    session::graphql::SessionMutation,
    sla::{
        self,
        graphql::{ServiceLevelMutation, ServiceLevelQuery},
    },
    ticket::{
        self,
        graphql::{
            IncidentMutation, SplitMutation, TicketMutation, TicketQuery, TicketSubscription,
        },
        loaders::{
            CountLoader, DetailLoader, FollowLoader, IncidentLoader, LinkLoader, ListLoader,
            SimilarLoader, TicketLoader,
        },
    },
    ticket_macro::{
        self,
        graphql::{MacroMutation, MacroQuery},
        loaders::MacroLoader,
    },
    timeline::loaders::{FieldChangeLoader, LevelChangeLoader, TimelineLoader},
    token::graphql::{TokenMutation, TokenQuery},
    totp::graphql::{TotpMutation, TotpQuery},
    webhook::{
        graphql::{WebhookMutation, WebhookQuery},
        loaders::AttemptLoader,
    },
};

/// The most that `nodes` looks up at once.
const NODES_MAX: usize = 100;

pub type Schema = Built<Query, Mutation, Subscription>;

/// What can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    NodeQuery,
    TicketQuery,
    LevelQuery,
    PeopleQuery,
    KnowledgeQuery,
    QueueQuery,
    MacroQuery,
    CustomFieldQuery,
    CalendarQuery,
    ServiceLevelQuery,
    HelpQuery,
    HelpMetricsQuery,
    KnowledgeGapQuery,
    SearchQuery,
    MetricsQuery,
    TokenQuery,
    AuditQuery,
    WebhookQuery,
    ChangeFeedQuery,
    BulkQuery,
    TotpQuery,
    ApplicationQuery,
    OidcQuery,
);

/// What can be changed. One mutation for each intention; what a person can put right is in the
/// payload's `userErrors`, and then nothing was changed.
#[derive(Default, MergedObject)]
pub struct Mutation(
    SessionMutation,
    TicketMutation,
    SplitMutation,
    IncidentMutation,
    RatingMutation,
    CommentMutation,
    MergeMutation,
    KnowledgeMutation,
    QueueMutation,
    NextMutation,
    MacroMutation,
    PeopleMutation,
    AdministrationMutation,
    TeamsMutation,
    PeopleUpsertMutation,
    AssignmentMutation,
    CustomFieldMutation,
    PresenceMutation,
    CalendarMutation,
    ServiceLevelMutation,
    LevelMutation,
    HelpMutation,
    EscalationMutation,
    AttachmentMutation,
    TokenMutation,
    WebhookMutation,
    BulkMutation,
    BulkCreateMutation,
    TotpMutation,
    ApplicationMutation,
    OidcMutation,
);

/// What can be followed live, over WebSocket or as server-sent events. Every change that the viewer
/// may see arrives, in order, at least once; where that cannot be kept, the stream ends with the error
/// `RESYNC`, and the client reads again.
#[derive(Default, MergedSubscription)]
pub struct Subscription(
    QueueSubscription,
    TicketSubscription,
    NotificationSubscription,
    PresenceSubscription,
    BulkSubscription,
);

/// Builds the schema. What belongs to one request comes with it: [`request_data`].
pub fn build() -> Schema {
    Built::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    )
    .finish()
}

/// The schema as text, as `schema.graphql` has it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .use_space_ident();
    build().sdl_with_options(options)
}

/// Puts into a request who asks, and loaders of its own. They remember what they loaded where nothing
/// changes while the request runs. Call it on the runtime that executes it.
pub fn request_data(
    request: Request,
    app: &Arc<App>,
    actor: Option<Actor>,
    remembers: bool,
) -> Request {
    let since = Since(app.feed.head());
    let request = request
        .data(Arc::clone(app))
        .data(actor.clone())
        .data(since);
    // Who signs in is shown themselves.
    let request = people::loaders::install_all(request, app, actor.as_ref(), remembers);
    let Some(actor) = actor else { return request };
    let source = Source {
        app: Arc::clone(app),
        actor,
        remembers,
    };
    let request = install(request, remembers, TicketLoader(source.clone()));
    let request = install(request, remembers, DetailLoader(source.clone()));
    let request = install(request, remembers, FollowLoader(source.clone()));
    let request = install(request, remembers, LinkLoader(source.clone()));
    let request = install(request, remembers, IncidentLoader(source.clone()));
    let request = install(request, remembers, SimilarLoader(source.clone()));
    let request = install(request, remembers, CountLoader(source.clone()));
    let request = install(request, remembers, ListLoader(source.clone()));
    let request = install(request, remembers, QueueLoader(source.clone()));
    let request = install(request, remembers, MacroLoader(source.clone()));
    let request = install(request, remembers, CalendarLoader(source.clone()));
    let request = install(request, remembers, CommentLoader(source.clone()));
    let request = install(request, remembers, AttachmentLoader(source.clone()));
    let request = install(request, remembers, TimelineLoader(source.clone()));
    let request = install(request, remembers, LevelChangeLoader(source.clone()));
    let request = install(request, remembers, FieldChangeLoader(source.clone()));
    let request = install(request, remembers, AttemptLoader(source.clone()));
    let request = help::loaders::install_all(request, &source);
    knowledge::loaders::install_all(request, &source)
}

/// Something with a global id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Names this thing, and no other, for good."
))]
#[expect(clippy::large_enum_variant, reason = "one is made for each answer")]
pub enum Node {
    Ticket(ticket::graphql::Ticket),
    Comment(comment::graphql::Comment),
    Attachment(Attachment),
    Level(Level),
    User(people::graphql::User),
    Team(people::graphql::Team),
    Organization(people::graphql::Organization),
    Article(knowledge::graphql::Article),
    ArticleCategory(knowledge::graphql::ArticleCategory),
    KnowledgeLink(knowledge::graphql::KnowledgeLink),
    Queue(queue::graphql::Queue),
    Macro(ticket_macro::graphql::Macro),
    CustomField(CustomField),
    Calendar(calendar::graphql::Calendar),
    ServiceLevelPolicy(sla::graphql::ServiceLevelPolicy),
}

/// Look-ups by global id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its global id; null where there is nothing that the viewer may read.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
    ) -> Result<Option<Node>> {
        Caller::of(ctx)?;
        find(ctx, &id).await
    }

    /// Things by their global ids, at most 100, in the order of the ids; null for each that does not
    /// exist or that the viewer may not read.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 global ids.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        Caller::of(ctx)?;
        if ids.len() > NODES_MAX {
            return Err(crate::error::Error::BadInput("at most 100 ids").into());
        }
        futures_util::future::try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    let Caller { app, actor } = Caller::of(ctx)?;
    if let Some(id) = TicketId::of(id) {
        return Ok(ticket::graphql::ticket_field(ctx, id)
            .await?
            .map(Node::Ticket));
    }
    if let Some(id) = CommentId::of(id) {
        let comment = load::<CommentLoader, _>(ctx, id).await?;
        return Ok(comment.map(|row| Node::Comment(comment::graphql::Comment::of(row))));
    }
    if let Some(id) = AttachmentId::of(id) {
        return Ok(attachment_node(ctx, id).await?.map(Node::Attachment));
    }
    if let Some(LevelRank(rank)) = LevelRank::of(id) {
        let level = Level::of(app.directory().await?, rank, actor);
        return Ok(level
            .filter(|_| policy::sees_levels(actor))
            .map(Node::Level));
    }
    if let Some(FieldKey(key)) = FieldKey::of(id) {
        let directory = app.directory().await?;
        return Ok(CustomField::find(&directory, &key, actor).map(Node::CustomField));
    }
    if let Some(id) = TeamId::of(id) {
        let team = people::queries::find_team(app, actor, id).await?;
        return Ok(team.map(|row| Node::Team(people::graphql::Team(row))));
    }
    if let Some(id) = OrganizationId::of(id) {
        let organization = people::graphql::organization_node(ctx, id).await?;
        return Ok(organization.map(Node::Organization));
    }
    if let Some(id) = UserId::of(id) {
        return Ok(people::graphql::user_node(ctx, id).await?.map(Node::User));
    }
    if let Some(id) = ArticleId::of(id) {
        let article = load::<ArticleLoader, _>(ctx, id).await?;
        return Ok(article.map(|row| Node::Article(knowledge::graphql::Article(row))));
    }
    if let Some(id) = ArticleCategoryId::of(id) {
        let category = knowledge::graphql::category_node(ctx, id).await?;
        return Ok(category.map(Node::ArticleCategory));
    }
    if let Some(id) = KnowledgeLinkId::of(id) {
        let linked = load::<KnowledgeLoader, _>(ctx, id).await?;
        return Ok(linked.map(|linked| Node::KnowledgeLink(Linked::clone(&linked).into())));
    }
    if let Some(id) = CalendarId::of(id) {
        let calendar = load::<CalendarLoader, _>(ctx, id).await?;
        return Ok(calendar.map(|row| Node::Calendar(calendar::graphql::Calendar(row))));
    }
    if let Some(id) = ServiceLevelPolicyId::of(id) {
        let policy = sla::graphql::find(ctx, id).await?;
        return Ok(policy.map(Node::ServiceLevelPolicy));
    }
    if let Some(id) = MacroId::of(id) {
        let kept = load::<MacroLoader, _>(ctx, id).await?;
        return Ok(kept.map(|row| Node::Macro(ticket_macro::graphql::Macro(row))));
    }
    let Some(key) = queue::Key::of(id) else {
        return Ok(None);
    };
    let queue = load::<QueueLoader, _>(ctx, key).await?;
    Ok(queue.map(|view| Node::Queue(queue::graphql::Queue(view))))
}

/// One of what `nodes` asks for: those of a kind are read together.
async fn load<L, I>(ctx: &Context<'_>, id: I) -> Result<Option<L::Value>>
where
    L: Loader<I, Error = SharedError>,
    I: std::hash::Hash + Eq + Clone + Send + Sync + 'static,
{
    Ok(ctx.data_unchecked::<Batched<L>>().load_one(id).await?)
}
