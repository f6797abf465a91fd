//! Waiting for something that another process does.

use std::{
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use anyhow::Result;

const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Asks until `is_done` says yes; false where it did not in time.
pub async fn until(time_out: Duration, mut is_done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + time_out;
    while !is_done() {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
    true
}

/// How a process ended, if it did in time.
pub async fn end_of(child: &mut Child, time_out: Duration) -> Result<Option<ExitStatus>> {
    let end = Instant::now() + time_out;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > end {
            return Ok(None);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}
