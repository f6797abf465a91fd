//! A database of a run on either engine, and what is beside it: made, looked into, and taken away.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement, Value};

use crate::{
    database::{create_database, drop_database, postmaster},
    server::Settings,
};

/// Which database stands behind the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// An empty database with a folder of its own.
pub struct Scratch {
    pub engine: Engine,
    pub settings: Settings,
    pub folder: PathBuf,
    postgres: String,
    name: String,
}

impl Scratch {
    /// `postgres` is a PostgreSQL on this machine; what else is written goes into a new folder in `parent`.
    pub async fn new(engine: Engine, postgres: &str, parent: &Path, name: &str) -> Result<Self> {
        let folder = parent.join(format!("{name}_{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.join("guichet.db").display()),
            Engine::Postgres => create_database(postgres, name, None).await?,
        };
        let data = folder.join("data").display().to_string();
        let settings = Settings {
            others: vec![("GUICHET_DATA_DIR".to_owned(), data)],
            ..Settings::new(&url)
        };
        Ok(Self {
            engine,
            settings,
            folder,
            postgres: postgres.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Takes it away, with all that is in it.
    pub async fn remove(self) -> Result<()> {
        if self.engine == Engine::Postgres {
            drop_database(&self.postgres, &self.name).await?;
        }
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }

    /// The process that all processes of the database descend from; none where the server is the database.
    pub async fn postmaster(&self) -> Result<Option<u32>> {
        Ok(match self.engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postmaster(&self.settings.database_url).await?),
        })
    }

    /// A connection beside the server's.
    pub async fn connect(&self) -> Result<DatabaseConnection> {
        let mut options = ConnectOptions::new(&self.settings.database_url);
        options.max_connections(1).sqlx_logging(false);
        Ok(Database::connect(options).await?)
    }

    /// Has PostgreSQL know what was loaded, as it would after a while.
    pub async fn analyze(&self) -> Result<()> {
        if self.engine == Engine::Postgres {
            let statement = "VACUUM (ANALYZE)";
            self.connect().await?.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// A number that a statement answers.
pub async fn number(connection: &DatabaseConnection, sql: &str) -> Result<i64> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?;
    Ok(row.context("no row")?.try_get_by_index(0)?)
}

/// Runs a statement, and takes all of its rows.
pub async fn rows(
    connection: &DatabaseConnection,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<usize> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(connection.query_all_raw(statement).await?.len())
}
