//! Databases of a run: made, and dropped.

use anyhow::{Context, Result};
use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, query_scalar};

use crate::cpu;

/// Makes a database beside the one of `url`, empty or a copy; returns its address.
pub async fn create_database(url: &str, name: &str, template: Option<&str>) -> Result<String> {
    drop_database(url, name).await?;
    let template = template.unwrap_or("template1");
    let statement = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
    execute(url, statement).await?;
    let (server, _) = url.rsplit_once('/').context("the database has no name")?;
    Ok(format!("{server}/{name}"))
}

pub async fn drop_database(url: &str, name: &str) -> Result<()> {
    execute(url, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
}

/// Runs a statement on a connection of its own.
pub async fn execute(url: &str, statement: String) -> Result<()> {
    let mut connection = PgConnection::connect(url)
        .await
        .context("cannot reach PostgreSQL")?;
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}

/// The process that all processes of this PostgreSQL descend from.
pub async fn postmaster(url: &str) -> Result<u32> {
    let mut connection = PgConnection::connect(url).await?;
    let backend: i32 = query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut connection)
        .await?;
    cpu::parent_of(backend.try_into()?)
}
