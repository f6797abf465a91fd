//! Files: announced, sent, attached and read; by nobody who may not.

mod attaching;
mod cleaning;
mod places;
mod reading;
mod sending;
mod sight;

use futures_util::TryStreamExt;
use harness::{Client, TestServer};
use reqwest::Response;
use sea_orm::DbBackend;
use serde_json::{Value, json};

use crate::ask::{mutate, outcome};

/// One pixel.
const PNG: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\
    \x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\x0d\x49\x44\x41\x54\x78\xda\x63\x64\xf8\xcf\x50\
    \x0f\x00\x03\x86\x01\x80\x5a\x34\x7d\x6b\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// Where links and addresses lead, to the server at hand.
fn path_of(url: &Value) -> String {
    let path = url
        .as_str()
        .and_then(|url| url.strip_prefix("https://desk.test"));
    path.expect("an address of the desk").to_owned()
}

async fn announce(who: &Client, name: &str, media_type: &str, size: usize) -> Value {
    let input = json!({ "fileName": name, "contentType": media_type, "byteSize": size });
    mutate(
        who,
        "createUpload",
        "upload { id fileName url expiresAt }",
        input,
    )
    .await
}

/// Announces a file that is taken; its id, and the path to send it to.
async fn announced(who: &Client, name: &str, media_type: &str, size: usize) -> (String, String) {
    let answer = announce(who, name, media_type, size).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    let upload = &answer["data"]["createUpload"]["upload"];
    (
        upload["id"].as_str().unwrap().to_owned(),
        path_of(&upload["url"]),
    )
}

/// Sends bytes as browsers and scripts do: with nothing but the address.
async fn send(server: &TestServer, path: &str, bytes: &[u8]) -> Response {
    let request = server.visitor().request("PUT", path).await;
    request.body(bytes.to_vec()).send().await.unwrap()
}

/// Announces and sends a file; its id.
async fn uploaded(
    server: &TestServer,
    who: &Client,
    name: &str,
    media_type: &str,
    bytes: &[u8],
) -> String {
    let (id, path) = announced(who, name, media_type, bytes.len()).await;
    let sent = send(server, &path, bytes).await;
    assert_eq!(sent.status(), 204, "{}", sent.text().await.unwrap());
    id
}

const FILES: &str = "attachments { id name contentType size sha256 url previewUrl createdAt }";

/// A comment with files; as its author sees it.
async fn comment(who: &Client, ticket: &str, visibility: &str, uploads: &[&str]) -> Value {
    let input = json!({ "ticketId": ticket, "body": "See", "visibility": visibility, "uploadIds": uploads });
    let shown = format!("comment {{ id {FILES} }} ticket {{ id commentCount version }}");
    mutate(who, "addComment", &shown, input).await
}

/// The files of a comment that must be taken.
async fn attached(who: &Client, ticket: &str, visibility: &str, uploads: &[&str]) -> Vec<Value> {
    let answer = comment(who, ticket, visibility, uploads).await;
    assert_eq!(outcome(&answer), "ok", "{answer}");
    files_in(&answer["data"]["addComment"]["comment"])
}

fn files_in(thing: &Value) -> Vec<Value> {
    thing["attachments"].as_array().expect("files").clone()
}

/// The keys of the files that lie there, of finished ones.
async fn lying(server: &TestServer) -> Vec<String> {
    let mut keys = Vec::new();
    for shard in 0..=u8::MAX {
        let found = server.app().files.list(shard).await.unwrap();
        let found: Vec<_> = found.try_collect().await.unwrap();
        keys.extend(found.into_iter().map(|found| found.key));
    }
    keys
}

/// Another server of the same desk, where the database serves several; else the same.
struct Beside<'a>(&'a TestServer, Option<TestServer>);

impl<'a> Beside<'a> {
    async fn of(server: &'a TestServer) -> Self {
        Self(
            server,
            match server.app().store.backend() {
                DbBackend::Postgres => Some(server.beside().await),
                _ => None,
            },
        )
    }

    fn server(&self) -> &TestServer {
        self.1.as_ref().unwrap_or(self.0)
    }
}

async fn status(who: &Client, path: &str) -> u16 {
    who.get(path).await.send().await.unwrap().status().as_u16()
}
