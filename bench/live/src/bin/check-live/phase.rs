//! One fault: readers listen, writers write, something goes wrong, and all is compared.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use live::{
    api::{Servers, text_at},
    cpu::memory_of,
    lab::Lab,
    person::Person,
    stream::Transport,
    wait,
};
use serde_json::json;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Cli,
    desk::{Desk, Scope},
    faults::{Fault, cause},
    filter::Filter,
    ledger::Ledger,
    proxy::Proxy,
    reader::{Reader, What},
    report::Row,
    rights::end,
    verify::{Findings, settle},
    view::View,
    writer::Writer,
};

const CREATE_QUEUE: &str = "mutation($input: CreateQueueInput!) { createQueue(input: $input) { queue { id } userErrors { code message } } }";
const LISTED_WITHIN: Duration = Duration::from_mins(2);
/// From the list to the stream.
const SUBSCRIBED_AFTER: Duration = Duration::from_secs(1);
/// Every so manieth reader reads nothing, where that is the fault.
const DEAF_EVERY: usize = 10;

pub(crate) struct Phases<'a> {
    cli: &'a Cli,
    lab: Lab,
    desk: Arc<Desk>,
    writers: Vec<Writer>,
    /// A queue of urgent tickets that somebody saved.
    saved: String,
}

impl<'a> Phases<'a> {
    pub(crate) async fn open(cli: &'a Cli, lab: Lab, desk: Desk) -> Result<Self> {
        let mut writers = Vec::new();
        for number in 0..cli.writers {
            writers.push(Writer::begin(&desk, number).await?);
        }
        let input = json!({ "name": "Urgent", "filter": Filter::Urgent.variable() });
        let answer = desk.agents[0]
            .ask(CREATE_QUEUE, &json!({ "input": input }))
            .await?;
        Ok(Self {
            cli,
            lab,
            desk: Arc::new(desk),
            writers,
            saved: text_at(&answer, "/createQueue/queue/id")?,
        })
    }

    pub(crate) async fn close(self) -> Result<()> {
        self.lab.close().await
    }

    pub(crate) async fn run(&mut self, fault: Fault) -> Result<Row> {
        let proxy = if fault.cuts_sockets() {
            Some(Proxy::start(&self.lab.servers).await?)
        } else {
            None
        };
        let readers = self.readers(fault, proxy.as_ref())?;
        let (stop_reading, reading_stops) = watch::channel(false);
        let mut reading = JoinSet::new();
        for reader in &readers {
            let (reader, stop) = (Arc::clone(reader), reading_stops.clone());
            reading.spawn(async move { reader.run(stop).await });
        }
        let is_listed = || {
            readers
                .iter()
                .all(|reader| !reader.view().segments.is_empty())
        };
        if !wait::until(LISTED_WITHIN, is_listed).await {
            let failed = reading.try_join_next();
            anyhow::bail!("readers have no list: {failed:?}");
        }
        tokio::time::sleep(SUBSCRIBED_AFTER).await;

        let ledger = self.write(fault, &readers).await?;
        for reader in &readers {
            reader.is_deaf.store(false, Ordering::Relaxed);
        }
        let mut findings = settle(&readers, &ledger).await?;
        stop_reading.send_replace(true);
        while let Some(read) = reading.join_next().await {
            if let Err(error) = read? {
                findings.wrong.push(format!("a reader gave up: {error:#}"));
            }
        }
        if let Some(proxy) = &proxy {
            let cuts = proxy.cuts.load(Ordering::Relaxed);
            ensure!(cuts > 0, "nothing was cut");
        }
        self.sum_up(fault, &readers, &ledger, findings)
    }

    /// All writers at once, while something goes wrong.
    async fn write(&mut self, fault: Fault, readers: &[Arc<Reader>]) -> Result<Arc<Ledger>> {
        let ledger = Arc::new(Ledger::default());
        let (stop_writing, writing_stops) = watch::channel(false);
        let pause = Duration::from_secs_f64(1.0 / self.cli.rate);
        let mut writing = JoinSet::new();
        for mut writer in self.writers.drain(..) {
            let (desk, ledger) = (Arc::clone(&self.desk), Arc::clone(&ledger));
            let stop = writing_stops.clone();
            writing.spawn(async move {
                writer.run(&desk, &ledger, pause, &stop).await;
                writer
            });
        }
        let length = Duration::from_secs(self.cli.seconds);
        let database_url = self.lab.database_url.clone();
        let rights = end(
            fault,
            database_url.as_deref(),
            &self.desk,
            readers,
            length / 3,
        );
        let (caused, ended) = tokio::join!(cause(fault, &mut self.lab, length), rights);
        stop_writing.send_replace(true);
        while let Some(writer) = writing.join_next().await {
            self.writers.push(writer?);
        }
        caused?;
        ended?;
        Ok(ledger)
    }

