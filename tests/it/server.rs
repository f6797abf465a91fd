//! A server in a process of its own, for tests that kill it: settings come from the environment, the clock is that on
//! the wall. It says where it listens, and ends with whoever started it.

use std::{
    io::{Write, copy, sink, stdin, stdout},
    net::TcpListener,
    process::exit,
    thread,
};

use anyhow::{Result, anyhow};
use guichet::{app::App, clock::Clock, config::Config, http};

#[tokio::main]
async fn main() -> Result<()> {
    let config = Config::from_environment().map_err(|bad| anyhow!("{bad:?}"))?;
    let listener = TcpListener::bind(config.listen)?;
    let app = App::open(config, Clock::wall()).await?;
    let server = http::start(app, listener, 1)?;
    writeln!(stdout(), "{}", server.address())?;
    // Its other end closes with the test, however that ends.
    let _is_watched = thread::spawn(|| {
        let _read = copy(&mut stdin().lock(), &mut sink());
        exit(1)
    });
    server.run_until_signal().await
}
