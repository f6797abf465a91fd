//! Rating a ticket.

use entity::{json::Satisfaction, ticket_detail};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};

use super::link::{self, can_be_rated};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::Checked,
    limits::Limit,
    refusal::{Late, Refusal, Why},
    text,
    ticket::Change,
};

/// From bad to good.
const SCORES: (i32, i32) = (1, 5);
const COMMENT_CHARS_MAX: usize = 2_000;
/// Ratings of one ticket: each is an entry of its timeline.
const RATINGS: Limit = Limit {
    name: "ratings",
    max: 20,
    window_s: 3_600,
};

/// Keeps what the holder of a link thinks of the help, in the name of the ticket's requester; instead of what they
/// said before, if they did. The same again changes nothing.
pub async fn rate(
    app: &App,
    token: &str,
    score: i32,
    comment: Option<&str>,
) -> Result<Satisfaction> {
    let unknown = Refusal::Invalid {
        field: "token",
        why: Why::RatingLink,
    };
    let over = || {
        Error::from(Refusal::TooLate {
            field: "token",
            why: Late::LinkOver,
        })
    };
    let named = link::read(app, token).await?.ok_or(unknown.clone())?;
    if named.expires_at() <= app.clock.now() {
        return Err(over());
    }
    let (score, comment) = check(score, comment)?;
    let subject = link::name_of(token);
    app.sessions
        .limits()
        .count(RATINGS, &subject, app.clock.now())
        .await?;

    let mut tx = app.begin(&Actor::System).await?;
    let change = Change::lock_whatever_status(&mut tx, Some(named.ticket_id)).await;
    let mut change = change.map_err(|error| match error {
        Error::Refused(_) => unknown.into(),
        error => error,
    })?;
    // Reopened since: what was asked about is not over.
    if change.after.solved_at != Some(named.solved_at) || !can_be_rated(&change.after) {
        return Err(over());
    }
    let details = ticket_detail::Entity::find_by_id(change.after.id);
    let details = details.one(&*tx).await?.ok_or(Error::NotFound("ticket"))?;
    let given = Satisfaction {
        score,
        comment,
        rated_at: tx.now(),
    };
    let before = details.satisfaction.clone();
    if let Some(before) = &before
        && (before.score, &before.comment) == (given.score, &given.comment)
    {
        return Ok(before.clone());
    }
    let mut row = details.into_active_model();
    row.satisfaction = Set(Some(given.clone()));
    row.update(&*tx).await?;
    change.touch();
    let (event, by, now) = (
        Event::TicketRated {
            ticket_id: change.after.id,
            score,
            is_changed: before.is_some(),
        },
        Some(change.after.requester_id),
        tx.now(),
    );
    tx.record_past(event, by, now);
    change.finish(tx).await?;
    Ok(given)
}

fn check(score: i32, comment: Option<&str>) -> Result<(i16, Option<String>)> {
    let mut checked = Checked::default();
    let (min, max) = SCORES;
    if !(min..=max).contains(&score) {
        checked.refuse(Refusal::Invalid {
            field: "score",
            why: Why::OutOfRange { min, max },
        });
    }
    let comment = comment.map(|text| {
        let cleaned = text::clean_body(text, COMMENT_CHARS_MAX);
        checked.take("comment", cleaned)
    });
    refuse_if_any(checked.refusals)?;
    Ok((i16::try_from(score).unwrap_or_default(), comment))
}
