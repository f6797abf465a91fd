//! Some rows at a time: written in one transaction, or in halves where the database refuses one of them.

use std::collections::HashSet;

use sea_orm::{DbErr, RuntimeErr, sqlx};

use super::{
    articles,
    commands::Existing,
    comments,
    known::Known,
    people,
    record::{Kind, Person, Record},
    tickets::{Desk, Verdict},
};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result},
};

/// What came of each row: its line, its type, and how it went.
pub(super) type Verdicts = Vec<(u64, Kind, Verdict)>;

/// Writes rows that were read. A row that the database refuses is found by halving, so that it does
/// not spoil the others.
///
/// # Errors
/// When the database is out of reach.
pub(super) async fn write(
    app: &App,
    rows: &[(u64, Record)],
    existing: Existing,
) -> Result<Verdicts> {
    let mut verdicts = Vec::new();
    let mut pending = vec![rows];
    while let Some(rows) = pending.pop() {
        match write_together(app, rows, existing).await {
            Ok(some) => verdicts.extend(some),
            Err(error) => match (refusal_of(&error), rows) {
                (None, _) => return Err(error),
                (Some(reason), [(line, record)]) => {
                    verdicts.push((*line, record.kind(), Err(reason)));
                }
                (Some(_), _) => {
                    let (first, second) = rows.split_at(rows.len() / 2);
                    pending.extend([second, first]);
                }
            },
        }
    }
    Ok(verdicts)
}

/// Why the database refused something in the rows; none when it failed for a reason of its own.
fn refusal_of(error: &Error) -> Option<String> {
    let error = match error {
        Error::Internal(error) => error,
        Error::Unavailable => return None,
        refused => return Some(refused.to_string()),
    };
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error.downcast_ref::<DbErr>()?
    else {
        return None;
    };
    match &**error {
        sqlx::Error::Database(error) => {
            Some(format!("the database refused it: {}", error.message()))
        }
        _ => None,
    }
}

async fn write_together(app: &App, rows: &[(u64, Record)], existing: Existing) -> Result<Verdicts> {
    let directory = app.directory().await?;
    let actor = Actor::System;
    let mut tx = app.begin(&actor).await?;
    let mut known = Known::load(&tx, directory, rows.iter().map(|(_, record)| record)).await?;
    let mut verdicts = write_people(&mut tx, &mut known, rows, existing).await?;
    let mut articles = articles::find(&tx, slugs(rows)).await?;
    for (line, record) in rows {
        if let Record::Article(article) = record {
            let outcome = articles::write(&mut tx, &mut articles, article, existing).await?;
            verdicts.push((*line, Kind::Article, Ok(outcome)));
        }
    }
    known
        .create_missing(&mut tx, rows.iter().filter_map(|(_, record)| named(record)))
        .await?;

    let tickets: Vec<_> = rows
        .iter()
        .filter_map(|(line, record)| match record {
            Record::Ticket(ticket) => Some((*line, &**ticket)),
            _ => None,
        })
        .collect();
    let comments: Vec<_> = rows
        .iter()
        .filter_map(|(line, record)| match record {
            Record::Comment(comment) => Some((*line, comment)),
            _ => None,
        })
        .collect();
    let own = tickets
        .iter()
        .map(|(_, ticket)| ticket.external_id.as_str());
    let commented = comments.iter().map(|(_, comment)| comment.ticket.as_str());
    let mut desk = Desk::load(&tx, own.chain(commented).collect()).await?;
    let of_tickets = desk
        .take(&tx, &known, &articles, &tickets, existing)
        .await?;
    let of_comments = comments::take(&tx, &known, &mut desk, &comments, existing).await?;
    desk.write(&mut tx, &mut known).await?;
    tx.commit().await?;
    verdicts.extend(
        of_tickets
            .into_iter()
            .map(|(line, verdict)| (line, Kind::Ticket, verdict)),
    );
    verdicts.extend(
        of_comments
            .into_iter()
            .map(|(line, verdict)| (line, Kind::Comment, verdict)),
    );
    Ok(verdicts)
}

async fn write_people(
    tx: &mut Tx<'_>,
    known: &mut Known,
    rows: &[(u64, Record)],
    existing: Existing,
) -> Result<Verdicts> {
    let mut verdicts = Vec::new();
    let mut users = Vec::new();
    for (line, record) in rows {
        match record {
            Record::Organization(row) => {
                let outcome = people::write_organization(tx, known, row, existing).await?;
                verdicts.push((*line, Kind::Organization, Ok(outcome)));
            }
            Record::Team(row) => {
                let outcome = people::write_team(tx, known, row, existing).await?;
                verdicts.push((*line, Kind::Team, Ok(outcome)));
            }
            Record::User(row) => users.push((*line, row)),
            Record::Article(_) | Record::Ticket(_) | Record::Comment(_) => {}
        }
    }
    let of_users = people::write_users(tx, known, &users, existing).await?;
    verdicts.extend(
        of_users
            .into_iter()
            .map(|(line, verdict)| (line, Kind::User, verdict)),
    );
    Ok(verdicts)
}

/// Whom a row names, to be made where nobody knows them.
fn named(record: &Record) -> Option<&Person> {
    match record {
        Record::Ticket(ticket) => Some(&ticket.requester),
        Record::Comment(comment) => Some(&comment.author),
        Record::Organization(_) | Record::Team(_) | Record::User(_) | Record::Article(_) => None,
    }
}

fn slugs(rows: &[(u64, Record)]) -> HashSet<&str> {
    rows.iter()
        .flat_map(|(_, record)| match record {
            Record::Article(article) => vec![article.slug.as_str()],
            Record::Ticket(ticket) => ticket
                .knowledge
                .iter()
                .map(|link| link.article.as_str())
                .collect(),
            Record::Organization(_) | Record::Team(_) | Record::User(_) | Record::Comment(_) => {
                Vec::new()
            }
        })
        .collect()
}
