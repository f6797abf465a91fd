//! The servers, the Redis and the database of a run.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use live::{
    api::Servers,
    database::{create_database, drop_database},
    redis::Redis,
    server::{Server, Settings},
    signal::Signal,
};

use crate::Cli;

const DATABASE: &str = "guichet_live_check";
/// A drain ends within 25 s.
const DRAINED_WITHIN: Duration = Duration::from_secs(27);

pub(crate) struct Lab {
    program: PathBuf,
    pub(crate) settings: Settings,
    /// The address of the database, where it is PostgreSQL.
    pub(crate) database_url: Option<String>,
    server_url: Option<String>,
    /// What only this run needs.
    folder: PathBuf,
    pub(crate) redis: Option<Redis>,
    running: Vec<Server>,
    /// Those that clients are sent to.
    pub(crate) servers: Servers,
}

impl Lab {
    pub(crate) async fn open(cli: &Cli) -> Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("guichet-live-check-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let database_url = match &cli.database_url {
            Some(url) => Some(create_database(url, DATABASE, None).await?),
            None => None,
        };
        let redis = match &cli.redis_server {
            Some(program) => Some(Redis::start(program).await?),
            None => None,
        };
        let file = format!("sqlite:{}", folder.join("guichet.db").display());
        let settings = Settings {
            database_url: database_url.clone().unwrap_or(file),
            redis_url: redis.as_ref().map(Redis::url),
            // Tokens of one server are good at the other.
            others: vec![
                (
                    "GUICHET_PUBLIC_URL".to_owned(),
                    "http://check.guichet.test".to_owned(),
                ),
                ("GUICHET_DATA_DIR".to_owned(), folder.display().to_string()),
            ],
            log: cli.log.clone(),
        };
        let mut lab = Self {
            program: cli.server.clone(),
            settings,
            database_url,
            server_url: cli.database_url.clone(),
            folder,
            redis,
            running: Vec::new(),
            servers: Servers::default(),
        };
        // A second process on the same SQLite file refuses to start.
        let count = if cli.database_url.is_some() { 2 } else { 1 };
        for _ in 0..count {
            lab.start_server()?;
        }
        Ok(lab)
    }

    pub(crate) fn start_server(&mut self) -> Result<()> {
        self.running
            .push(Server::start(&self.program, &self.settings)?);
        self.tell_clients()
    }

    /// Kills the server that runs longest, and has another one start.
    pub(crate) async fn replace_killed(&mut self, pause: Duration) -> Result<()> {
        let mut server = self.take_oldest()?;
        server.signal(Signal::Kill)?;
        server.end(DRAINED_WITHIN).await?;
        self.tell_clients()?;
        tokio::time::sleep(pause).await;
        self.start_server()
    }

    /// Ends the server that runs longest in order, and has another one start.
    pub(crate) async fn replace_drained(&mut self) -> Result<()> {
        let mut server = self.take_oldest()?;
        server.signal(Signal::Terminate)?;
        self.tell_clients()?;
        let ended = server.end(DRAINED_WITHIN).await?;
        let status = ended.context("the server does not end")?;
        ensure!(status.success(), "the server ended with {status}");
        self.start_server()
    }

    fn take_oldest(&mut self) -> Result<Server> {
        ensure!(!self.running.is_empty(), "no server runs");
        Ok(self.running.remove(0))
    }

    /// Where none runs, clients go on trying the old ones.
    fn tell_clients(&self) -> Result<()> {
        let addresses: Result<Vec<_>> = self.running.iter().map(Server::socket_address).collect();
        let addresses = addresses?;
        if !addresses.is_empty() {
            self.servers.set(addresses);
        }
        Ok(())
    }

    pub(crate) fn redis(&mut self) -> Result<&mut Redis> {
        self.redis.as_mut().context("no --redis-server")
    }

    pub(crate) fn process_ids(&self) -> Vec<u32> {
        self.running.iter().map(Server::process_id).collect()
    }

    pub(crate) async fn close(mut self) -> Result<()> {
        self.running.clear();
        std::fs::remove_dir_all(&self.folder)?;
        match &self.server_url {
            Some(url) => drop_database(url, DATABASE).await,
            None => Ok(()),
        }
    }
}
