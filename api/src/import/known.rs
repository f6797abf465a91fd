//! What the rows of a batch refer to: people by e-mail, organizations and teams by name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use entity::{
    ids::{OrganizationId, TeamId, UserId},
    organization, team,
    user::{self, Availability, Kind, Locale},
};
use sea_orm::{EntityTrait, QueryOrder};

use super::{
    bulk,
    record::{Change, Person, Record, Ticket, User},
};
use crate::{
    app::Tx,
    directory::Snapshot,
    error::Result,
    events::Event,
    people::{CAPACITY, TIME_ZONE, folded_name},
    policy,
    sla::{self, Book},
};

pub(super) struct Known {
    pub(super) directory: Arc<Snapshot>,
    pub(super) book: Book,
    pub(super) users: HashMap<String, user::Model>,
    pub(super) organizations: HashMap<String, organization::Model>,
    pub(super) teams: HashMap<String, team::Model>,
    /// Who of those met so far takes tickets.
    pub(super) staff: HashSet<UserId>,
}

impl Known {
    /// Reads all that the rows name.
    pub(super) async fn load<'a>(
        tx: &Tx<'_>,
        directory: Arc<Snapshot>,
        records: impl Iterator<Item = &'a Record> + Clone,
    ) -> Result<Self> {
        let emails: HashSet<&str> = records.clone().flat_map(emails).collect();
        let names: HashSet<&str> = records.filter_map(organization_name).collect();
        let mut known = Self {
            directory,
            book: sla::book(tx.app()).await?,
            users: HashMap::new(),
            organizations: HashMap::new(),
            teams: HashMap::new(),
            staff: HashSet::new(),
        };
        for user in bulk::find_in(tx, user::Entity::find(), user::Column::Email, emails).await? {
            known.meet(user);
        }
        let by_age = organization::Entity::find().order_by_asc(organization::Column::Id);
        let organizations = bulk::find_in(tx, by_age, organization::Column::Name, names).await?;
        for organization in organizations {
            known
                .organizations
                .entry(organization.name.clone())
                .or_insert(organization);
        }
        let teams = team::Entity::find()
            .order_by_asc(team::Column::Name)
            .all(&**tx)
            .await?;
        known.teams = teams
            .into_iter()
            .map(|team| (team.name.clone(), team))
            .collect();
        Ok(known)
    }

    /// Reads who of these takes tickets.
    pub(super) async fn meet_all(&mut self, tx: &Tx<'_>, ids: HashSet<UserId>) -> Result<()> {
        for user in bulk::find_in(tx, user::Entity::find(), user::Column::Id, ids).await? {
            self.note_staff(&user);
        }
        Ok(())
    }

    pub(super) fn meet(&mut self, user: user::Model) {
        self.note_staff(&user);
        if let Some(email) = &user.email {
            self.users.insert(email.clone(), user);
        }
    }

    fn note_staff(&mut self, user: &user::Model) {
        if policy::joins_teams(user.role) {
            self.staff.insert(user.id);
        } else {
            self.staff.remove(&user.id);
        }
    }

    /// The person with this address.
    pub(super) fn user(&self, field: &str, email: &str) -> Result<&user::Model, String> {
        self.users
            .get(email)
            .ok_or_else(|| format!("{field}: nobody has the address {email}"))
    }

    /// An agent, lead or admin with this address.
    pub(super) fn agent(&self, field: &str, email: &str) -> Result<&user::Model, String> {
        let user = self.user(field, email)?;
        if policy::joins_teams(user.role) {
            Ok(user)
        } else {
            Err(format!("{field}: {email} is not an agent"))
        }
    }

    pub(super) fn team(&self, field: &str, name: &str) -> Result<TeamId, String> {
        self.teams
            .get(name)
            .map(|team| team.id)
            .ok_or_else(|| format!("{field}: there is no team {name}"))
    }

    pub(super) fn organization(&self, name: &str) -> Result<OrganizationId, String> {
        let found = self.organizations.get(name);
        found
            .map(|organization| organization.id)
            .ok_or_else(|| format!("organization: there is no {name}"))
    }

    /// Makes requesters of the people whom nobody knows yet.
    pub(super) async fn create_missing<'a>(
        &mut self,
        tx: &mut Tx<'_>,
        people: impl Iterator<Item = &'a Person>,
    ) -> Result<()> {
        let mut missing: HashMap<&str, &Person> = HashMap::new();
        for person in people.filter(|person| !self.users.contains_key(&person.email)) {
            missing.entry(&person.email).or_insert(person);
        }
        let mut users: Vec<user::Model> = missing
            .into_values()
            .map(|person| new_user(tx, &person.email, person.name.as_deref()))
            .collect();
        users.sort_by_key(|user| user.id);
        bulk::insert::<user::Entity, _>(tx, users.iter().cloned()).await?;
        for user in users {
            tx.record(Event::UserCreated { user_id: user.id });
            self.meet(user);
        }
        Ok(())
    }
}

/// A requester without a password.
pub(super) fn new_user(tx: &Tx<'_>, email: &str, name: Option<&str>) -> user::Model {
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or(email));
    user::Model {
        id: UserId(tx.new_id()),
        kind: Kind::Person,
        role: policy::ROLE_OF_STRANGERS,
        name: name.to_owned(),
        name_folded: folded_name(name),
        email: Some(email.to_owned()),
        locale: Locale::default(),
        time_zone: TIME_ZONE.to_owned(),
        organization_id: None,
        availability: Availability::Offline,
        capacity: CAPACITY,
        password_hash: None,
        disabled_at: None,
        external_id: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

fn emails(record: &Record) -> Vec<&str> {
    match record {
        Record::Organization(_) | Record::Team(_) | Record::Article(_) => Vec::new(),
        Record::User(user) => vec![&user.email],
        Record::Ticket(ticket) => ticket_emails(ticket),
        Record::Comment(comment) => vec![&comment.author.email],
    }
}

fn ticket_emails(ticket: &Ticket) -> Vec<&str> {
    let mut emails = vec![ticket.requester.email.as_str()];
    emails.extend(ticket.assignee.as_deref());
    emails.extend(
        ticket
            .knowledge
            .iter()
            .filter_map(|link| link.by.as_deref()),
    );
    for step in ticket.history.iter().flatten() {
        emails.extend(step.by.as_deref());
        if let Change::Assignee { to } = &step.change {
            emails.extend(to.as_deref());
        }
    }
    emails
}

fn organization_name(record: &Record) -> Option<&str> {
    match record {
        Record::Organization(organization) => Some(&organization.name),
        Record::User(User { organization, .. }) => organization.as_deref(),
        Record::Team(_) | Record::Article(_) | Record::Ticket(_) | Record::Comment(_) => None,
    }
}