    fn readers(&self, fault: Fault, proxy: Option<&Proxy>) -> Result<Vec<Arc<Reader>>> {
        let servers = Servers::default();
        let (servers, count) = match proxy {
            Some(proxy) => {
                servers.set(vec![proxy.address]);
                (servers, self.cli.cut_readers)
            }
            None => (self.lab.servers.clone(), self.cli.readers),
        };
        let reader = |person: &Arc<Person>, scope, what, transport, turn| {
            let is_deaf = fault == Fault::DeafReaders && turn % DEAF_EVERY == 0;
            Arc::new(Reader {
                person: Arc::clone(person),
                what,
                transport,
                servers: servers.clone(),
                turn,
                is_deaf: AtomicBool::new(is_deaf),
                lose_every: self.cli.lose_every,
                heard: AtomicUsize::new(0),
                view: Mutex::new(View::new(scope)),
            })
        };
        let mut readers = Vec::new();
        for number in 0..count {
            let (person, scope, what) = self.role(number)?;
            let transport = match number % 4 {
                2 => Transport::Events,
                _ => Transport::Socket,
            };
            readers.push(reader(person, scope, what, transport, number));
        }
        if fault == Fault::SignedOut {
            let leavers = self.desk.leavers().iter();
            let transports = [Transport::Socket, Transport::Events];
            readers.extend(leavers.zip(transports).map(|(person, transport)| {
                let everything = What::Queue(Filter::All);
                reader(person, Scope::Desk, everything, transport, count)
            }));
        }
        Ok(readers)
    }

    /// Who the reader of a number is, and what they look at.
    fn role(&self, number: usize) -> Result<(&Arc<Person>, Scope, What)> {
        let desk = &self.desk;
        let turn = number / 13;
        let agent = &desk.agents[number % desk.agents.len()];
        let partner = (turn * 2 + number) % desk.partners.len();
        let team = Scope::Team(desk.team_of(partner).to_owned());
        let requester = &desk.requesters[(turn * 2 + number) % desk.requesters.len()];
        let own = Scope::Own(requester.id.clone());
        let everything = What::Queue(Filter::All);
        let partner = &desk.partners[partner];
        Ok(match number % 13 {
            0 | 1 => (agent, Scope::Desk, everything),
            2 => (
                agent,
                Scope::Desk,
                What::Queue(Filter::Team(desk.teams[0].clone())),
            ),
            3 => (agent, Scope::Desk, What::Queue(Filter::Urgent)),
            4 => (agent, Scope::Desk, What::Queue(Filter::Tagged)),
            5 => (
                agent,
                Scope::Desk,
                What::Queue(Filter::Mine(agent.id.clone())),
            ),
            6 | 10 => (partner, team, everything),
            7 => (partner, team, What::Queue(Filter::Urgent)),
            8 | 9 => (requester, own, everything),
            11 => {
                let writer = &self.writers[number % self.writers.len()];
                let ticket = writer.tickets().next().context("no ticket")?;
                (agent, Scope::Desk, What::Ticket(ticket.clone()))
            }
            _ if turn == 0 => {
                let what = What::Saved(Filter::Urgent, self.saved.clone());
                (&desk.agents[0], Scope::Desk, what)
            }
            _ => (
                agent,
                Scope::Desk,
                What::Queue(Filter::NotIn(desk.external.clone())),
            ),
        })
    }

    fn sum_up(
        &self,
        fault: Fault,
        readers: &[Arc<Reader>],
        ledger: &Ledger,
        findings: Findings,
    ) -> Result<Row> {
        let mut row = Row {
            name: fault.name(),
            readers: readers.len(),
            acknowledged: ledger.count(),
            missing: findings.missing.len(),
            wrong: findings.wrong.len(),
            foreign: findings.foreign.len(),
            median: findings.delay_at(50),
            p99: findings.delay_at(99),
            longest: findings.delay_at(100),
            asked_p99: ledger.asked_p99(),
            ..Row::default()
        };
        for id in self.lab.process_ids() {
            row.memory_mib += memory_of(id)? / (1024 * 1024);
        }
        for reader in readers {
            let view = reader.view();
            row.delivered += view.delivered;
            row.duplicates += view.duplicates;
            row.reconnects += view.reconnects;
            row.resyncs += view.resyncs;
        }
        let Findings {
            missing,
            wrong,
            foreign,
            ..
        } = findings;
        row.findings = [foreign, missing, wrong].concat();
        Ok(row)
    }
}
