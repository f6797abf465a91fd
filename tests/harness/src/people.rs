//! Who is there from the start, in every test the same.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use entity::{
    ids::{OrganizationId, TeamId},
    organization, team,
    user::{self, Role},
};
use guichet::{
    actor::Actor,
    app::App,
    clock::Clock,
    people::commands::{self, NewOrganization, NewTeam, NewUser},
};
use sea_orm::EntityTrait;

use crate::{Client, TestServer, start_of_tests};

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery staple";

/// The names of two organizations and two teams.
const SHARING: &str = "Harbour";
const DISCREET: &str = "Summit";
const INTERNAL: &str = "Support";
const EXTERNAL: &str = "Vendor";

/// Name, role, organization, team. The address is the first name at `desk.test`.
const PEOPLE: [(&str, Role, Option<&str>, Option<&str>); 8] = [
    ("Rosa Requester", Role::Requester, Some(SHARING), None),
    ("Colin Colleague", Role::Requester, Some(SHARING), None),
    ("Stella Stranger", Role::Requester, Some(DISCREET), None),
    ("Nils Neighbour", Role::Requester, Some(DISCREET), None),
    ("Agnes Agent", Role::Agent, None, Some(INTERNAL)),
    ("Leo Lead", Role::Lead, None, Some(INTERNAL)),
    ("Ada Admin", Role::Admin, None, None),
    ("Emil External", Role::Agent, None, Some(EXTERNAL)),
];

/// The people of the template, by address, and where they belong.
pub(crate) struct Cast {
    users: BTreeMap<String, user::Model>,
    organizations: BTreeMap<String, OrganizationId>,
    teams: BTreeMap<String, TeamId>,
}

impl Cast {
    pub(crate) async fn read(app: &App) -> Self {
        let db = &app.store.read;
        let users = user::Entity::find().all(db).await.expect("users");
        let organizations = organization::Entity::find().all(db).await;
        let teams = team::Entity::find().all(db).await.expect("teams");
        Self {
            users: users
                .into_iter()
                .filter_map(|user| Some((user.email.clone()?, user)))
                .collect(),
            organizations: organizations
                .expect("organizations")
                .into_iter()
                .map(|organization| (organization.name, organization.id))
                .collect(),
            teams: teams.into_iter().map(|team| (team.name, team.id)).collect(),
        }
    }
}

impl TestServer {
    /// Rosa, of an organization that shares its tickets.
    pub fn requester(&self) -> Client {
        self.person("rosa@desk.test")
    }

    /// Colin, of Rosa's organization.
    pub fn colleague(&self) -> Client {
        self.person("colin@desk.test")
    }

    /// Stella, of another organization, which does not share.
    pub fn stranger(&self) -> Client {
        self.person("stella@desk.test")
    }

    /// Nils, of Stella's organization.
    pub fn neighbour(&self) -> Client {
        self.person("nils@desk.test")
    }

    /// Agnes, of the internal team.
    pub fn agent(&self) -> Client {
        self.person("agnes@desk.test")
    }

    /// Leo, of the internal team.
    pub fn lead(&self) -> Client {
        self.person("leo@desk.test")
    }

    /// Ada, of no team.
    pub fn admin(&self) -> Client {
        self.person("ada@desk.test")
    }

    /// Emil, of the external team.
    pub fn external_agent(&self) -> Client {
        self.person("emil@desk.test")
    }

    /// Nobody: not signed in.
    pub fn visitor(&self) -> Client {
        Client::visitor(self)
    }

    /// The internal team, Agnes's and Leo's.
    pub fn team(&self) -> TeamId {
        self.cast.teams[INTERNAL]
    }

    /// The external team, Emil's.
    pub fn external_team(&self) -> TeamId {
        self.cast.teams[EXTERNAL]
    }

    /// Rosa's and Colin's organization.
    pub fn organization(&self) -> OrganizationId {
        self.cast.organizations[SHARING]
    }

    /// Stella's and Nils's organization.
    pub fn discreet_organization(&self) -> OrganizationId {
        self.cast.organizations[DISCREET]
    }

    /// Somebody more, who signs in with [`PASSWORD`] where `new` says so.
    pub async fn add_person(&self, new: NewUser) -> Client {
        let user = commands::add_user(&self.app, new).await;
        Client::person(self, user.expect("a person"))
    }

    /// Somebody more of this role, who reads French.
    pub async fn add_francophone(&self, role: Role) -> Client {
        let mut new = newcomer("Françoise Fleury", role);
        "fr".clone_into(new.locale.get_or_insert_default());
        self.add_person(new).await
    }

    fn person(&self, email: &str) -> Client {
        Client::person(self, self.cast.users[email].clone())
    }
}

/// Somebody of no organization and no team, without a password; the address is the first name at
/// `desk.test`.
pub fn newcomer(name: &str, role: Role) -> NewUser {
    let first_name = name.split(' ').next().unwrap_or(name).to_lowercase();
    NewUser {
        name: name.to_owned(),
        email: format!("{first_name}@desk.test"),
        role,
        password: None,
        organization_id: None,
        team_ids: Vec::new(),
        locale: Some("en".to_owned()),
        time_zone: None,
    }
}

/// Makes the template: migrations and people, by a clock that stands a day before the tests'.
pub(crate) async fn fill(url: &str) {
    let config =
        guichet::config::Config::read(&[("DATABASE_URL".to_owned(), url.to_owned())].into());
    let clock = Clock::frozen(start_of_tests() - TimeDelta::days(1));
    let app = App::open(config.expect("good settings"), clock).await;
    let app = app.expect("the template opens");
    let mut organizations = BTreeMap::new();
    for (name, shares_tickets) in [(SHARING, true), (DISCREET, false)] {
        organizations.insert(name, add_organization(&app, name, shares_tickets).await);
    }
    let mut teams = BTreeMap::new();
    for (name, kind) in [
        (INTERNAL, team::Kind::Internal),
        (EXTERNAL, team::Kind::External),
    ] {
        teams.insert(name, add_team(&app, name, kind).await);
    }
    for (name, role, organization, team) in PEOPLE {
        let mut new = newcomer(name, role);
        new.password = Some(PASSWORD.to_owned());
        new.organization_id = organization.map(|name| organizations[name]);
        new.team_ids = team.map(|name| teams[name]).into_iter().collect();
        commands::add_user(&app, new).await.expect("a person");
    }
    app.store.close().await.expect("the template closes");
}

async fn add_organization(app: &Arc<App>, name: &str, shares_tickets: bool) -> OrganizationId {
    let new = NewOrganization {
        name: name.to_owned(),
        shares_tickets,
        external_id: None,
    };
    let organization = commands::create_organization(app, &Actor::System, new).await;
    organization.expect("an organization").id
}

async fn add_team(app: &Arc<App>, name: &str, kind: team::Kind) -> TeamId {
    let new = NewTeam {
        name: name.to_owned(),
        kind,
        member_ids: Vec::new(),
    };
    let team = commands::create_team(app, &Actor::System, new).await;
    team.expect("a team").id
}
