//! Changing tickets.

use async_graphql::{Context, Object, Result};
use entity::{ids::TicketId, ticket};

use super::{
    super::{
        commands::{
            self,
            draft::NewTicket,
            incidents::{Answer, solve_problem},
        },
        queries,
    },
    incidents::SolvedIncidents,
    inputs::{
        AssignTicketInput, ChangeTicketLevelInput, ClaimTicketInput, CloseTicketInput,
        CreateTicketInput, EditTicketInput, FollowTicketInput, LinkTicketsInput, ReopenTicketInput,
        SetTicketPriorityInput, SolveTicketInput, TagTicketInput, WaitTicketInput,
    },
    types::Ticket,
};
use crate::{
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, UserError, errors::UserErrorCode, split_errors},
};

macro_rules! payloads {
    ($($name:ident of $mutation:literal;)+) => {$(
        #[doc = concat!("What came of `", $mutation, "`.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            /// The ticket as it is now. Null when refused; after `CONFLICT` and `ALREADY_CLAIMED` the
            /// ticket as somebody else has made it.
            ticket: Option<Ticket>,
            /// What a person can put right.
            user_errors: Vec<UserError>,
        }

        impl From<(Option<Ticket>, Vec<UserError>)> for $name {
            fn from((ticket, user_errors): (Option<Ticket>, Vec<UserError>)) -> Self {
                Self { ticket, user_errors }
            }
        }
    )+};
}

payloads! {
    EditTicketPayload of "editTicket";
    ClaimTicketPayload of "claimTicket";
    AssignTicketPayload of "assignTicket";
    ChangeTicketLevelPayload of "changeTicketLevel";
    SetTicketPriorityPayload of "setTicketPriority";
    TagTicketPayload of "tagTicket";
    WaitTicketPayload of "waitTicket";
    ReopenTicketPayload of "reopenTicket";
    CloseTicketPayload of "closeTicket";
    FollowTicketPayload of "followTicket";
    LinkTicketsPayload of "linkTickets";
}

/// What came of `createTicket`.
#[derive(async_graphql::SimpleObject)]
pub struct CreateTicketPayload {
    /// The new ticket; null when refused. After `TAKEN` the ticket that has the `externalId` already, where the caller may
    /// see it.
    ticket: Option<Ticket>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// What came of `solveTicket`.
#[derive(async_graphql::SimpleObject)]
pub struct SolveTicketPayload {
    /// The ticket as it is now. Null when refused; after `CONFLICT` the ticket as somebody else has made it.
    ticket: Option<Ticket>,
    /// With `solveIncidents`: what became of them. `solveIncidents` goes on where there are more.
    incidents: Option<SolvedIncidents>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

impl From<(Option<Ticket>, Vec<UserError>)> for SolveTicketPayload {
    fn from((ticket, user_errors): (Option<Ticket>, Vec<UserError>)) -> Self {
        Self {
            ticket,
            incidents: None,
            user_errors,
        }
    }
}

/// Changes to tickets.
#[derive(Default)]
pub struct TicketMutation;

#[Object]
impl TicketMutation {
    /// Opens a ticket: for oneself, or, as an agent or a machine, for anybody.
    async fn create_ticket(
        &self,
        ctx: &Context<'_>,
        input: CreateTicketInput,
    ) -> Result<CreateTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let new = NewTicket::from(input);
        let created = retry(|| commands::create::create(app, actor, &new)).await;
        let (mut ticket, user_errors) = split_errors(created, actor.locale())?;
        let is_taken = user_errors
            .iter()
            .any(|error| error.is(UserErrorCode::Taken));
        if let (true, Some(external_id)) = (is_taken, &new.external_id) {
            ticket = queries::find_own(app, actor, external_id).await?;
        }
        let ticket = ticket.map(Ticket);
        Ok(CreateTicketPayload {
            ticket,
            user_errors,
        })
    }

    /// Changes subject, description and custom fields. The requester may, and staff.
    async fn edit_ticket(
        &self,
        ctx: &Context<'_>,
        input: EditTicketInput,
    ) -> Result<EditTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (id, version) = (TicketId::of(&input.ticket_id), input.expected_version);
        let edit = input.edit();
        answer(
            ctx,
            id,
            retry(|| commands::edit::edit(app, actor, id, version, &edit)).await,
        )
        .await
    }

