//! The server under measurement: the real program, with the settings it has by default.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write, copy, sink},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::{
    cpu::{Cpu, peak_memory_of},
    signal::{Signal, send},
    wait,
};

/// A server that rests uses less than a fiftieth of a core in this time.
const CALM_FOR: Duration = Duration::from_secs(2);
/// How long it may take until it rests.
const CALM_WITHIN: Duration = Duration::from_mins(20);

/// How long it may take to stop when it is told to.
const STOPPED_WITHIN: Duration = Duration::from_mins(1);

/// How often the memory of a command is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A running server, ended when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
}

/// What a server is told on its start.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub database_url: String,
    pub redis_url: Option<String>,
    /// Other settings, by name.
    pub others: Vec<(String, String)>,
    /// Where its output goes; nowhere else.
    pub log: Option<PathBuf>,
}

impl Settings {
    pub fn new(database_url: &str) -> Self {
        Self {
            database_url: database_url.to_owned(),
            ..Self::default()
        }
    }

    /// A command of `program` with these settings and no others.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let is_setting = name.to_string_lossy().starts_with("GUICHET_");
            if is_setting || name == "REDIS_URL" {
                command.env_remove(name);
            }
        }
        command.env("DATABASE_URL", &self.database_url);
        // What is asked for is counted as ever, and never too much.
        for caller in ["ANONYMOUS", "REQUESTER", "AGENT"] {
            command.env(format!("GUICHET_BUDGET_{caller}"), "10000000");
        }
        command.envs(self.redis_url.iter().map(|url| ("REDIS_URL", url)));
        command.envs(self.others.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Server {
    /// Starts `program` on a free port of its own choice; returns when it listens.
    pub fn start(program: &Path, settings: &Settings) -> Result<Self> {
        let log = settings.log.as_ref();
        let log = log.map(|path| File::options().create(true).append(true).open(path));
        let log = log.transpose()?;
        let errors = log.as_ref().map(File::try_clone).transpose()?;
        let mut child = settings
            .command(program)
            .arg("serve")
            .env("GUICHET_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(errors.map_or_else(Stdio::null, Stdio::from))
            .spawn()
            .context("the server does not start")?;
        let out = child.stdout.take().context("the server has no output")?;
        let mut out = BufReader::new(out);
        let address = address_in(&mut out);
        let mut server = Self {
            child,
            address: String::new(),
        };
        server.address = address?;
        let keep_reading = move || match log {
            Some(mut file) => copy(&mut out, &mut file),
            None => copy(&mut out, &mut sink()),
        };
        std::thread::spawn(keep_reading);
        Ok(server)
    }

    /// Where it answers GraphQL.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it listens.
    pub fn socket_address(&self) -> Result<SocketAddr> {
        let host = self.address.strip_prefix("http://");
        let host = host.and_then(|rest| rest.split('/').next());
        Ok(host.context("not an address")?.parse()?)
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it does nothing by itself any more: it reads what it keeps in memory when it starts, and tells of
    /// what is overdue.
    pub async fn calm_down(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let before = Cpu::of(self.process_id())?;
            tokio::time::sleep(CALM_FOR).await;
            if before.until_now()? < CALM_FOR / 50 {
                return Ok(());
            }
            ensure!(start.elapsed() < CALM_WITHIN, "the server never rests");
        }
    }

    pub fn signal(&self, signal: Signal) -> Result<()> {
        send(self.child.id(), signal)
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        self.signal(Signal::Terminate)?;
        let status = self.end(STOPPED_WITHIN).await?;
        ensure!(status.is_some(), "the server does not stop");
        Ok(())
    }

    /// How it ended, if it did in time.
    pub async fn end(&mut self, time_out: Duration) -> Result<Option<ExitStatus>> {
        wait::end_of(&mut self.child, time_out).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Either fails only where it has ended already.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Runs a command of `program` that ends by itself.
pub fn run(program: &Path, settings: &Settings, arguments: &[&str], input: &str) -> Result<()> {
    let mut child = settings
        .command(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut standard_input = child.stdin.take().context("no input")?;
    standard_input.write_all(input.as_bytes())?;
    drop(standard_input);
    let output = child.wait_with_output()?;
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    ensure!(
        output.status.success(),
        "{arguments:?} failed: {}",
        said.join("\n")
    );
    Ok(())
}

/// Runs a command of `program` that asks for nothing; how long it took, and the most memory that it was seen with, in bytes.
pub async fn watch(
    program: &Path,
    settings: &Settings,
    arguments: &[&str],
) -> Result<(Duration, u64)> {
    let begin = Instant::now();
    let mut child = settings
        .command(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        // It may have ended just now.
        peak = peak_memory_of(child.id()).unwrap_or_default().max(peak);
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let took = begin.elapsed();
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{arguments:?} failed: {said}");
    Ok((took, peak))
}

fn address_in(out: &mut impl BufRead) -> Result<String> {
    for line in out.lines() {
        let line = line?;
        let Some(start) = line.find("http://") else {
            continue;
        };
        let address = line[start..].split_whitespace().next();
        if let Some(address) = address.filter(|address| address.ends_with("/graphql")) {
            return Ok(address.to_owned());
        }
    }
    anyhow::bail!("the server ended before it listened")
}
