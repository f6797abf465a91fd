//! A Redis of one's own, to be mistreated.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    signal::{Signal, send},
    wait,
};

const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Redis {
    program: PathBuf,
    address: SocketAddr,
    child: Option<Child>,
}

impl Redis {
    /// On a free port, which it keeps over restarts.
    pub async fn start(program: &Path) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut redis = Self {
            program: program.to_owned(),
            address,
            child: None,
        };
        redis.start_again().await?;
        Ok(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub async fn start_again(&mut self) -> Result<()> {
        let port = self.address.port().to_string();
        let child = Command::new(&self.program)
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no", "--dir", "/"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("Redis does not start")?;
        self.child = Some(child);
        for _ in 0..100 {
            if self.command("PING").await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("Redis does not answer")
    }

    pub async fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            wait::end_of(&mut child, PATIENCE).await?;
        }
        Ok(())
    }

    /// Ends it in order, and starts it again.
    pub async fn restart(&mut self) -> Result<()> {
        // It closes instead of answering.
        let _closed = self.command("SHUTDOWN NOSAVE").await;
        if let Some(mut child) = self.child.take() {
            wait::end_of(&mut child, PATIENCE).await?;
        }
        self.start_again().await
    }

    pub fn stand_still(&self) -> Result<()> {
        self.signal(Signal::Stop)
    }

    pub fn go_on(&self) -> Result<()> {
        self.signal(Signal::Continue)
    }

    /// Cuts off all who listen.
    pub async fn kill_subscribers(&self) -> Result<()> {
        self.command("CLIENT KILL TYPE pubsub").await
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let child = self.child.as_ref().context("Redis is not running")?;
        send(child.id(), signal)
    }

    async fn command(&self, line: &str) -> Result<()> {
        let talk = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(format!("{line}\r\n").as_bytes()).await?;
            let mut answer = [0; 64];
            let length = stream.read(&mut answer).await?;
            anyhow::Ok(answer[..length].to_vec())
        };
        let answer = timeout(PATIENCE, talk).await??;
        ensure!(
            matches!(answer.first(), Some(b'+' | b':')),
            "{line} answered {}",
            String::from_utf8_lossy(&answer)
        );
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Either fails only where it has ended already.
            let _killed = child.kill();
            let _ended = child.wait();
        }
    }
}
