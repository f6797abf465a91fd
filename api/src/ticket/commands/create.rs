//! Opening a ticket.

use std::sync::Arc;

use entity::{
    ids::{OrganizationId, TicketId, UserId},
    json::{ApplicationContext, CustomFields, Fields, Tags},
    level,
    ticket::{self, Channel, NEVER, ServicePhase, Status, Warning},
    ticket_detail, ticket_tag, user,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, Set, Statement,
};

use super::{
    super::{change::assignment_of, deadline::store_timers, integration_of},
    draft::{Draft, NewTicket, Requester, check, level_for},
};
use crate::{
    actor::Actor,
    app::{App, Tx, is_taken},
    assignment,
    attachment::{self, Owner},
    custom_field,
    directory::Snapshot,
    error::{Error, Result},
    events::{Assignment, Event, Handing},
    help,
    index::Document,
    people,
    policy::{self, Action},
    refusal::Refusal,
    session,
    sla::{self, Timers},
    text,
};

/// The first ticket's number is one more; numbers of four digits are easily said on the phone.
const NUMBER_BEFORE_FIRST: i32 = 1_000;

pub async fn create(app: &App, actor: &Actor, new: &NewTicket) -> Result<ticket::Model> {
    let directory = app.directory().await?;
    let level = level_for(&directory, new.level_rank)?;
    let help_session = match &new.help_session {
        Some(name) => help::find_session(app, actor, name).await?,
        None => None,
    };
    let is_session_unknown = help_session.is_none() && new.help_session.is_some();
    let mut draft = check(actor, new, level, &directory, is_session_unknown)?;
    let embedding = session::embedding_of(app, actor).await?;
    if embedding.is_some() && new.channel.is_none() {
        draft.channel = Channel::Embedded;
    }
    let context = new.context.clone();

    let mut tx = app.begin(actor).await?;
    let requester = find_requester(&mut tx, actor, &new.requester).await?;
    let details = Details {
        description: draft.description.clone(),
        context: context.or(embedding.and_then(|embedding| embedding.context)),
        custom_fields: draft.custom_fields.clone(),
    };
    let fields = custom_field::facts_of(&directory.fields, &draft.custom_fields);
    let mut ticket = row(&tx, draft, level, &Person::of(&requester)).await?;
    ticket.fields = fields;
    let ticket = insert(&mut tx, ticket, details).await?;
    attachment::attach(&tx, &new.uploads, Owner::Ticket(ticket.id)).await?;
    if let Some(help) = help_session {
        Box::pin(help::attach(&mut tx, &ticket, &help)).await?;
    }
    tx.commit().await?;
    // The answer is likely to name them.
    app.people.keep_user(&Arc::new(requester));
    Ok(ticket)
}

/// Opens the follow-up of a closed ticket, for the requester who wrote on it again.
pub async fn open_follow_up(
    tx: &mut Tx<'_>,
    closed: &ticket::Model,
    directory: &Snapshot,
) -> Result<ticket::Model> {
    let description = match tx.actor().locale() {
        user::Locale::En => {
            format!("Follow-up of {}.", super::super::reference(closed.number))
        }
        user::Locale::Fr => format!("Suite de {}.", super::super::reference(closed.number)),
    };
    let part = Part {
        subject: closed.subject.clone(),
        description,
        requester_id: closed.requester_id,
        organization_id: closed.organization_id,
    };
    open_of(tx, closed, part, Beginning::FollowUp, directory).await
}

/// What goes on by itself.
pub(super) struct Part {
    pub(super) subject: String,
    pub(super) description: String,
    pub(super) requester_id: UserId,
    pub(super) organization_id: Option<OrganizationId>,
}

/// Opens a ticket that was part of another until now.
pub(super) async fn open_part(
    tx: &mut Tx<'_>,
    of: &ticket::Model,
    part: Part,
    directory: &Snapshot,
) -> Result<ticket::Model> {
    open_of(tx, of, part, Beginning::Part, directory).await
}

/// How a ticket comes of another.
#[derive(Clone, Copy)]
enum Beginning {
    FollowUp,
    Part,
}

