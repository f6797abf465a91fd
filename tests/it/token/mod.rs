//! Tokens of the API: what they are for, how long they are good, and that nothing else is taken for one.

mod life;
mod live;
mod logs;
mod people;
mod scopes;

use harness::{Client, TestServer};
use serde_json::{Value, json};

use crate::ask::mutate;

/// How soon a change of rights acts, on a machine that does other things besides.
const SOON: std::time::Duration = std::time::Duration::from_secs(5);
const MADE: &str = "secret apiToken { id scopes expiresAt }";

/// A machine of this role, by its id.
async fn machine(server: &TestServer, name: &str, role: &str) -> String {
    let input = json!({ "name": name, "role": role });
    let answer = mutate(&server.admin(), "createMachine", "machine { id }", input).await;
    let id = &answer["data"]["createMachine"]["machine"]["id"];
    id.as_str().expect("a machine").to_owned()
}

/// A token that `who` makes, for a machine or for themselves: its id, and a client that uses it.
pub(crate) async fn token(
    who: &Client,
    machine: Option<&str>,
    scopes: &[&str],
) -> (String, Client) {
    let input = json!({ "name": "script", "scopes": scopes, "machineId": machine });
    let answer = mutate(who, "createApiToken", MADE, input).await;
    made(who, &answer["data"]["createApiToken"])
}

fn made(who: &Client, payload: &Value) -> (String, Client) {
    let id = payload["apiToken"]["id"].as_str().expect("a token");
    let secret = payload["secret"].as_str().expect("its text");
    (id.to_owned(), who.with_token(secret))
}

/// A token of a machine that may do everything, but for its scopes.
pub(crate) async fn token_of_machine(server: &TestServer, scopes: &[&str]) -> Client {
    let machine = machine(server, "Script", "ADMIN").await;
    token(&server.admin(), Some(&machine), scopes).await.1
}

/// The code of the first error, or `ok`.
fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or("ok")
}
