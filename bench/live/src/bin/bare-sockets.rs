//! The bound that live streams are measured against: whatever is posted goes to every socket, by one
//! broadcast and a task for each socket. No users, no log, no rights.

use std::io::Write;

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{self, Bytes, Data},
};
use actix_ws::Message;
use bytestring::ByteString;
use tokio::sync::broadcast;

/// So many messages a socket may fall behind.
const BEHIND_MAX: usize = 1_024;
/// Sockets come all at once.
const BACKLOG: u32 = 8_192;
const SOCKETS_MAX: usize = 20_000;

type Sender = broadcast::Sender<ByteString>;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let (sender, _) = broadcast::channel::<ByteString>(BEHIND_MAX);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(sender.clone()))
            .app_data(web::PayloadConfig::new(1024 * 1024))
            .route("/graphql", web::get().to(open))
            .route("/graphql", web::post().to(publish))
    })
    .workers(std::thread::available_parallelism()?.get())
    .backlog(BACKLOG)
    .max_connections(SOCKETS_MAX)
    .bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        writeln!(
            std::io::stdout(),
            "bare sockets on http://{address}/graphql"
        )?;
    }
    server.run().await
}

async fn open(
    request: HttpRequest,
    body: web::Payload,
    sender: Data<Sender>,
) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    let mut payloads = sender.subscribe();
    actix_web::rt::spawn(async move {
        loop {
            tokio::select! {
                payload = payloads.recv() => {
                    let Ok(payload) = payload else { return };
                    if session.text(payload).await.is_err() {
                        return;
                    }
                }
                message = messages.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
            }
        }
    });
    Ok(response)
}

async fn publish(payload: Bytes, sender: Data<Sender>) -> HttpResponse {
    let Ok(payload) = payload.try_into() else {
        return HttpResponse::BadRequest().finish();
    };
    // Where nobody listens there is nothing to do.
    let _listeners = sender.send(payload);
    HttpResponse::Ok().body("{}")
}
