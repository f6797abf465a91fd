//! Signals to processes that were started here.

use std::process::Command;

use anyhow::{Result, ensure};

/// What a process can be told.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// Go, after what is begun.
    Terminate,
    /// Gone.
    Kill,
    /// Stand still, with all connections open.
    Stop,
    /// Go on.
    Continue,
}

pub fn send(process_id: u32, signal: Signal) -> Result<()> {
    let name = match signal {
        Signal::Terminate => "-TERM",
        Signal::Kill => "-KILL",
        Signal::Stop => "-STOP",
        Signal::Continue => "-CONT",
    };
    let status = Command::new("kill")
        .args([name, &process_id.to_string()])
        .status()?;
    ensure!(status.success(), "cannot signal {process_id}");
    Ok(())
}
