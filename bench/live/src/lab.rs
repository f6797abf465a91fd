//! The servers, the Redis and the database of a run.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    api::Servers,
    database::{create_database, drop_database},
    people::add_admin,
    redis::Redis,
    server::{Server, Settings},
    signal::Signal,
};
use anyhow::{Context, Result, ensure};

/// A drain ends within 25 s.
const DRAINED_WITHIN: Duration = Duration::from_secs(27);

/// What a run starts.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// Of the database and of the folder of what is beside it.
    pub name: &'a str,
    /// The server's program.
    pub server: &'a Path,
    /// A PostgreSQL, as a user who may create databases. SQLite and one server where absent.
    pub database_url: Option<&'a str>,
    /// A Redis program; the servers have none where absent.
    pub redis_server: Option<&'a Path>,
    /// Where the servers' output goes; nowhere where absent.
    pub log: Option<&'a Path>,
    /// Settings of the servers beside those that every run has.
    pub settings: &'a [(&'a str, &'a str)],
}

pub struct Lab {
    name: String,
    program: PathBuf,
    pub settings: Settings,
    /// The address of the database, where it is PostgreSQL.
    pub database_url: Option<String>,
    server_url: Option<String>,
    /// What only this run needs.
    folder: PathBuf,
    pub redis: Option<Redis>,
    running: Vec<Server>,
    /// Those that clients are sent to.
    pub servers: Servers,
}

impl Lab {
    /// Servers on an empty desk that has its first admin.
    pub async fn open(parts: &Parts<'_>) -> Result<Self> {
        let name = format!("{}-{}", parts.name.replace('_', "-"), std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder)?;
        let database_url = match parts.database_url {
            Some(url) => Some(create_database(url, parts.name, None).await?),
            None => None,
        };
        let redis = match parts.redis_server {
            Some(program) => Some(Redis::start(program).await?),
            None => None,
        };
        let file = format!("sqlite:{}", folder.join("guichet.db").display());
        let data = folder.display().to_string();
        // Tokens of one server are good at the other.
        let usual = [
            ("GUICHET_PUBLIC_URL", "http://check.guichet.test"),
            ("GUICHET_DATA_DIR", data.as_str()),
        ];
        let all = usual.iter().chain(parts.settings);
        let settings = Settings {
            database_url: database_url.clone().unwrap_or(file),
            redis_url: redis.as_ref().map(Redis::url),
            others: all
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            log: parts.log.map(Path::to_owned),
        };
        add_admin(parts.server, &settings)?;
        let mut lab = Self {
            name: parts.name.to_owned(),
            program: parts.server.to_owned(),
            settings,
            database_url,
            server_url: parts.database_url.map(str::to_owned),
            folder,
            redis,
            running: Vec::new(),
            servers: Servers::default(),
        };
        // A second process on the same SQLite file refuses to start.
        let count = if parts.database_url.is_some() { 2 } else { 1 };
        for _ in 0..count {
            lab.start_server()?;
        }
        Ok(lab)
    }

    pub fn start_server(&mut self) -> Result<()> {
        self.running
            .push(Server::start(&self.program, &self.settings)?);
        self.tell_clients()
    }

    /// Kills the server that runs longest, and has another one start.
    pub async fn replace_killed(&mut self, pause: Duration) -> Result<()> {
        self.kill_oldest().await?;
        tokio::time::sleep(pause).await;
        self.start_server()
    }

    /// Kills all servers, and has as many others start.
    pub async fn replace_all_killed(&mut self, pause: Duration) -> Result<()> {
        let count = self.running.len();
        for _ in 0..count {
            self.kill_oldest().await?;
        }
        tokio::time::sleep(pause).await;
        for _ in 0..count {
            self.start_server()?;
        }
        Ok(())
    }

    async fn kill_oldest(&mut self) -> Result<()> {
        let mut server = self.take_oldest()?;
        server.signal(Signal::Kill)?;
        server.end(DRAINED_WITHIN).await?;
        self.tell_clients()
    }

    /// Ends the server that runs longest in order, and has another one start.
    pub async fn replace_drained(&mut self) -> Result<()> {
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

    pub fn redis(&mut self) -> Result<&mut Redis> {
        self.redis.as_mut().context("no --redis-server")
    }

    pub fn process_ids(&self) -> Vec<u32> {
        self.running.iter().map(Server::process_id).collect()
    }

    pub async fn close(mut self) -> Result<()> {
        self.running.clear();
        std::fs::remove_dir_all(&self.folder)?;
        match &self.server_url {
            Some(url) => drop_database(url, &self.name).await,
            None => Ok(()),
        }
    }
}
