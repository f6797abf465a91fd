//! The pool that cannot write, and what PostgreSQL should know of a statement before it runs.
//! Within a change that is to be seen before it is committed, reads go through its transaction.

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    Value,
};

use super::uncommitted::{self, Uncommitted};

/// Reads. Everything that `SeaORM` builds can be asked of it.
#[derive(Clone, Debug)]
pub struct Reader(pub(super) DatabaseConnection);

/// For what reads through a change after its end: nobody waits for that any more.
fn ended() -> DbErr {
    DbErr::Custom("the change has ended".to_owned())
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let statement = with_bound_in_text(statement);
        match uncommitted::seen() {
            Some(change) => query_one_within(&change, statement).await,
            None => self.0.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let statement = with_bound_in_text(statement);
        match uncommitted::seen() {
            Some(change) => query_all_within(&change, statement).await,
            None => self.0.query_all_raw(statement).await,
        }
    }
}

async fn query_one_within(
    change: &Uncommitted,
    statement: Statement,
) -> Result<Option<QueryResult>, DbErr> {
    let transaction = change.transaction().await;
    let transaction = transaction.as_ref().ok_or_else(ended)?;
    transaction.query_one_raw(statement).await
}

async fn query_all_within(
    change: &Uncommitted,
    statement: Statement,
) -> Result<Vec<QueryResult>, DbErr> {
    let transaction = change.transaction().await;
    let transaction = transaction.as_ref().ok_or_else(ended)?;
    transaction.query_all_raw(statement).await
}

/// A bound that is a parameter makes PostgreSQL plan the statement at each run: not knowing that few
/// rows are wanted, it takes its kept plan for the worse one. Of a page of a list that is half of
/// what it costs. There are few bounds, so there are few texts.
fn with_bound_in_text(mut statement: Statement) -> Statement {
    if statement.db_backend != DbBackend::Postgres {
        return statement;
    }
    let Some(values) = &mut statement.values else {
        return statement;
    };
    let parameter = format!("${}", values.0.len());
    let has_bound = statement
        .sql
        .strip_suffix(&parameter)
        .is_some_and(|before| before.ends_with(" LIMIT "));
    if let (true, Some(Value::BigUnsigned(Some(bound)))) = (has_bound, values.0.last()) {
        let length = statement.sql.len() - parameter.len();
        statement.sql.truncate(length);
        statement.sql.push_str(&bound.to_string());
        values.0.pop();
    }
    statement
}

#[cfg(test)]
mod tests {
    use entity::user::{Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

    use super::*;

    fn end(statement: Statement) -> (String, usize) {
        let statement = with_bound_in_text(statement);
        let end = statement.sql.split(" WHERE ").nth(1).unwrap().to_owned();
        (end, statement.values.unwrap().0.len())
    }

    #[test]
    fn postgres_sees_the_bound_of_a_page() {
        let all = Entity::find().filter(Column::Name.eq("Ada"));
        let page = all.clone().limit(51);
        assert_eq!(
            end(page.build(DbBackend::Postgres)),
            (r#""users"."name" = $1 LIMIT 51"#.to_owned(), 1)
        );
        assert_eq!(
            end(page.build(DbBackend::Sqlite)),
            (r#""users"."name" = ? LIMIT ?"#.to_owned(), 2)
        );
        let later = page.offset(3);
        assert_eq!(
            end(later.build(DbBackend::Postgres)),
            (r#""users"."name" = $1 LIMIT $2 OFFSET $3"#.to_owned(), 3)
        );
        assert_eq!(
            end(all.build(DbBackend::Postgres)),
            (r#""users"."name" = $1"#.to_owned(), 1)
        );
    }
}