    /// Takes a ticket that nobody has. Of two agents who claim at once, one gets it and the other is
    /// told who did (`ALREADY_CLAIMED`).
    async fn claim_ticket(
        &self,
        ctx: &Context<'_>,
        input: ClaimTicketInput,
    ) -> Result<ClaimTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        answer(
            ctx,
            id,
            retry(|| commands::assign::claim(app, actor, id)).await,
        )
        .await
    }

    /// Gives a ticket to a team, to an agent, to both, or to nobody.
    async fn assign_ticket(
        &self,
        ctx: &Context<'_>,
        input: AssignTicketInput,
    ) -> Result<AssignTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let assign = || {
            commands::assign::assign(
                app,
                actor,
                id,
                input.expected_version,
                input.team(),
                input.assignee(),
            )
        };
        answer(ctx, id, retry(assign).await).await
    }

    /// Escalates a ticket to a level that is farther away, or brings it back to a nearer one. It goes
    /// to the new level's team where that level has one.
    async fn change_ticket_level(
        &self,
        ctx: &Context<'_>,
        input: ChangeTicketLevelInput,
    ) -> Result<ChangeTicketLevelPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let (version, rank) = (input.expected_version, input.level_rank);
        let change = || commands::level::change_level(app, actor, id, version, rank, &input.reason);
        answer(ctx, id, retry(change).await).await
    }

    /// Changes in which order a ticket is worked on.
    async fn set_ticket_priority(
        &self,
        ctx: &Context<'_>,
        input: SetTicketPriorityInput,
    ) -> Result<SetTicketPriorityPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (id, priority) = (TicketId::of(&input.ticket_id), input.priority.into());
        let set = || commands::edit::set_priority(app, actor, id, input.expected_version, priority);
        answer(ctx, id, retry(set).await).await
    }

    /// Adds and removes tags.
    async fn tag_ticket(
        &self,
        ctx: &Context<'_>,
        input: TagTicketInput,
    ) -> Result<TagTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let (add, remove) = (
            input.add.unwrap_or_default(),
            input.remove.unwrap_or_default(),
        );
        answer(
            ctx,
            id,
            retry(|| commands::edit::tag(app, actor, id, &add, &remove)).await,
        )
        .await
    }

    /// Lets a ticket wait: for its requester, for a third party, or until a date.
    async fn wait_ticket(
        &self,
        ctx: &Context<'_>,
        input: WaitTicketInput,
    ) -> Result<WaitTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (id, reason) = (TicketId::of(&input.ticket_id), input.reason.into());
        let wait =
            || commands::status::wait(app, actor, id, input.expected_version, reason, input.until);
        answer(ctx, id, retry(wait).await).await
    }

    /// Solves a ticket, with a comment or an article that says how, or without. Its own requester may
    /// too: "it works now". With a problem its incidents can be solved: each as a ticket alone would, and those that
    /// cannot are listed.
    async fn solve_ticket(
        &self,
        ctx: &Context<'_>,
        input: SolveTicketInput,
    ) -> Result<SolveTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let article = input.article();
        let (version, comment) = (input.expected_version, input.comment.as_deref());
        if !input.solve_incidents {
            let solve = || commands::status::solve(app, actor, id, version, comment, article);
            return answer(ctx, id, retry(solve).await).await;
        }
        let on_incidents = Answer {
            comment: input.incident_comment.as_deref().or(comment),
            article,
        };
        let solved = solve_problem(app, actor, id, version, comment, on_incidents).await;
        let (solved, incidents) = match solved {
            Ok((ticket, incidents)) => (Ok(ticket), Some(incidents)),
            Err(error) => (Err(error), None),
        };
        let mut payload: SolveTicketPayload = answer(ctx, id, solved).await?;
        let locale = actor.locale();
        payload.incidents = incidents.map(|incidents| SolvedIncidents::of(incidents, locale));
        Ok(payload)
    }

    /// Moves a ticket back to `OPEN`. From `SOLVED` it is a reopen, and counted; its own requester
    /// may do that. Staff can end a wait with it too.
    async fn reopen_ticket(
        &self,
        ctx: &Context<'_>,
        input: ReopenTicketInput,
    ) -> Result<ReopenTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let reopen = || commands::status::reopen(app, actor, id, input.comment.as_deref());
        answer(ctx, id, retry(reopen).await).await
    }

    /// Closes a solved ticket for good.
    async fn close_ticket(
        &self,
        ctx: &Context<'_>,
        input: CloseTicketInput,
    ) -> Result<CloseTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        answer(
            ctx,
            id,
            retry(|| commands::status::close(app, actor, id)).await,
        )
        .await
    }

    /// Links a ticket to another; staff only.
    async fn link_tickets(
        &self,
        ctx: &Context<'_>,
        input: LinkTicketsInput,
    ) -> Result<LinkTicketsPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let (other_id, kind) = (TicketId::of(&input.other_id), input.kind.into());
        let link = || commands::link::link(app, actor, id, other_id, kind);
        answer(ctx, id, retry(link).await).await
    }

    /// Follows a ticket, or stops following it.
    async fn follow_ticket(
        &self,
        ctx: &Context<'_>,
        input: FollowTicketInput,
    ) -> Result<FollowTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        answer(
            ctx,
            id,
            retry(|| commands::follow::follow(app, actor, id, input.follow)).await,
        )
        .await
    }
}

/// Makes the payload: the changed ticket, or what is wrong. Who lost to somebody else gets the
/// ticket as it is now.
async fn answer<P>(
    ctx: &Context<'_>,
    id: Option<TicketId>,
    result: CommandResult<ticket::Model>,
) -> Result<P>
where
    P: From<(Option<Ticket>, Vec<UserError>)>,
{
    let Caller { app, actor } = Caller::of(ctx)?;
    let (mut ticket, user_errors) = split_errors(result, actor.locale())?;
    let has_lost = |error: &UserError| {
        error.is(UserErrorCode::Conflict) || error.is(UserErrorCode::AlreadyClaimed)
    };
    if user_errors.iter().any(has_lost) {
        ticket = queries::find(app, actor, queries::Reference::Id(id)).await?;
    }
    Ok(P::from((ticket.map(Ticket), user_errors)))
}
