//! Starting the server on a socket, and stopping it without cutting anybody off.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App as Application, HttpServer, web};
use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::around::around;
use super::service::Service;
use super::{auth, graphiql, graphql, health};
use crate::app::App;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may idle between requests; longer than a proxy in front, so that the proxy
/// closes first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take to close a connection.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Open connections of one worker.
const CONNECTIONS_MAX: usize = 10_000;
/// How long the server still takes connections after it said that it is not ready: balancers look
/// every second or so.
const UNREADY_FOR: Duration = Duration::from_secs(2);
/// How long running requests may take to finish.
const FINISH_WITHIN_S: u64 = 15;

/// A running server. Dropping it does not stop it.
pub struct Server {
    address: SocketAddr,
    service: web::Data<Service>,
    handle: ServerHandle,
    running: JoinHandle<io::Result<()>>,
}

/// Serves `app` on a bound socket until it is told to stop. Must be called inside a Tokio runtime.
pub fn start(app: Arc<App>, listener: TcpListener, workers: usize) -> anyhow::Result<Server> {
    let address = listener.local_addr().context("the socket has no address")?;
    app.start();
    let service = web::Data::new(Service::new(app)?);
    let shared = service.clone();
    let server = HttpServer::new(move || {
        Application::new()
            .app_data(shared.clone())
            .wrap(from_fn(around))
            .configure(graphql::routes)
            .configure(graphiql::routes)
            .configure(auth::routes)
            .configure(health::routes)
    })
    .workers(workers)
    .max_connections(CONNECTIONS_MAX)
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
        running: tokio::spawn(server),
    })
}

impl Server {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until SIGTERM or SIGINT, then stops as [`Server::stop`] does, after balancers had time
    /// to look.
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
        self.stop().await
    }

    /// Takes no more connections, lets running requests finish, and returns when all is done.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.service.drain();
        self.handle.stop(true).await;
        self.service.app.stop().await;
        self.running
            .await
            .context("the server panicked")?
            .context("the server failed")
    }
}
