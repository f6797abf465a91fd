//! The same work as plain SQL, run by `pgbench`.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::workload::Workload;

/// Whether PostgreSQL keeps the plan of a statement, or makes it again for every execution.
#[derive(Clone, Copy)]
pub(crate) enum Plans {
    Kept,
    Remade,
}

/// Runs the workload's statements without a pause; returns the number of transactions.
pub(crate) fn run(
    url: &str,
    connections: usize,
    length: Duration,
    workload: &Workload,
    plans: Plans,
) -> Result<u64> {
    let protocol = match plans {
        Plans::Kept => "prepared",
        Plans::Remade => "extended",
    };
    let file = std::env::temp_dir().join(format!("guichet-bench-{}.sql", std::process::id()));
    std::fs::write(&file, workload.sql)?;
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--jobs=1"])
        .arg(format!("--protocol={protocol}"))
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
