//! Live answers: GraphQL over WebSockets and over server-sent events.

mod counts;
pub(crate) mod events;
mod open;
mod outbox;
mod sharing;
pub(crate) mod socket;

pub(crate) use counts::StreamMetrics;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::auth;
use crate::live::Person;

/// Over how long connections go when the server stops, so that not all come to another at once.
const LEAVE_OVER: Duration = Duration::from_secs(2);

/// When a connection goes that has to: at random.
fn leave_within() -> Duration {
    let mut share = [0];
    // Without random numbers they all go at once.
    let _is_random = rand::fill(&mut share);
    LEAVE_OVER * u32::from(share[0]) / u32::from(u8::MAX)
}

/// Who holds a token: nobody without one, and an error with one that is not good (any more).
async fn person_of(app: &App, token: Option<&str>) -> Result<Option<Person>> {
    let Some(token) = token else { return Ok(None) };
    let (actor, ends_at) = auth::identify(app, token).await?;
    let (Some(user_id), Some(credential)) = (actor.id(), actor.credential()) else {
        return Err(Error::Unauthenticated);
    };
    Ok(Some(Person {
        user_id,
        credential: credential.id(),
        actor: Arc::new(actor),
        ends_at,
    }))
}
