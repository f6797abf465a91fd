//! What `/export/…` gives out, as it comes.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// One kind of records, from one server.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    pub server: SocketAddr,
    pub token: &'a str,
    pub kind: &'a str,
    /// The id of the last line that is there already.
    pub after: Option<&'a str>,
}

/// Gives each piece to `take`, until that says that it is enough: then the connection is cut.
pub async fn stream(
    wanted: &Wanted<'_>,
    mut take: impl FnMut(&[u8]) -> Result<bool>,
) -> Result<()> {
    let Wanted { server, kind, .. } = wanted;
    let after = wanted.after.map(|id| format!("?after={id}"));
    let address = format!("http://{server}/export/{kind}{}", after.unwrap_or_default());
    let client = reqwest::Client::builder().build()?;
    let answer = client.get(address).bearer_auth(wanted.token).send().await?;
    let mut answer = answer.error_for_status()?;
    while let Some(piece) = answer.chunk().await? {
        if !take(&piece)? {
            break;
        }
    }
    Ok(())
}

/// All lines at once.
pub async fn lines(wanted: &Wanted<'_>) -> Result<Vec<Value>> {
    let mut bytes = Vec::new();
    let take = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok(true)
    };
    stream(wanted, take).await?;
    ensure!(
        bytes.is_empty() || bytes.ends_with(b"\n"),
        "the last line has no end"
    );
    let text = String::from_utf8(bytes)?;
    let line = |line: &str| serde_json::from_str(line).with_context(|| line.to_owned());
    text.lines().map(line).collect()
}
