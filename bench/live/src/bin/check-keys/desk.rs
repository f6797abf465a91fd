//! The people of the check, and the endpoints that are told what they do.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use live::{api::text_at, lab::Lab, people::Admin, person::Person};
use serde_json::{Value, json};

use crate::{Cli, receiver::Path};

pub(crate) struct Desk {
    pub(crate) admin: Admin,
    pub(crate) clients: Vec<Arc<Person>>,
    pub(crate) endpoints: Vec<Endpoint>,
}

/// Somewhere events are told to.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) path: Path,
}

impl Desk {
    pub(crate) async fn open(cli: &Cli, lab: &Lab, receiver: SocketAddr) -> Result<Self> {
        let mut admin = Admin::of(&lab.servers)?;
        let team = admin.add_team("Front", "INTERNAL").await?;
        let mut clients = Vec::new();
        for _ in 0..cli.clients {
            clients.push(admin.add_person("AGENT", json!([team])).await?);
        }
        let all = json!({ "events": ["TICKET_CREATED", "COMMENT_ADDED"] });
        // Most of the log is nothing for this one.
        let urgent = json!({
            "events": ["TICKET_CREATED"], "filter": { "priority": { "eq": "URGENT" } },
        });
        let mut endpoints = Vec::new();
        for (path, input) in [(Path::All, all), (Path::Urgent, urgent)] {
            endpoints.push(add_endpoint(&admin, receiver, path, input).await?);
        }
        Ok(Self {
            admin,
            clients,
            endpoints,
        })
    }

    /// Tests an endpoint: what failed before is tried again as soon as something comes through.
    pub(crate) async fn ping(&self, endpoint: &Endpoint) -> Result<()> {
        let input = json!({ "endpointId": endpoint.id });
        let made = self.admin.make("pingWebhookEndpoint", "__typename", input);
        made.await.map(|_| ())
    }
}

async fn add_endpoint(
    admin: &Admin,
    receiver: SocketAddr,
    path: Path,
    mut input: Value,
) -> Result<Endpoint> {
    input["url"] = format!("http://{receiver}{}", path.text()).into();
    let selection = "secret endpoint { id }";
    let made = admin
        .make("createWebhookEndpoint", selection, input)
        .await?;
    Ok(Endpoint {
        id: text_at(&made, "/endpoint/id")?,
        secret: text_at(&made, "/secret")?,
        path,
    })
}
