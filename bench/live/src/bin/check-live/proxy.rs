//! A way to the servers that breaks: every connection is cut after a number of bytes that nobody can guess.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use live::{api::Servers, random::Random};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The least and the most that goes through one connection to the client.
const CUT_AFTER: std::ops::Range<usize> = 500..60_000;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) cuts: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(servers: &Servers) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let cuts = Arc::new(AtomicUsize::new(0));
        let (servers, counter) = (servers.clone(), Arc::clone(&cuts));
        let turns = AtomicU64::new(0);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let turn = turns.fetch_add(1, Ordering::Relaxed);
                let server = servers.at(usize::try_from(turn).unwrap_or_default());
                let counter = Arc::clone(&counter);
                tokio::spawn(async move {
                    let left = Random::new(turn).below(CUT_AFTER.len()) + CUT_AFTER.start;
                    if matches!(pass(client, server, left).await, Ok(true)) {
                        counter.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Ok(Self {
            address,
            cuts,
            accepting,
        })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes bytes on until one side ends, or so many went to the client; whether it was cut.
async fn pass(mut client: TcpStream, server: SocketAddr, mut left: usize) -> io::Result<bool> {
    let mut server = TcpStream::connect(server).await?;
    let (mut up, mut down) = ([0; 4_096], [0; 4_096]);
    loop {
        tokio::select! {
            length = client.read(&mut up) => match length? {
                0 => return Ok(false),
                length => server.write_all(&up[..length]).await?,
            },
            length = server.read(&mut down) => match length? {
                0 => return Ok(false),
                length if length >= left => {
                    client.write_all(&down[..left]).await?;
                    // Both are reset at once, as by a network that is gone.
                    client.set_zero_linger()?;
                    server.set_zero_linger()?;
                    return Ok(true);
                }
                length => {
                    left -= length;
                    client.write_all(&down[..length]).await?;
                }
            },
        }
    }
}
