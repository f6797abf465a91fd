//! Requests that are timed: by who asks, by the server itself, and in CPU time of both it and the database.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use serde_json::Value;

use crate::{
    counters::Counters, cpu::Cpu, person::Person, scratch::Scratch, server::Server, took::Took,
};

/// Reads what the server and its database use while they are asked.
pub struct Meter<'a> {
    server: &'a Server,
    postmaster: Option<u32>,
}

/// What kind of operation is asked, as the server counts them.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Query,
    Mutation,
}

/// What some requests came to.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// From the request to the whole answer, as clients see it.
    pub took: Took,
    /// By the server's own clock, from the first byte of a request to its answer: the mean, and which part took at most 20 ms.
    pub server_ms: f64,
    pub within_20_ms: f64,
    /// What indexing took of a request, by the server's own clock.
    pub indexing_ms: f64,
    /// CPU time for each request.
    pub server_cpu_ms: f64,
    pub postgres_cpu_ms: f64,
}

impl Kind {
    const fn label(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
        }
    }
}

impl<'a> Meter<'a> {
    pub async fn new(server: &'a Server, scratch: &Scratch) -> Result<Self> {
        let postmaster = scratch.postmaster().await?;
        Ok(Self { server, postmaster })
    }

    /// Asks once with each of `variables`, by so many clients at once that each wait for their answer. Nobody else may
    /// ask this server meanwhile.
    pub async fn ask(
        &self,
        person: &Person,
        (kind, document): (Kind, &str),
        variables: &[Value],
        clients: usize,
    ) -> Result<Measured> {
        // A session that is renewed meanwhile would count.
        person.token().await?;
        let next = AtomicUsize::new(0);
        let before = (Counters::read(self.server).await?, self.cpu()?);
        let loops = (0..clients).map(|_| ask_in_turn(person, document, variables, &next));
        let times = try_join_all(loops).await?;
        let cpu = self.cpu_since(&before.1)?;
        let counters = Counters::read(self.server).await?;
        let took = Took::new(times.into_iter().flatten());

        let since = |name: &str| counters.since(&before.0, name);
        let duration = |part: &str, bound: &str| {
            let label = kind.label();
            since(&format!(
                "guichet_graphql_request_duration_seconds_{part}{{operation=\"{label}\"{bound}}}"
            ))
        };
        let count = duration("count", "");
        ensure!(
            count >= as_float(took.count()),
            "the server counted other requests"
        );
        // Buckets stand with their label first.
        let label = kind.label();
        let within = since(&format!(
            "guichet_graphql_request_duration_seconds_bucket{{le=\"0.02\",operation=\"{label}\"}}"
        ));
        let each = |time: Duration| time.as_secs_f64() * 1e3 / as_float(took.count().max(1));
        Ok(Measured {
            server_ms: duration("sum", "") * 1e3 / count,
            within_20_ms: within / count,
            indexing_ms: since("guichet_search_index_time_seconds_total") * 1e3 / count,
            server_cpu_ms: each(cpu.0),
            postgres_cpu_ms: each(cpu.1),
            took,
        })
    }

    /// What the server and the database have used until now.
    pub fn cpu(&self) -> Result<(Cpu, Option<Cpu>)> {
        let postgres = self.postmaster.map(Cpu::of).transpose()?;
        Ok((Cpu::of(self.server.process_id())?, postgres))
    }

    /// And since then.
    pub fn cpu_since(&self, before: &(Cpu, Option<Cpu>)) -> Result<(Duration, Duration)> {
        let postgres = before.1.as_ref().map(Cpu::until_now).transpose()?;
        Ok((before.0.until_now()?, postgres.unwrap_or_default()))
    }

    /// What the server and the database use in a time in which nobody asks.
    pub async fn idle(&self, time: Duration) -> Result<(Duration, Duration)> {
        let before = self.cpu()?;
        tokio::time::sleep(time).await;
        self.cpu_since(&before)
    }
}

async fn ask_in_turn(
    person: &Person,
    document: &str,
    variables: &[Value],
    next: &AtomicUsize,
) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while let Some(variables) = variables.get(next.fetch_add(1, Ordering::Relaxed)) {
        times.push(ask_once(person, document, variables).await?);
    }
    Ok(times)
}

/// How long one request takes that is not refused.
pub async fn ask_once(person: &Person, document: &str, variables: &Value) -> Result<Duration> {
    let begin = Instant::now();
    let answer = person.ask(document, variables).await?;
    let took = begin.elapsed();
    ensure!(!is_refused(&answer), "refused: {answer}");
    Ok(took)
}

/// What a person could put right is in the payload.
fn is_refused(answer: &Value) -> bool {
    let payloads = answer
        .as_object()
        .into_iter()
        .flat_map(|answer| answer.values());
    let errors = payloads.filter_map(|payload| payload["userErrors"].as_array());
    errors.into_iter().any(|errors| !errors.is_empty())
}

#[expect(clippy::cast_precision_loss, reason = "there are not 2^52 of them")]
pub const fn as_float(count: usize) -> f64 {
    count as f64
}
