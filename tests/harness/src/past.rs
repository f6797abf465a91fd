//! Builders of what happened before a test: the real commands, in somebody's name.

use entity::{
    comment::{self, Visibility},
    ids::TeamId,
    ticket::{self, Priority, Status, WaitingReason},
};
use guichet::{
    actor::Actor,
    input::Named,
    ticket::{
        NewTicket, Requester,
        commands::{assign, create, status},
    },
};

use crate::{Client, TestServer};

impl TestServer {
    /// A ticket of Rosa's, unless said otherwise. Agnes does what staff must have done.
    pub fn ticket(&self) -> TicketBuilder<'_> {
        TicketBuilder {
            server: self,
            new: NewTicket {
                subject: "The printer is on fire".to_owned(),
                description: "It **burns**.".to_owned(),
                ..NewTicket::default()
            },
            by: self.requester(),
            opened_by: None,
            team: Named::Absent,
            assignee: None,
            status: Status::New,
        }
    }

    /// A public comment of Agnes's on `ticket`, unless said otherwise.
    pub fn comment(&self, ticket: &ticket::Model) -> CommentBuilder<'_> {
        CommentBuilder {
            server: self,
            ticket: ticket.clone(),
            by: self.agent(),
            body: "Have you tried *water*?".to_owned(),
            visibility: Visibility::Public,
            is_solution: false,
        }
    }
}

/// A ticket to be made.
#[must_use]
pub struct TicketBuilder<'a> {
    server: &'a TestServer,
    new: NewTicket,
    by: Client,
    opened_by: Option<Client>,
    team: Named<TeamId>,
    assignee: Option<Client>,
    status: Status,
}

impl TicketBuilder<'_> {
    pub fn subject(mut self, subject: &str) -> Self {
        subject.clone_into(&mut self.new.subject);
        self
    }

    pub fn description(mut self, description: &str) -> Self {
        description.clone_into(&mut self.new.description);
        self
    }

    /// Whose ticket it is.
    pub fn by(mut self, requester: &Client) -> Self {
        self.by = requester.clone();
        self
    }

    /// Who opened it, where that was not the requester.
    pub fn opened_by(mut self, staff: &Client) -> Self {
        self.opened_by = Some(staff.clone());
        self
    }

    pub fn level(mut self, rank: i32) -> Self {
        self.new.level_rank = Some(rank);
        self
    }

    pub fn priority(mut self, priority: Priority) -> Self {
        self.new.priority = Some(priority);
        self
    }

    pub fn tag(mut self, tag: &str) -> Self {
        self.new.tags.push(tag.to_owned());
        self
    }

    /// What another system calls it; staff opened it then.
    pub fn external_id(mut self, external_id: &str) -> Self {
        self.new.external_id = Some(external_id.to_owned());
        self.opened_by.get_or_insert_with(|| self.server.agent());
        self
    }

    /// Everything else that a new ticket can have.
    pub fn with(mut self, change: impl FnOnce(&mut NewTicket)) -> Self {
        change(&mut self.new);
        self
    }

    pub fn team(mut self, team: TeamId) -> Self {
        self.team = Named::Id(team);
        self
    }

    pub fn assigned_to(mut self, agent: &Client) -> Self {
        self.assignee = Some(agent.clone());
        self
    }

    pub const fn open(self) -> Self {
        self.moved_to(Status::Open)
    }

    /// Waiting for the requester.
    pub const fn waiting(self) -> Self {
        self.moved_to(Status::Waiting)
    }

    pub const fn solved(self) -> Self {
        self.moved_to(Status::Solved)
    }

    pub const fn closed(self) -> Self {
        self.moved_to(Status::Closed)
    }

    pub const fn moved_to(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Makes it, and gives it as it is in the end. Boxed, so that what tests hold stays small.
    pub async fn create(self) -> ticket::Model {
        Box::pin(self.make()).await
    }

    async fn make(mut self) -> ticket::Model {
        let app = self.server.app();
        let opener = self.opened_by.clone().unwrap_or_else(|| self.by.clone());
        if self.opened_by.is_some() {
            self.new.requester = Requester::User(Some(self.by.user_id()));
        }
        let actor = opener.actor().await;
        let ticket = create::create(app, &actor, &self.new).await;
        let mut ticket = ticket.expect("a ticket");
        let staff = self.server.agent().actor().await;
        let assignee = match &self.assignee {
            Some(agent) => Named::Id(agent.user_id()),
            None => Named::Absent,
        };
        if (self.team, assignee) != (Named::Absent, Named::Absent) {
            let given = assign::assign(app, &staff, Some(ticket.id), None, self.team, assignee);
            ticket = given.await.expect("a team and an agent");
        }
        self.move_to_status(ticket, &staff).await
    }

    /// By the shortest way.
    async fn move_to_status(&self, ticket: ticket::Model, staff: &Actor) -> ticket::Model {
        let (app, id) = (self.server.app(), Some(ticket.id));
        let moved = match self.status {
            Status::New => Ok(ticket),
            Status::Open if ticket.status == Status::Open => Ok(ticket),
            Status::Open => status::reopen(app, staff, id, None).await,
            Status::Waiting => {
                status::wait(app, staff, id, None, WaitingReason::Requester, None).await
            }
            Status::Solved => status::solve(app, staff, id, None, None, Named::Absent).await,
            Status::Closed => {
                let solved = status::solve(app, staff, id, None, None, Named::Absent).await;
                solved.expect("a solved ticket");
                status::close(app, staff, id).await
            }
        };
        moved.expect("a legal move")
    }
}

/// A comment to be made.
#[must_use]
pub struct CommentBuilder<'a> {
    server: &'a TestServer,
    ticket: ticket::Model,
    by: Client,
    body: String,
    visibility: Visibility,
    is_solution: bool,
}

impl CommentBuilder<'_> {
    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    pub fn by(mut self, author: &Client) -> Self {
        self.by = author.clone();
        self
    }

    /// For staff only.
    pub const fn internal(mut self) -> Self {
        self.visibility = Visibility::Internal;
        self
    }

    pub const fn solution(mut self) -> Self {
        self.is_solution = true;
        self
    }

    pub async fn create(self) -> comment::Model {
        let actor = self.by.actor().await;
        let adding = guichet::comment::add(
            self.server.app(),
            &actor,
            Some(self.ticket.id),
            &self.body,
            self.visibility,
            self.is_solution,
            &[],
        );
        Box::pin(adding).await.expect("a comment").comment
    }
}
