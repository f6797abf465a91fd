//! The people, teams and articles of the desk that is measured, made by Guichet itself.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use entity::{
    article::{self, Visibility},
    article_translation,
    ids::{ArticleId, OrganizationId, TeamId, UserId},
    json::Tags,
    level, team,
    user::{self, Availability, Kind, Locale, Role},
};
use guichet::{
    actor::Actor,
    app::App,
    clock::Clock,
    config::Config,
    people::commands::{
        NewOrganization, NewTeam, NewUser, add_user, create_organization, create_team,
    },
    text,
};
use live::random::Random;
use sea_orm::{ActiveModelTrait, Database, EntityTrait, IntoActiveModel};

use crate::texts::{self, Body};

/// The agent who asks, of the first team.
pub(crate) const EMAIL: &str = "agent@bench.guichet.test";
pub(crate) const PASSWORD: &str = "only for this benchmark 7";
const TEAMS: [&str; 6] = [
    "Billing", "Devices", "Accounts", "Network", "Field", "Software",
];
const AGENTS: usize = 40;
const ORGANIZATIONS: usize = 100;
const REQUESTERS: usize = 10_000;
const ARTICLES: usize = 200;
/// Rows of one INSERT: with 16 columns it stays below PostgreSQL's 65,535 parameters.
const ROWS_MAX: usize = 1_000;

/// What tickets are made of.
pub(crate) struct Desk {
    pub(crate) ticket_count: usize,
    pub(crate) now: DateTime<Utc>,
    pub(crate) levels: Vec<level::Model>,
    pub(crate) teams: Vec<TeamId>,
    /// The agents of each team.
    pub(crate) agents: Vec<Vec<UserId>>,
    pub(crate) requesters: Vec<(UserId, OrganizationId)>,
    pub(crate) articles: Vec<ArticleId>,
    pub(crate) bodies: Vec<Body>,
}

impl Desk {
    /// Migrates the empty database, and puts everybody in.
    pub(crate) async fn open(url: &str, ticket_count: usize) -> Result<Self> {
        let settings = BTreeMap::from([("DATABASE_URL".to_owned(), url.to_owned())]);
        let config = Config::read(&settings).map_err(|bad| anyhow::anyhow!("{bad:?}"))?;
        let app = App::open(config, Clock::wall()).await?;
        let directory = app.directory().await.context("no levels")?;
        let mut desk = Self {
            ticket_count,
            now: app.clock.now(),
            levels: directory.levels.values().cloned().collect(),
            teams: Vec::new(),
            agents: Vec::new(),
            requesters: Vec::new(),
            articles: Vec::new(),
            bodies: texts::bodies(),
        };
        desk.add_staff(&app).await?;
        desk.add_requesters(&app, url).await?;
        desk.add_articles(&app, url).await?;
        app.store.close().await?;
        Ok(desk)
    }

    async fn add_staff(&mut self, app: &App) -> Result<()> {
        for name in TEAMS {
            let new = NewTeam {
                name: name.to_owned(),
                kind: team::Kind::Internal,
                member_ids: Vec::new(),
            };
            self.teams
                .push(create_team(app, &Actor::System, new).await?.id);
        }
        self.agents = vec![Vec::new(); TEAMS.len()];
        for number in 0..AGENTS {
            let team = number % TEAMS.len();
            let is_asking = number == 0;
            let new = NewUser {
                name: format!("Agent {number} of {}", TEAMS[team]),
                email: if is_asking {
                    EMAIL.to_owned()
                } else {
                    format!("agent{number}@bench.guichet.test")
                },
                role: Role::Agent,
                password: is_asking.then(|| PASSWORD.to_owned()),
                organization_id: None,
                team_ids: vec![self.teams[team]],
                locale: Some("en".to_owned()),
                time_zone: None,
            };
            self.agents[team].push(add_user(app, new).await?.id);
        }
        Ok(())
    }

    async fn add_requesters(&mut self, app: &App, url: &str) -> Result<()> {
        let mut organizations = Vec::new();
        for number in 0..ORGANIZATIONS {
            let new = NewOrganization {
                name: format!("Organization {number}"),
                shares_tickets: number % 2 == 0,
                external_id: None,
            };
            organizations.push(create_organization(app, &Actor::System, new).await?.id);
        }
        let rows: Vec<_> = (0..REQUESTERS)
            .map(|number| requester(app, self.now, number, organizations[number % ORGANIZATIONS]))
            .collect();
        self.requesters = rows
            .iter()
            .filter_map(|row| Some((row.id, row.organization_id?)))
            .collect();
        let db = Database::connect(url).await?;
        for rows in rows.chunks(ROWS_MAX) {
            let rows = rows
                .iter()
                .cloned()
                .map(|row| row.into_active_model().reset_all());
            user::Entity::insert_many(rows)
                .exec_without_returning(&db)
                .await?;
        }
        Ok(())
    }

    async fn add_articles(&mut self, app: &App, url: &str) -> Result<()> {
        let db = Database::connect(url).await?;
        let mut random = Random::new(2);
        for number in 0..ARTICLES {
            let body = &self.bodies[number];
            let title = format!("How to {}", texts::words(&mut random, 30));
            let article = article(app, self.now, &title, number);
            let translation = article_translation::Model {
                article_id: article.id,
                locale: article.locale,
                title_folded: text::fold(&title),
                title,
                summary: body.excerpt.clone(),
                body: Some(body.markdown.clone()),
                body_html: Some(body.html.clone()),
                updated_at: self.now,
                edited_by_id: None,
            };
            self.articles.push(article.id);
            article::Entity::insert(article.into_active_model().reset_all())
                .exec_without_returning(&db)
                .await?;
            article_translation::Entity::insert(translation.into_active_model().reset_all())
                .exec_without_returning(&db)
                .await?;
        }
        Ok(())
    }
}

fn requester(
    app: &App,
    now: DateTime<Utc>,
    number: usize,
    organization: OrganizationId,
) -> user::Model {
    let name = format!("Requester {number}");
    user::Model {
        id: UserId(app.clock.new_id()),
        kind: Kind::Person,
        role: Role::Requester,
        name_folded: text::fold(&name),
        name,
        email: Some(format!("requester{number}@bench.guichet.test")),
        locale: if number.is_multiple_of(3) {
            Locale::Fr
        } else {
            Locale::En
        },
        time_zone: "Europe/Paris".to_owned(),
        organization_id: Some(organization),
        availability: Availability::Offline,
        capacity: 10,
        password_hash: None,
        disabled_at: None,
        external_id: None,
        created_at: now,
        updated_at: now,
    }
}

fn article(app: &App, now: DateTime<Utc>, title: &str, number: usize) -> article::Model {
    article::Model {
        id: ArticleId(app.clock.new_id()),
        slug: format!("{}-{number}", text::slug(title)),
        status: article::Status::Published,
        visibility: Visibility::Public,
        category: None,
        tags: Tags::default(),
        url: None,
        locale: Locale::En,
        solved_count: 0,
        helpful_count: 0,
        external_id: None,
        created_by_id: None,
        created_at: now,
        updated_at: now,
        published_at: Some(now),
        version: 1,
        publish_at: None,
        archive_at: None,
        scheduled_at: None,
        reviewed_at: None,
        reviewed_by_id: None,
        category_id: None,
    }
}
