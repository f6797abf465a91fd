//! The public library of Standard Webhooks, in a program of its own that verifies each request when it comes: the library
//! refuses what was signed minutes ago.

use std::{
    io::Write,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::Receiver,
    thread::{self, JoinHandle},
};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::{desk::Endpoint, receiver::Received};

pub(crate) struct Verifier {
    program: Child,
    telling: JoinHandle<Result<usize>>,
}

impl Verifier {
    /// Starts a program of Node.js, which is told all `requests` until there are no more.
    pub(crate) fn start(
        script: &Path,
        endpoints: Vec<Endpoint>,
        requests: Receiver<Received>,
    ) -> Result<Self> {
        let mut program = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node does not start")?;
        let input = program.stdin.take().context("no input")?;
        Ok(Self {
            program,
            telling: thread::spawn(move || tell(input, &endpoints, &requests)),
        })
    }

    /// Waits until there are no more requests; what it refused. Fails unless it looked at each.
    pub(crate) fn finish(self) -> Result<Vec<String>> {
        let told = self.telling.join();
        let told = told.map_err(|_| anyhow!("whoever tells it panicked"))??;
        let output = self.program.wait_with_output()?;
        ensure!(output.status.success(), "the verifier: {}", output.status);
        let text = String::from_utf8(output.stdout)?;
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let accepted: usize = lines.pop().context("no count")?.parse()?;
        ensure!(accepted + lines.len() == told, "{accepted} of {told}");
        Ok(lines)
    }
}

/// Returns how many there were.
fn tell(
    mut input: ChildStdin,
    endpoints: &[Endpoint],
    requests: &Receiver<Received>,
) -> Result<usize> {
    let mut count = 0;
    for request in requests {
        writeln!(input, "{}", line(endpoints, &request)?)?;
        count += 1;
    }
    Ok(count)
}

/// What the program reads.
fn line(endpoints: &[Endpoint], request: &Received) -> Result<Value> {
    let endpoint = endpoints.iter().find(|one| one.path == request.path);
    Ok(json!({
        "secret": endpoint.context("no such endpoint")?.secret,
        "headers": {
            "webhook-id": request.id,
            "webhook-timestamp": request.timestamp,
            "webhook-signature": request.signatures,
        },
        "body": str::from_utf8(&request.body)?,
    }))
}