async fn open_of(
    tx: &mut Tx<'_>,
    of: &ticket::Model,
    part: Part,
    beginning: Beginning,
    directory: &Snapshot,
) -> Result<ticket::Model> {
    let level = level_for(directory, Some(of.level_rank.into()))?;
    let (priority, follow_up_of_id) = match beginning {
        Beginning::FollowUp => (level.default_priority, Some(of.id)),
        Beginning::Part => (of.priority, None),
    };
    let draft = Draft {
        subject: part.subject,
        description: part.description.clone(),
        priority,
        channel: of.channel,
        tags: Vec::new(),
        team_id: of.team_id,
        external_id: None,
        custom_fields: CustomFields::default(),
    };
    let requester = Person {
        id: part.requester_id,
        organization_id: part.organization_id,
    };
    let mut ticket = row(tx, draft, level, &requester).await?;
    ticket.follow_up_of_id = follow_up_of_id;
    let details = Details {
        description: part.description,
        context: None,
        custom_fields: CustomFields::default(),
    };
    insert(tx, ticket, details).await
}

struct Person {
    id: UserId,
    organization_id: Option<OrganizationId>,
}

impl Person {
    const fn of(user: &user::Model) -> Self {
        Self {
            id: user.id,
            organization_id: user.organization_id,
        }
    }
}

struct Details {
    description: String,
    context: Option<ApplicationContext>,
    custom_fields: CustomFields,
}

async fn find_requester(
    tx: &mut Tx<'_>,
    actor: &Actor,
    requester: &Requester,
) -> Result<user::Model> {
    let user = match requester {
        Requester::Actor => {
            let id = actor.id().ok_or(Refusal::Required {
                field: "requesterId",
            })?;
            people::find_in(tx, id).await?
        }
        Requester::User(id) => {
            let found = match id {
                Some(id) => people::find_visible_in(tx, *id).await?,
                None => None,
            };
            found.ok_or(Refusal::NotFound {
                field: "requesterId",
            })?
        }
        Requester::Email(email) => {
            authorize_for_others(actor, "requesterEmail")?;
            people::find_or_create_requester(tx, "requesterEmail", email).await?
        }
    };
    if !policy::may(actor, Action::CreateTicket { requester: user.id }) {
        return Err(Refusal::Forbidden {
            field: Some("requesterId"),
        }
        .into());
    }
    Ok(user)
}

/// Asked before an address is looked up, so that nobody learns which addresses are known.
fn authorize_for_others(actor: &Actor, field: &'static str) -> Result<()> {
    let nobody = UserId(uuid::Uuid::nil());
    if policy::may(actor, Action::CreateTicket { requester: nobody }) {
        Ok(())
    } else {
        Err(Refusal::Forbidden { field: Some(field) }.into())
    }
}

async fn row(
    tx: &Tx<'_>,
    draft: Draft,
    level: &level::Model,
    requester: &Person,
) -> Result<ticket::Model> {
    Ok(ticket::Model {
        id: TicketId(tx.new_id()),
        number: next_number(tx).await?,
        integration_id: integration_of(tx.actor()),
        external_id: draft.external_id,
        version: 1,
        subject_folded: text::fold(&draft.subject),
        subject: draft.subject,
        status: Status::New,
        waiting_reason: None,
        waiting_until: None,
        priority: draft.priority,
        level_rank: level.rank,
        channel: draft.channel,
        requester_id: requester.id,
        organization_id: requester.organization_id,
        team_id: draft.team_id,
        assignee_id: None,
        tags: Tags(draft.tags),
        fields: Fields::default(),
        public_comment_count: 0,
        internal_comment_count: 0,
        last_public_comment: None,
        last_internal_comment: None,
        timers: String::new(),
        service_phase: ServicePhase::Met,
        next_due_at: NEVER,
        at_risk_at: NEVER,
        warning: Warning::None,
        next_deadline_at: None,
        terms_version: 0,
        reopen_count: 0,
        merged_into_id: None,
        merged_tickets: None,
        follow_up_of_id: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        first_replied_at: None,
        solved_at: None,
        closed_at: None,
    })
}

