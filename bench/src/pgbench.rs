//! The same work as plain SQL, run by `pgbench` with prepared statements.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::workload::Workload;

/// Runs the workload's statements without a pause; returns the number of transactions.
pub(crate) fn run(
    url: &str,
    connections: usize,
    length: Duration,
    workload: &Workload,
) -> Result<u64> {
    let file = std::env::temp_dir().join(format!("guichet-bench-{}.sql", std::process::id()));
    std::fs::write(&file, workload.sql)?;
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=1"])
        .arg(format!("--client={connections}"))
        .arg(format!("--time={}", length.as_secs()))
        .arg(format!("--file={}", file.display()))
        .args(
            workload
                .variables
                .iter()
                .map(|(name, value)| format!("--define={name}={value}")),
        )
        .arg(url)
        .output()
        .context("pgbench does not start")?;
    std::fs::remove_file(&file)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pgbench failed: {complaint}");
    transactions_in(&String::from_utf8_lossy(&output.stdout))
        .context("pgbench does not say how many")
}

fn transactions_in(output: &str) -> Option<u64> {
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix("number of transactions actually processed: "))?;
    line.split('/').next()?.trim().parse().ok()
}
