//! The server under measurement: the real program, with the settings it has by default.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};

/// A running server, ended when it is dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts `program` on a free port of its own choice; returns when it listens.
    pub(crate) fn start(program: &Path, database_url: &str) -> Result<Self> {
        let mut child = Command::new(program)
            .arg("serve")
            .env("DATABASE_URL", database_url)
            .env("GUICHET_LISTEN", "127.0.0.1:0")
            .env_remove("REDIS_URL")
            .env_remove("GUICHET_CONFIG")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the server does not start")?;
        let out = child.stdout.take().context("the server has no output")?;
        let mut server = Self {
            child,
            address: String::new(),
        };
        for line in BufReader::new(out).lines() {
            if let Some(address) = address_in(&line?) {
                server.address = address;
                return Ok(server);
            }
        }
        anyhow::bail!("the server ended before it listened")
    }

    /// Where it answers GraphQL.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Either fails only where it has ended already.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn address_in(line: &str) -> Option<String> {
    let start = line.find("http://")?;
    let address = line[start..].split_whitespace().next()?;
    address.ends_with("/graphql").then(|| address.to_owned())
}