async fn insert(
    tx: &mut Tx<'_>,
    mut ticket: ticket::Model,
    details: Details,
) -> Result<ticket::Model> {
    let book = sla::book(tx.app()).await?;
    ticket.terms_version = book.version();
    let timers = Timers::start(book.terms_of(&ticket), tx.now());
    store_timers(&mut ticket, &timers, tx.close_after())?;
    let handed = Box::pin(assignment::choose(tx, &ticket)).await?;
    if let Some((agent, _)) = handed {
        ticket.assignee_id = Some(agent);
        ticket.status = Status::Open;
    }
    let inserted = ticket::Entity::insert(ticket.clone().into_active_model().reset_all())
        .exec_without_returning(&**tx)
        .await;
    inserted.map_err(taken_or_internal)?;
    let directory = tx.app().directory().await?;
    tx.index_as(Document::ticket(
        &ticket,
        &details.description,
        &directory.fields,
        &details.custom_fields,
    ));
    let details = ticket_detail::ActiveModel {
        ticket_id: Set(ticket.id),
        description_html: Set(text::markdown::to_html(&details.description)),
        description: Set(details.description),
        context: Set(details.context),
        custom_fields: Set(details.custom_fields),
        satisfaction: Set(None),
    };
    ticket_detail::Entity::insert(details)
        .exec_without_returning(&**tx)
        .await?;
    insert_tags(tx, ticket.id, &ticket.tags.0).await?;
    custom_field::store(tx, ticket.id, &Fields::default(), &ticket.fields).await?;
    tx.record(Event::TicketCreated {
        ticket_id: ticket.id,
    });
    if let Some((_, why)) = handed {
        record_handing(tx, &ticket, why);
    }
    tx.record_change(None, &ticket)?;
    Ok(ticket)
}

/// A ticket that is given to somebody as it comes in is opened so.
fn record_handing(tx: &mut Tx<'_>, ticket: &ticket::Model, why: Handing) {
    let (ticket_id, to) = (ticket.id, assignment_of(ticket));
    let from = Assignment {
        assignee_id: None,
        ..to
    };
    tx.by_itself(|tx| {
        tx.record(Event::TicketHanded {
            ticket_id,
            from,
            to,
            why,
        });
        tx.record(Event::TicketOpened {
            ticket_id,
            from: Status::New,
        });
    });
}

/// Of all that is unique on a ticket only the external id comes from outside.
fn taken_or_internal(error: sea_orm::DbErr) -> Error {
    if is_taken(&error) {
        Refusal::Taken {
            field: "externalId",
        }
        .into()
    } else {
        error.into()
    }
}

/// Writes tags again as rows, for filters.
pub(super) async fn insert_tags(tx: &Tx<'_>, ticket_id: TicketId, tags: &[String]) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    let rows = tags.iter().map(|tag| ticket_tag::ActiveModel {
        ticket_id: Set(ticket_id),
        tag: Set(tag.clone()),
    });
    ticket_tag::Entity::insert_many(rows)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

async fn next_number(tx: &Tx<'_>) -> Result<i32> {
    let numbers = next_numbers(tx, 1).await?;
    Ok(*numbers
        .first()
        .ok_or_else(|| anyhow::anyhow!("no next ticket number"))?)
}

/// The numbers of so many new tickets, in their order.
pub async fn next_numbers(tx: &Tx<'_>, count: usize) -> Result<Vec<i32>> {
    let sql = match tx.get_database_backend() {
        DbBackend::Postgres => {
            format!("SELECT nextval('ticket_number')::integer FROM generate_series(1, {count})")
        }
        _ => format!("SELECT coalesce(max(number), {NUMBER_BEFORE_FIRST}) + 1 FROM tickets"),
    };
    let statement = Statement::from_string(tx.get_database_backend(), sql);
    let rows = tx.query_all_raw(statement).await?;
    let numbers: Vec<i32> = rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?;
    match tx.get_database_backend() {
        DbBackend::Postgres => Ok(numbers),
        // One writer at a time: what follows the greatest is free.
        _ => Ok(numbers
            .iter()
            .flat_map(|first| *first..)
            .take(count)
            .collect()),
    }
}
