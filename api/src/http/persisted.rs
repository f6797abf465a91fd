//! Automatic persisted queries (<https://www.apollographql.com/docs/apollo-server/performance/apq>): a client asks by a
//! hash, and sends the text beside it where that is not known.
//!
//! Each server remembers what it has parsed, whoever sent it. What is kept for all of them is of people and machines
//! that are signed in, and read for such: strangers neither fill the store nor ask it.

use std::sync::Arc;

use actix_web::http::header::HeaderMap;

use super::asked::Asked;
use super::auth;
use super::documents::Document;
use super::problem::Problem;
use super::service::Service;
use crate::actor::Actor;
use crate::persisted::{self, Hash};

/// A document whose text a client has sent beside its hash.
pub(crate) struct Registration {
    pub(crate) document: Document,
    pub(crate) text: String,
}

/// Has a document in memory that a request asks for by its hash, if it is in the store and the request is of somebody.
pub(crate) async fn fetch(
    service: &Arc<Service>,
    headers: &HeaderMap,
    asked: &Asked,
) -> Result<(), Problem> {
    let Some(hash) = service.documents.missing(asked) else {
        return Ok(());
    };
    let Some(token) = auth::bearer_token(headers)? else {
        return Ok(());
    };
    auth::actor_apart(service, token).await?;
    fetch_known(service, hash).await
}

/// The same for somebody who is known already.
pub(crate) async fn fetch_known(service: &Arc<Service>, hash: Hash) -> Result<(), Problem> {
    let asking = Arc::clone(service);
    // In a task of its own, like everything that asks the database.
    let finding = tokio::spawn(async move { persisted::find(&asking.app, &hash).await });
    let found = finding.await.map_err(|_| {
        service.metrics.panics.inc();
        Problem::internal()
    })?;
    if let Some(text) = found? {
        service.documents.learn(&text)?;
    }
    Ok(())
}

/// Keeps a document that ran, for all servers.
pub(crate) async fn keep(service: &Service, actor: Option<&Actor>, new: Option<Registration>) {
    let (Some(user_id), Some(new)) = (actor.and_then(Actor::id), new) else {
        return;
    };
    if !new.document.begin_keeping() {
        return;
    }
    // Somebody else may have it kept, or they later.
    match persisted::keep(&service.app, user_id, new.text).await {
        Ok(true) => {}
        Ok(false) => new.document.give_up_keeping(),
        Err(error) => {
            tracing::warn!(?error, "a persisted document cannot be kept");
            new.document.give_up_keeping();
        }
    }
}
