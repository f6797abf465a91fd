//! A database for each test, copied from a template that is migrated and has its people.
//!
//! The template is made once for each build of the tests, by whichever process comes first.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::SystemTime,
};

use guichet::config;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::people;

/// Databases that this process has made.
static COUNT: AtomicU32 = AtomicU32::new(0);

pub(crate) enum Database {
    /// A folder with the file.
    Sqlite(PathBuf),
    /// A database on the server at this address.
    Postgres { server: String, name: String },
}

impl Database {
    pub(crate) async fn create() -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("guichet_test_{}_{count}", std::process::id());
        match environment("TEST_DATABASE_URL") {
            Some(server) => Self::clone_template(server, name).await,
            None => Self::copy_template(&name).await,
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(dir) => sqlite_url(dir),
            Self::Postgres { server, name } => postgres_url(server, name),
        }
    }

    /// Whether a server in another process could open it: SQLite's file belongs to one at a time.
    pub(crate) fn is_free(&self) -> bool {
        let Self::Sqlite(dir) = self else {
            return true;
        };
        let lock = File::open(dir.join(FILE).with_extension("lock"));
        lock.is_ok_and(|lock| lock.try_lock().is_ok())
    }

    /// Where the files of the desk lie.
    pub(crate) fn files(&self) -> PathBuf {
        match self {
            Self::Sqlite(dir) => dir.with_extension("files"),
            Self::Postgres { name, .. } => std::env::temp_dir().join(format!("{name}.files")),
        }
    }

    /// Once all connections are closed.
    pub(crate) async fn remove(&self) {
        let files = self.files();
        if files.exists() {
            fs::remove_dir_all(files).expect("the files can be removed");
        }
        match self {
            Self::Sqlite(dir) => fs::remove_dir_all(dir).expect("the folder can be removed"),
            Self::Postgres { server, name } => {
                let admin = connect(server).await;
                execute(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
                admin.close().await.expect("closes");
            }
        }
    }

    async fn copy_template(name: &str) -> Self {
        let dir = std::env::temp_dir().join(name);
        let template = std::env::temp_dir().join("guichet_template");
        let lock = lock_template();
        if fs::read_to_string(template.join("build")).ok() != Some(build()) {
            start_over(&template);
            people::fill(&sqlite_url(&template)).await;
            fs::write(template.join("build"), build()).expect("the template can be written");
        }
        start_over(&dir);
        fs::copy(template.join(FILE), dir.join(FILE)).expect("the template can be copied");
        drop(lock);
        Self::Sqlite(dir)
    }

    async fn clone_template(server: String, name: String) -> Self {
        let admin = connect(&server).await;
        let template = format!("guichet_template_{}", build());
        let lock = lock_template();
        if !exists(&admin, &template).await {
            let unfinished = format!("{template}_unfinished");
            execute(&admin, &format!("DROP DATABASE IF EXISTS {unfinished}")).await;
            execute(&admin, &format!("CREATE DATABASE {unfinished}")).await;
            people::fill(&postgres_url(&server, &unfinished)).await;
            let rename = format!("ALTER DATABASE {unfinished} RENAME TO {template}");
            execute(&admin, &rename).await;
        }
        drop(lock);
        // A process of this number may have been killed before.
        execute(&admin, &format!("DROP DATABASE IF EXISTS {name}")).await;
        let clone = format!("CREATE DATABASE {name} TEMPLATE {template}");
        execute(&admin, &clone).await;
        admin.close().await.expect("closes");
        Self::Postgres { server, name }
    }
}

/// The tests' own settings.
#[expect(
    clippy::disallowed_methods,
    reason = "which servers to test on is not a setting of the service"
)]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

const FILE: &str = "guichet.db";

fn sqlite_url(dir: &Path) -> String {
    format!("sqlite://{}", dir.join(FILE).display())
}

fn postgres_url(server: &str, name: &str) -> String {
    let config = config::Config::read(&[("DATABASE_URL".to_owned(), server.to_owned())].into());
    match config.expect("TEST_DATABASE_URL is an address").database {
        config::Database::Postgres(mut url) => {
            url.set_path(name);
            url.into()
        }
        config::Database::Sqlite(_) => panic!("TEST_DATABASE_URL is not PostgreSQL's"),
    }
}

/// Names this build of the tests: another may have other migrations.
fn build() -> String {
    let program = std::env::current_exe().expect("the tests are a program");
    let metadata = program.metadata().expect("the program is a file");
    let built_at = metadata.modified().expect("files have a time");
    let mut hasher = DefaultHasher::new();
    program.hash(&mut hasher);
    built_at
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("the program is not that old")
        .hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Held by one process at a time, until it is dropped.
fn lock_template() -> File {
    let path = std::env::temp_dir().join("guichet_template.lock");
    let file = File::create(path).expect("the temporary folder can be written");
    file.lock().expect("the template can be locked");
    file
}

fn start_over(dir: &Path) {
    if dir.exists() {
        fs::remove_dir_all(dir).expect("the folder can be removed");
    }
    fs::create_dir_all(dir).expect("the folder can be made");
}

async fn connect(server: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(server);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options)
        .await
        .expect("PostgreSQL answers")
}

async fn execute(admin: &DatabaseConnection, sql: &str) {
    admin.execute_unprepared(sql).await.expect(sql);
}

async fn exists(admin: &DatabaseConnection, name: &str) -> bool {
    let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let question = Statement::from_string(admin.get_database_backend(), sql);
    admin
        .query_one_raw(question)
        .await
        .expect("answers")
        .is_some()
}
