//! Starting the server on a socket, and stopping it without cutting anybody off.

use std::any::Any;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Extensions, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App as Application, HttpServer, web};
use anyhow::Context;
use futures_util::future::join_all;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::around::around;
use super::service::Service;
use super::{
    attachments, audit as audit_files, auth, export as record_files, graphiql, graphql, health,
    oidc, uploads,
};
use crate::app::App;
use crate::assignment;
use crate::attachment;
use crate::audit;
use crate::background::Background;
use crate::bulk;
use crate::deadlines;
use crate::help;
use crate::idempotency;
use crate::knowledge;
use crate::live::Relay;
use crate::persisted;
use crate::search::filling;
use crate::session;
use crate::ticket;
use crate::token;
use crate::webhook;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may idle between requests; longer than a proxy in front, so that the proxy
/// closes first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take to close a connection.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Open connections of one worker, besides live ones: these are counted by themselves, and wherever
/// they are, they must not keep a worker from accepting others.
const CONNECTIONS_MAX: usize = 10_000;
/// How long bytes that were sent may wait for a client that does not take them: one that is gone
/// without a word, or that has stopped reading.
const SEND_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the server still takes connections after it said that it is not ready: balancers look
/// every second or so.
const UNREADY_FOR: Duration = Duration::from_secs(2);
/// How long running requests may take to finish.
const FINISH_WITHIN_S: u64 = 15;
/// How long they, and what goes on beside them, may take together. What is left then is undone by the database.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// A running server. Dropping it does not stop it.
pub struct Server {
    address: SocketAddr,
    service: web::Data<Service>,
    handle: ServerHandle,
    background: [Background; 19],
    running: JoinHandle<io::Result<()>>,
}

/// Serves `app` on a bound socket until it is told to stop. Must be called inside a Tokio runtime.
pub fn start(app: Arc<App>, listener: TcpListener, workers: usize) -> anyhow::Result<Server> {
    let address = listener.local_addr().context("the socket has no address")?;
    app.start();
    let background = [
        deadlines::start(Arc::clone(&app)),
        deadlines::start_for_articles(Arc::clone(&app)),
        knowledge::keep_views(Arc::clone(&app)),
        knowledge::check_links(Arc::clone(&app)),
        ticket::follow_terms(Arc::clone(&app)),
        assignment::go_on_returning(Arc::clone(&app)),
        help::start(Arc::clone(&app)),
        help::start_embeddings(Arc::clone(&app)),
        filling::start(Arc::clone(&app)),
        attachment::start(Arc::clone(&app)),
        audit::start(Arc::clone(&app)),
        session::start_cleaning(Arc::clone(&app)),
        token::write_uses(Arc::clone(&app)),
        token::start_cleaning(Arc::clone(&app)),
        webhook::start(Arc::clone(&app)),
        webhook::start_cleaning(Arc::clone(&app)),
        idempotency::start(Arc::clone(&app)),
        persisted::start(Arc::clone(&app)),
        bulk::start_worker(Arc::clone(&app)),
    ];
    let connections_max = CONNECTIONS_MAX + app.config.sockets_max;
    let service = web::Data::new(Service::new(app)?);
    let shared = service.clone();
    let server = HttpServer::new(move || {
        let (relay, waking) = Relay::new();
        actix_web::rt::spawn(waking);
        Application::new()
            .app_data(shared.clone())
            .app_data(relay)
            .wrap(from_fn(around))
            .configure(graphql::routes)
            .configure(graphiql::routes)
            .configure(auth::routes)
            .configure(oidc::routes)
            .configure(uploads::routes)
            .configure(attachments::routes)
            .configure(audit_files::routes)
            .configure(record_files::routes)
            .configure(health::routes)
    })
    .workers(workers)
    .max_connections(connections_max)
    .on_connect(set_up)
    .client_request_timeout(HEAD_TIMEOUT)
    .client_disconnect_timeout(DISCONNECT_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(FINISH_WITHIN_S)
    .disable_signals()
    .listen(listener)
    .context("cannot listen")?
    .run();
    let handle = server.handle();
    Ok(Server {
        address,
        service,
        handle,
        background,
        running: tokio::spawn(server),
    })
}

/// What is asked of the kernel for each connection. A frame must not wait for the answer to the one
/// before it, and a client that takes nothing must not keep its place.
fn set_up(connection: &dyn Any, _data: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else {
        return;
    };
    let is_set = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let is_set = is_set.and(SockRef::from(stream).set_tcp_user_timeout(Some(SEND_TIMEOUT)));
    if let Err(error) = is_set {
        // It is gone already, or the system knows no such thing: then pings find it out.
        tracing::debug!(%error, "a connection could not be set up");
    }
}

impl Server {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until SIGTERM or SIGINT, then stops as [`Server::stop`] does, after balancers had time
    /// to look; it comes back 22 seconds after the signal at the latest.
    pub async fn run_until_signal(self) -> anyhow::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: no longer ready");
        self.service.drain();
        tokio::time::sleep(UNREADY_FOR).await;
        if let Ok(stopped) = tokio::time::timeout(STOP_WITHIN, self.stop()).await {
            return stopped;
        }
        tracing::warn!("not everything ends in time: it is left");
        Ok(())
    }

    /// Takes no more connections, sends live ones elsewhere, lets running requests finish, and returns when all is done.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.service.drain();
        self.service.hub.connections.leave();
        self.handle.stop(true).await;
        join_all(self.background.map(Background::stop)).await;
        self.service.app.stop().await;
        self.running
            .await
            .context("the server panicked")?
            .context("the server failed")
    }
}
