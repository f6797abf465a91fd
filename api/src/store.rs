//! Connecting to SQLite or PostgreSQL, and the one way to open a transaction.

mod reader;
mod uncommitted;

use std::{fs::File, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
    sea_query::LikeExpr,
    sqlx::{
        postgres::PgConnectOptions,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::time::timeout;

pub(crate) use self::uncommitted::seeing;
pub use self::{
    reader::Reader,
    uncommitted::{Uncommitted, beside, seen_alike, sees_other_directory, sees_uncommitted},
};
use crate::{
    config,
    error::{Error, Result},
};

/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long connections may take to end when the process stops.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);
/// An idle connection is tested before it is used again.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(30);
/// Prepared statements kept per connection; filters make many texts.
const STATEMENTS_MAX: usize = 512;
/// PostgreSQL ends what runs longer, in ms: a statement, a wait for a lock, an idle transaction.
const SERVER_TIMEOUTS_MS: [(&str, &str); 3] = [
    ("statement_timeout", "10000"),
    ("lock_timeout", "3000"),
    ("idle_in_transaction_session_timeout", "15000"),
];
/// How long a write waits for SQLite's one writer.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// More than stands in any name, title or subject, so what is cut off changes nothing. SQLite fails
/// on patterns of more than 50,000 bytes.
const PART_CHARS_MAX: usize = 10_000;

/// The database, as two pools: one that cannot write, and one that only `Tx` reaches. On SQLite the
/// latter is a single connection.
#[derive(Clone, Debug)]
pub struct Store {
    pub read: Reader,
    write: DatabaseConnection,
    /// Held for as long as the process lives: a second one on the same file does not start.
    _lock: Option<Arc<File>>,
}

impl Store {
    /// Connects, and makes SQLite's file where it is missing. Does not migrate.
    pub async fn open(database: &config::Database, connections: u32) -> anyhow::Result<Self> {
        match database {
            config::Database::Sqlite(path) => Self::open_sqlite(path, connections).await,
            config::Database::Postgres(url) => Self::open_postgres(url.as_str(), connections).await,
        }
    }

    async fn open_sqlite(path: &Path, connections: u32) -> anyhow::Result<Self> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).context("cannot make the data folder")?;
        }
        let lock = lock_beside(path)?;
        let write = Database::connect(sqlite_options(path, 1, false))
            .await
            .context("cannot open the database file")?;
        let read = Database::connect(sqlite_options(path, connections, true)).await?;
        Ok(Self {
            read: Reader(read),
            write,
            _lock: Some(Arc::new(lock)),
        })
    }

    async fn open_postgres(url: &str, connections: u32) -> anyhow::Result<Self> {
        // Half of the connections each: a flood of reads cannot keep writes waiting.
        let half = connections.div_ceil(2);
        let read = Database::connect(reading_options(url, half))
            .await
            .context("cannot reach PostgreSQL")?;
        require_durability(&read).await?;
        let write = Database::connect(writing_options(url, half)).await?;
        Ok(Self {
            read: Reader(read),
            write,
            _lock: None,
        })
    }

    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// Brings the schema up to date; one server does it, others wait.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        if self.backend() == DbBackend::Postgres {
            return self.migrate_under_lock().await;
        }
        Migrator::up(&self.write, None).await.map_err(refuse_newer)
    }

    /// The lock belongs to the transaction of the migrations, so it cannot be left behind, and a
    /// migration that fails leaves nothing half-done.
    async fn migrate_under_lock(&self) -> anyhow::Result<()> {
        let lock = self.write.begin().await?;
        lock.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(7166428)").await?;
        Migrator::up(&lock, None).await.map_err(refuse_newer)?;
        lock.commit().await?;
        Ok(())
    }

    /// Whether the schema is the one that this program knows. Asks the pool that may write, because
    /// the question makes the table of migrations where it is missing.
    pub async fn is_migrated(&self) -> Result<bool> {
        Ok(Migrator::get_pending_migrations(&self.write)
            .await?
            .is_empty())
    }

    /// Opens a transaction that writes. Only `Tx` calls this.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        // In a task of its own: a `BEGIN` whose caller is cancelled can leave a transaction open on a
        // pooled connection, and the next borrower's writes would never be committed.
        let write = self.write.clone();
        let begin = tokio::spawn(async move { write.begin_with_options(options).await });
        Ok(begin.await.map_err(anyhow::Error::from)??)
    }

    /// What may write, for the log's own bookkeeping beside the changes: only `events` asks for it.
    pub(crate) const fn log(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Opens a transaction that reads everything as it is at one moment, and cannot write: what was committed, wherever it
    /// is called.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction> {
        let is_postgres = self.backend() == DbBackend::Postgres;
        // SQLite's transactions are all of this kind, and its pool for reading cannot write.
        let options = TransactionOptions {
            isolation_level: is_postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: is_postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: None,
        };
        let read = self.read.0.clone();
        let begin = tokio::spawn(async move { read.begin_with_options(options).await });
        Ok(begin.await.map_err(anyhow::Error::from)??)
    }

    /// Calls `heard` with every statement, for tests that count them.
    pub fn hear_statements(&mut self, heard: impl Fn(&str) + Send + Sync + Clone + 'static) {
        let also_heard = heard.clone();
        self.read
            .0
            .set_metric_callback(move |info| heard(&info.statement.sql));
        self.write
            .set_metric_callback(move |info| also_heard(&info.statement.sql));
    }

    pub async fn ping(&self) -> Result<()> {
        self.read.0.ping().await.map_err(Error::from)
    }

    /// How many connections of each pool are in use, and how many idle.
    pub fn connections(&self) -> [(&'static str, u32, u32); 2] {
        [("read", &self.read.0), ("write", &self.write)].map(|(pool, connection)| {
            let (size, idle) = if self.backend() == DbBackend::Postgres {
                let pool = connection.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            } else {
                let pool = connection.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            };
            let idle = u32::try_from(idle).unwrap_or(u32::MAX);
            (pool, size.saturating_sub(idle), idle)
        })
    }

    /// Ends all connections. One that is not given back in time, because the database is gone or stands still, is cut: what was
    /// committed is safe, and the rest is undone by the database.
    pub async fn close(&self) -> Result<()> {
        let closing = async {
            self.read.0.close_by_ref().await?;
            self.write.close_by_ref().await
        };
        if let Ok(closed) = timeout(CLOSE_WITHIN, closing).await {
            return Ok(closed?);
        }
        tracing::warn!("the database does not let go: its connections are cut");
        Ok(())
    }
}

