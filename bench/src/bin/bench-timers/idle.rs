//! What a desk costs while nobody asks.

use std::time::Duration;

use anyhow::Result;
use live::{meter::Meter, scratch::Scratch, server::Server, table};

use crate::{Cli, desk};

/// CPU time in one minute.
pub(crate) struct Idle {
    server_ms: f64,
    postgres_ms: f64,
}

/// Of a desk with people and terms, and no ticket.
pub(crate) async fn of_empty_desk(cli: &Cli, scratch: &Scratch) -> Result<Idle> {
    desk::add_admin(cli, scratch)?;
    let server = desk::start(cli, scratch).await?;
    desk::set_terms(&desk::admin(&server)?).await?;
    server.calm_down().await?;
    let idle = of(cli, scratch, &server).await?;
    server.stop().await?;
    Ok(idle)
}

pub(crate) async fn of(cli: &Cli, scratch: &Scratch, server: &Server) -> Result<Idle> {
    let meter = Meter::new(server, scratch).await?;
    let time = Duration::from_secs(cli.seconds);
    let (server, postgres) = meter.idle(time).await?;
    let a_minute = |used: Duration| used.as_secs_f64() * 1e3 * 60.0 / time.as_secs_f64();
    Ok(Idle {
        server_ms: a_minute(server),
        postgres_ms: a_minute(postgres),
    })
}

pub(crate) fn table(timers: usize, empty: &Idle, full: &Idle) -> String {
    let row = |name: String, idle: &Idle| {
        vec![
            name,
            format!("{:.0}", idle.server_ms),
            format!("{:.0}", idle.postgres_ms),
        ]
    };
    table::table(
        &[
            "nobody asks",
            "server, CPU ms a minute",
            "PostgreSQL, CPU ms a minute",
        ],
        &[
            row("no ticket".to_owned(), empty),
            row(format!("{timers} tickets with timers"), full),
        ],
    )
}
