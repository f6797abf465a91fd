//! The real service for a test: its own server on a free port, over a database of its own, with
//! people as clients and builders that make the past.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test whose stage cannot be set fails here, and says why"
)]

mod client;
mod database;
mod model;
mod past;
mod people;
mod process;
mod socket;
mod statements;

use std::{collections::BTreeMap, net::TcpListener, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::event;
use guichet::{
    app::App,
    clock::Clock,
    config::Config,
    events::{Epoch, Pos},
    graphql::GlobalId,
    http,
    store::Store,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use tokio::{runtime::Handle, task::block_in_place};

pub use client::Client;
pub use model::{Behaviour, Model};
pub use past::{CommentBuilder, TicketBuilder};
pub use people::{PASSWORD, newcomer};
pub use process::{Closed, Process, wall};
pub use socket::{Live, Socket};

use database::Database;
use people::Cast;
use statements::{Heard, Statements};

/// Monday, 23 November 2026, 09:00 UTC: when every test begins.
const START_S: i64 = 1_795_424_400;
/// Other servers know within two seconds; a busy machine may take longer.
const SETTLE_WITHIN: Duration = Duration::from_secs(20);
/// Connections of each server: many tests run at once.
const CONNECTIONS: &str = "4";
/// Points that everybody can spend in a minute: all that can be counted.
const BUDGET: &str = "10000000";

/// What is set where a test sets nothing else. Requests may name the address that they come from.
/// Pages elsewhere are none of a test's business but its own. Tests ask for much in a short time.
const SETTINGS: [(&str, &str); 7] = [
    ("GUICHET_BUDGET_ANONYMOUS", BUDGET),
    ("GUICHET_BUDGET_REQUESTER", BUDGET),
    ("GUICHET_BUDGET_AGENT", BUDGET),
    ("GUICHET_LINK_CHECK_DAYS", "0"),
    ("GUICHET_DATABASE_CONNECTIONS", CONNECTIONS),
    ("GUICHET_PUBLIC_URL", "https://desk.test"),
    ("GUICHET_TRUSTED_PROXIES", "127.0.0.1"),
];

/// A running service. Tests that start one need `#[tokio::test(flavor = "multi_thread")]`: its end
/// waits for the service to stop.
pub struct TestServer {
    app: Arc<App>,
    server: Option<http::Server>,
    /// Its last server takes it away.
    database: Arc<Database>,
    statements: Statements,
    cast: Cast,
    http: reqwest::Client,
    url: String,
}

impl TestServer {
    /// Starts the service: on SQLite, or on the PostgreSQL of `TEST_DATABASE_URL`; alone, or with
    /// the Redis of `TEST_REDIS_URL`; with files in a folder, or in a bucket of `TEST_S3_URL`. The clock stands at [`TestServer::now`].
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with some settings, by the names that operators use.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let database = Arc::new(Database::create().await);
        // Boxed, so that what tests hold stays small.
        Box::pin(Self::over(database, settings, start_of_tests())).await
    }

    /// Another server of the same desk, as behind a balancer. Its clock is a second ahead, so that the
    /// ids that it makes are its own.
    pub async fn beside(&self) -> Self {
        self.beside_with(&[]).await
    }

    /// The same with some settings.
    pub async fn beside_with(&self, settings: &[(&str, &str)]) -> Self {
        let now = start_of_tests() + TimeDelta::seconds(1);
        Box::pin(Self::over(Arc::clone(&self.database), settings, now)).await
    }

    async fn over(database: Arc<Database>, settings: &[(&str, &str)], now: DateTime<Utc>) -> Self {
        let statements = Statements::default();
        let config = config(&database, settings);
        let mut store = Store::open(&config.database, config.database_connections)
            .await
            .expect("the database opens");
        statements.hear(&mut store);
        let app = App::with(config, Clock::frozen(now), store).expect("an app");
        let cast = Cast::read(&app).await;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = http::start(Arc::clone(&app), listener, 1).expect("the service starts");
        tokio::time::timeout(SETTLE_WITHIN, first_reading(&app))
            .await
            .expect("the log is read");
        Self {
            url: format!("http://{}", server.address()),
            app,
            server: Some(server),
            database,
            statements,
            cast,
            http: client::http(),
        }
    }

    /// What requests share, for what has no API.
    pub const fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Where the service listens, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Lets time pass. Clients sign in again where theirs has run out.
    pub fn advance(&self, by: TimeDelta) {
        self.app.clock.advance(by);
    }

    /// Waits until this server's suggestions know of all that was committed.
    pub async fn settle(&self) {
        let events = event::Entity::find().count(&self.app.store.read).await;
        let known = self.app.help.reaches(Pos(events.expect("the log")));
        let in_time = tokio::time::timeout(SETTLE_WITHIN, known).await;
        in_time.expect("suggestions follow the log");
    }

    /// The SQL statements that are sent for what is asked while `work` is done. What goes on beside it looks at its tables
    /// every second, whoever asks what.
    pub async fn count_statements<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        let (result, mut statements) = self.hear_statements(work).await;
        statements.retain(|heard| !heard.is_beside);
        (
            result,
            statements.into_iter().map(|heard| heard.sql).collect(),
        )
    }

    /// All of them.
    pub async fn count_all_statements<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        let (result, statements) = self.hear_statements(work).await;
        (
            result,
            statements.into_iter().map(|heard| heard.sql).collect(),
        )
    }

    async fn hear_statements<T>(&self, work: impl Future<Output = T>) -> (T, Vec<Heard>) {
        self.settle().await;
        self.statements.during(work).await
    }
}

/// Who follows a stream before the log was read for the first time has to start over.
async fn first_reading(app: &App) {
    while app.feed.epoch() == Epoch::default() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The global id of anything that has one.
pub fn global(id: impl GlobalId + Copy) -> String {
    id.global().0
}

fn start_of_tests() -> DateTime<Utc> {
    DateTime::from_timestamp(START_S, 0).expect("a time")
}

fn config(database: &Database, settings: &[(&str, &str)]) -> Config {
    Config::read(&environment_of(database, settings)).expect("good settings")
}

/// What the environment of a server over this database says.
fn environment_of(database: &Database, settings: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut environment: BTreeMap<String, String> = SETTINGS
        .iter()
        .chain(settings)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    environment.insert("DATABASE_URL".to_owned(), database.url());
    let place = database.files();
    let files = environment.entry("GUICHET_FILES".to_owned());
    if let Some(url) = database::environment("TEST_S3_URL") {
        let desk = place.file_name().expect("a name").display();
        files.or_insert(format!("s3://guichet/{desk}"));
        environment.insert("GUICHET_S3_ENDPOINT".to_owned(), url);
        for key in ["GUICHET_S3_ACCESS_KEY_ID", "GUICHET_S3_SECRET_ACCESS_KEY"] {
            environment.insert(key.to_owned(), "test".to_owned());
        }
    } else {
        files.or_insert(place.display().to_string());
    }
    if let Some(url) = database::environment("TEST_REDIS_URL") {
        // Keys in Redis are made with a secret of each desk's own, so tests do not meet there.
        environment.entry("REDIS_URL".to_owned()).or_insert(url);
    }
    environment
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else {
            return;
        };
        let end = async {
            let stopped = server.stop().await;
            let closed = self.app.store.close().await;
            if Arc::strong_count(&self.database) == 1 {
                self.database.remove().await;
            }
            (stopped, closed)
        };
        let (stopped, closed) = block_in_place(|| Handle::current().block_on(end));
        // A test that fails already says more than its end.
        if !std::thread::panicking() {
            stopped.expect("the service stops");
            closed.expect("the database closes");
        }
    }
}