/// A pattern for `LIKE` in which only the part itself counts.
pub fn containing(part: &str) -> LikeExpr {
    let bounded: String = part.chars().take(PART_CHARS_MAX).collect();
    let escaped = bounded
        .replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_");
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}

fn lock_beside(path: &Path) -> anyhow::Result<File> {
    let file =
        File::create(path.with_extension("lock")).context("cannot write in the data folder")?;
    if file.try_lock().is_err() {
        bail!("another process uses this database file; SQLite serves one");
    }
    Ok(file)
}

/// The path is given beside the address, where `%` and `?` would mean something.
fn sqlite_options(path: &Path, connections: u32, is_read_only: bool) -> ConnectOptions {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |options| {
            options
                .filename(&path)
                .create_if_missing(true)
                .pragma("query_only", if is_read_only { "on" } else { "off" })
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(SQLITE_BUSY_TIMEOUT)
                .statement_cache_capacity(STATEMENTS_MAX)
                .foreign_keys(true)
        });
    options
}

fn reading_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = postgres_options(url, connections);
    options
        .test_before_acquire_if_idle_for(TEST_AFTER_IDLE)
        .map_sqlx_postgres_opts(|options| {
            with_server_timeouts(options).options([("default_transaction_read_only", "on")])
        });
    options
}

fn writing_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = postgres_options(url, connections);
    options.map_sqlx_postgres_opts(with_server_timeouts);
    options
}

fn postgres_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .set_application_name("guichet");
    options
}

fn with_server_timeouts(options: PgConnectOptions) -> PgConnectOptions {
    options
        .options(SERVER_TIMEOUTS_MS)
        .statement_cache_capacity(STATEMENTS_MAX)
}

/// A database that this program must not use: a bad setting, as the others.
fn bad_database(why: String) -> anyhow::Error {
    let setting = "DATABASE_URL".to_owned();
    config::BadSetting { setting, why }.into()
}

/// A schema that a newer release has migrated is not ours to write to.
fn refuse_newer(error: DbErr) -> anyhow::Error {
    match &error {
        DbErr::Custom(text) if text.contains("its file is missing") => {
            bad_database("a newer release has migrated this database".to_owned())
        }
        _ => error.into(),
    }
}

/// An acknowledged write must survive a crash, and every text must fit.
async fn require_durability(pool: &DatabaseConnection) -> anyhow::Result<()> {
    for (setting, wanted) in [
        ("server_encoding", "UTF8"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
    ] {
        let row = pool
            .query_one_raw(Statement::from_string(
                DbBackend::Postgres,
                format!("SHOW {setting}"),
            ))
            .await?
            .context("PostgreSQL does not answer")?;
        let value: String = row.try_get_by_index(0)?;
        let is_safe = value == wanted || (setting == "synchronous_commit" && value != "off");
        if !is_safe {
            return Err(bad_database(format!(
                "PostgreSQL's {setting} is {value}, and must be {wanted}"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_path_is_taken_as_it_is() {
        let dir = std::env::temp_dir().join(format!("guichet-store-{}", std::process::id()));
        let file = dir.join("a%20b?c#d").join("guichet.db");
        let database = config::Database::Sqlite(file.clone());
        let store = Store::open(&database, 2).await.unwrap();
        store.migrate().await.unwrap();
        assert!(store.is_migrated().await.unwrap());
        store.ping().await.unwrap();
        store.close().await.unwrap();
        assert!(file.is_file());
        let entries = std::fs::read_dir(&dir).unwrap().count();
        assert_eq!(entries, 1, "nothing stands beside the folder");
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[tokio::test]
    async fn what_is_not_given_back_keeps_nobody_from_stopping() {
        let dir = std::env::temp_dir().join(format!("guichet-close-{}", std::process::id()));
        let database = config::Database::Sqlite(dir.join("guichet.db"));
        let store = Store::open(&database, 2).await.unwrap();
        let kept = store.begin().await.unwrap();
        let closed = timeout(2 * CLOSE_WITHIN, store.close()).await;
        assert!(closed.is_ok_and(|closed| closed.is_ok()));
        drop(kept);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
