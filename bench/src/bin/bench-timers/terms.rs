//! A change of the terms that every open ticket follows, and what it does to other people's requests.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use live::{
    meter::Meter,
    scratch::{Scratch, number},
    server::Server,
    table::table,
    traffic::{HEAD, Seen, Traffic},
};
use serde_json::{Value, json};

use crate::{
    Cli,
    desk::{admin, change, intervals},
};

/// Whether an open ticket follows earlier terms; the partial index of the sweep answers it.
const IS_BEHIND: &str =
    "SELECT CAST(count(*) AS bigint) FROM (SELECT 1 FROM tickets WHERE service_phase IN (0, 1)
    AND terms_version < (SELECT version FROM service_terms) LIMIT 1) behind";
const LOOK_EVERY: Duration = Duration::from_millis(500);
const DONE_WITHIN: Duration = Duration::from_hours(1);
const TERMS: &str = "{ calendars { id } serviceLevelPolicies { id } }";

/// What a change came to.
struct Changed {
    name: &'static str,
    /// Until the mutation was answered, and until all tickets follow.
    answered: Duration,
    done: Duration,
    server_cpu: Duration,
    postgres_cpu: Duration,
    seen: Seen,
}

pub(crate) async fn measure(cli: &Cli, scratch: &Scratch, server: &Server) -> Result<String> {
    let person = admin(server)?;
    let traffic = Traffic::new(&person).await?;
    let quiet = traffic.quiet(Duration::from_secs(cli.seconds)).await?;
    let terms = person.ask(TERMS, &json!({})).await?;
    let id = |list: &str| {
        let id = terms
            .pointer(&format!("/{list}/0/id"))
            .and_then(Value::as_str);
        id.with_context(|| format!("no {list}: {terms}"))
    };
    let policy = json!({ "policyId": id("serviceLevelPolicies")?, "resolution": "PT4001H" });
    let calendar = json!({ "calendarId": id("calendars")?, "intervals": intervals("18:00") });
    let mut changed = Vec::new();
    for (name, mutation, kind, input) in [
        (
            "a policy",
            "editServiceLevelPolicy",
            "EditServiceLevelPolicyInput",
            policy,
        ),
        (
            "the calendar",
            "editCalendar",
            "EditCalendarInput",
            calendar,
        ),
    ] {
        let change = change(&person, mutation, kind, input);
        let change = follow(scratch, server, &traffic, change).await?;
        changed.push(Changed { name, ..change });
    }
    Ok(sweeps(cli, &changed) + &requests(&quiet, &changed))
}

/// Makes a change, and has people go on with their work until all tickets follow it.
async fn follow(
    scratch: &Scratch,
    server: &Server,
    traffic: &Traffic<'_>,
    change: impl Future<Output = Result<()>>,
) -> Result<Changed> {
    let connection = scratch.connect().await?;
    let meter = Meter::new(server, scratch).await?;
    let is_over = AtomicBool::new(false);
    let begin = Instant::now();
    let watch = async {
        let used = meter.cpu()?;
        change.await?;
        let answered = begin.elapsed();
        while number(&connection, IS_BEHIND).await? > 0 {
            ensure!(
                begin.elapsed() < DONE_WITHIN,
                "tickets do not follow the terms"
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
        is_over.store(true, Ordering::Relaxed);
        Ok((answered, begin.elapsed(), meter.cpu_since(&used)?))
    };
    let (seen, (answered, done, cpu)) = tokio::try_join!(traffic.until(&is_over), watch)?;
    Ok(Changed {
        name: "",
        answered,
        done,
        server_cpu: cpu.0,
        postgres_cpu: cpu.1,
        seen,
    })
}

fn sweeps(cli: &Cli, changed: &[Changed]) -> String {
    let row = |change: &Changed| {
        let tickets = live::meter::as_float(cli.timers);
        let each = |cpu: Duration| format!("{:.2}", cpu.as_secs_f64() * 1e3 / tickets);
        vec![
            change.name.to_owned(),
            format!("{:.0}", change.answered.as_secs_f64() * 1e3),
            format!("{:.1}", change.done.as_secs_f64()),
            format!("{:.0}", tickets / change.done.as_secs_f64()),
            each(change.server_cpu),
            each(change.postgres_cpu),
        ]
    };
    let head = [
        "what changed",
        "answered after ms",
        "all follow after s",
        "tickets/s",
        "server, CPU ms a ticket",
        "PostgreSQL, CPU ms a ticket",
    ];
    table(&head, &changed.iter().map(row).collect::<Vec<_>>())
}

fn requests(quiet: &Seen, changed: &[Changed]) -> String {
    let meanwhile = changed.iter().map(|change| {
        let name = format!("while tickets follow {}", change.name);
        change.seen.row(&name)
    });
    let rows: Vec<_> = std::iter::once(quiet.row("before"))
        .chain(meanwhile)
        .collect();
    table(&HEAD, &rows)
}
