//! What makes the items: a change of a ticket, or the same bytes posted.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use live::person::Person;
use serde_json::json;

const CHANGE: &str = "mutation($input: SetTicketPriorityInput!) { setTicketPriority(input: $input) { ticket { version } userErrors { code message } } }";
const LOOK: &str = "query($id: ID!) { ticket(by: { id: $id }) { version syncCursor } }";

pub(crate) enum Publisher {
    Guichet {
        person: Arc<Person>,
        ticket: String,
    },
    Bare {
        http: reqwest::Client,
        url: String,
        frame: String,
    },
}

impl Publisher {
    /// Has the item of a version be sent: they go up one by one.
    pub(crate) async fn publish(&self, version: u32) -> Result<()> {
        match self {
            Self::Guichet { person, ticket } => {
                let priority = if version.is_multiple_of(2) {
                    "HIGH"
                } else {
                    "URGENT"
                };
                let input = json!({ "input": { "ticketId": ticket, "priority": priority } });
                let answer = person.ask(CHANGE, &input).await?;
                let now = answer.pointer("/setTicketPriority/ticket/version");
                let now = now.and_then(serde_json::Value::as_u64);
                ensure!(
                    now == Some(version.into()),
                    "not version {version}: {answer}"
                );
            }
            Self::Bare { http, url, frame } => {
                let request = http.post(url).body(with_version(frame, version)?);
                request.send().await?.error_for_status()?;
            }
        }
        Ok(())
    }

    /// The version before the next.
    pub(crate) async fn last(&self) -> Result<u32> {
        match self {
            Self::Guichet { person, ticket } => {
                let answer = person.read(LOOK, &json!({ "id": ticket })).await?;
                let version = answer["ticket"]["version"].as_u64().context("no version")?;
                Ok(version.try_into()?)
            }
            Self::Bare { .. } => Ok(1_000),
        }
    }
}

/// The frame as it would be of another version.
fn with_version(frame: &str, version: u32) -> Result<String> {
    let key = "\"version\":";
    let start = frame.find(key).context("a frame without a version")? + key.len();
    let end = frame[start..].find(|sign: char| !sign.is_ascii_digit());
    let end = start + end.context("a frame that ends in its version")?;
    Ok(format!("{}{version}{}", &frame[..start], &frame[end..]))
}
