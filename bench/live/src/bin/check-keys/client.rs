//! Somebody who changes tickets, and sends each change under its key until it is answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use live::{
    api::{Answer, Failure, Request},
    person::Person,
    random::Random,
};
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};

use crate::ledger::{Acknowledged, Change, Ledger};

const CREATE: &str = "mutation($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id number subject version createdAt } userErrors { code field } } }";
const COMMENT: &str = "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id body createdAt ticket { version } } userErrors { code field } } }";
const CREATE_MANY: &str = "mutation($input: BulkCreateTicketsInput!) { bulkCreateTickets(input: $input) { results { ticket { id number subject } userErrors { code field } } userErrors { code field } } }";
const CHANGE_MANY: &str = "mutation($input: BulkChangeTicketsInput!) { bulkChangeTickets(input: $input) { job { id totalCount createdAt } userErrors { code field } } }";

const TRY_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Nothing takes so long, whoever is killed meanwhile.
const ANSWERED_WITHIN: Duration = Duration::from_mins(3);
/// Requests of 100 that their client gives up in the middle, to send them again.
const LEFT_PERCENT: usize = 8;
/// And that it sends twice at the same moment, to two servers where there are two.
const DOUBLED_PERCENT: usize = 8;
/// Tickets that are opened, and that are changed, in one request.
const MANY: usize = 3;

pub(crate) struct Client {
    pub(crate) number: usize,
    pub(crate) person: Arc<Person>,
    random: Random,
    tickets: Vec<String>,
    made: usize,
    lose_every: Option<usize>,
    pub(crate) ledger: Ledger,
}

impl Client {
    pub(crate) fn new(
        number: usize,
        person: &Arc<Person>,
        seed: u64,
        lose_every: Option<usize>,
    ) -> Self {
        Self {
            number,
            person: Arc::clone(person),
            random: Random::new(seed.wrapping_mul(1_000).wrapping_add(number as u64)),
            tickets: Vec::new(),
            made: 0,
            lose_every,
            ledger: Ledger::default(),
        }
    }

    /// Changes about once in `pause`, until `stop`; what is begun then is finished.
    pub(crate) async fn run(&mut self, pause: Duration, stop: &watch::Receiver<bool>) {
        while !*stop.borrow() {
            let change = self.choose();
            self.make(change).await;
            let jitter = u32::try_from(self.random.below(100)).unwrap_or_default();
            tokio::time::sleep(pause.mul_f64(0.5 + f64::from(jitter) / 100.0)).await;
        }
    }

    /// Sends all that was acknowledged once more: it is answered as it was.
    pub(crate) async fn ask_again(&mut self) {
        for place in 0..self.ledger.acknowledged.len() {
            let Acknowledged { change, text, .. } = &self.ledger.acknowledged[place];
            let why = match self.insist(change).await {
                Ok((again, _)) if again.text == *text && again.is_replayed => continue,
                Ok((again, _)) if again.text == *text => {
                    "it was not called a repetition".to_owned()
                }
                Ok((again, _)) => format!("at first {text}, later {}", again.text),
                Err(error) => format!("{error:#}"),
            };
            let why = format!("{} again: {why}", change.key);
            self.ledger.wrong.push(why);
        }
    }

    async fn make(&mut self, change: Change) {
        let is_doubled = self.random.chance(DOUBLED_PERCENT);
        let is_left = self.random.chance(LEFT_PERCENT);
        let begin = Instant::now();
        if is_left {
            self.leave(&change).await;
        }
        let answered = if is_doubled {
            self.insist_twice(&change).await
        } else {
            self.insist(&change).await
        };
        match answered {
            Ok((answer, tries)) => self.note(change, answer, tries, begin.elapsed()),
            Err(error) => {
                let why = format!("{}: {error:#}", change.key);
                self.ledger.wrong.push(why);
                return;
            }
        }
        self.spoil().await;
    }

    /// What the check must notice.
    async fn spoil(&mut self) {
        let count = self.ledger.acknowledged.len();
        let is_spoiled = |every: usize| count.is_multiple_of(every);
        if self.lose_every.is_some_and(is_spoiled)
            && let Some(last) = self.ledger.acknowledged.last()
        {
            let change = Change {
                key: format!("{}-spoiled", last.change.key),
                ..last.change.clone()
            };
            // Whether it is refused or not, it shows.
            let _spoiled = self.insist(&change).await;
        }
    }

    fn note(&mut self, change: Change, answer: Answer, tries: usize, took: Duration) {
        let is_clean = answer.data.as_object().is_some_and(|fields| {
            let mut errors = fields.values().map(|payload| &payload["userErrors"]);
            errors.all(|errors| *errors == json!([]))
        });
        if !is_clean {
            let why = format!("{} is refused: {}", change.key, answer.text);
            self.ledger.wrong.push(why);
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let created = text(&answer.data["createTicket"]["ticket"]["id"]);
        let many = answer.data["bulkCreateTickets"]["results"].as_array();
        let many = many.into_iter().flatten();
        let many = many.filter_map(|result| text(&result["ticket"]["id"]));
        self.tickets.extend(created.into_iter().chain(many));
        let job = text(&answer.data["bulkChangeTickets"]["job"]["id"]);
        self.ledger.jobs.extend(job);
        self.ledger.acknowledged.push(Acknowledged {
            change,
            text: answer.text,
            tries,
            is_replayed: answer.is_replayed,
            took,
        });
    }

    /// Sends it until it is answered; how often.
    async fn insist(&self, change: &Change) -> Result<(Answer, usize)> {
        let begin = Instant::now();
        for tries in 1.. {
            match self.send(change, None).await {
                Ok(answer) => return Ok((answer, tries)),
                Err(failure) => self.wait_after(failure).await?,
            }
            ensure!(begin.elapsed() < ANSWERED_WITHIN, "never answered");
        }
        anyhow::bail!("never answered")
    }

    /// Sends it twice at the same moment; where both are answered, they are alike.
    async fn insist_twice(&self, change: &Change) -> Result<(Answer, usize)> {
        let (one, other) = tokio::join!(self.send(change, Some(0)), self.send(change, Some(1)));
        match (one, other) {
            (Ok(one), Ok(other)) => {
                ensure!(
                    one.text == other.text,
                    "two answers: {} and {}",
                    one.text,
                    other.text
                );
                ensure!(
                    one.is_replayed || other.is_replayed,
                    "done by both: {}",
                    one.text
                );
                Ok((one, 2))
            }
            (Ok(answer), Err(failure)) | (Err(failure), Ok(answer)) => {
                check(&failure)?;
                Ok((answer, 2))
            }
            (Err(one), Err(other)) => {
                check(&other)?;
                self.wait_after(one).await?;
                let (answer, tries) = self.insist(change).await?;
                Ok((answer, tries + 2))
            }
        }
    }

    /// Sends it, and goes before it is answered.
    async fn leave(&mut self, change: &Change) {
        let ms = 1 + self.random.below(12) as u64;
        // Nobody knows whether it was done.
        let _left = timeout(Duration::from_millis(ms), self.send(change, None)).await;
    }

    /// Sends it once, to the server of a turn or to the one of before.
    async fn send(&self, change: &Change, turn: Option<usize>) -> Result<Answer, Failure> {
        let token = self.person.token().await;
        let token = token.map_err(|error| Failure::Unreachable(error.to_string()))?;
        let request = Request {
            document: change.document,
            variables: &change.variables,
            key: Some(&change.key),
        };
        let api = &self.person.api;
        match turn {
            Some(turn) => api.send_at(turn, Some(&token), request).await,
            None => api.send(Some(&token), request).await,
        }
    }

    async fn wait_after(&self, failure: Failure) -> Result<()> {
        check(&failure)?;
        if matches!(&failure, Failure::Refused { code, .. } if code == "UNAUTHENTICATED") {
            self.person.forget_token().await;
        }
        tokio::time::sleep(TRY_AGAIN_AFTER).await;
        Ok(())
    }

    /// Something that nothing else says.
    fn choose(&mut self) -> Change {
        self.made += 1;
        let unique = format!("client {} change {}", self.number, self.made);
        let key = format!("{}-{}", self.number, self.made);
        if self.tickets.len() < MANY {
            return create(key, unique, "NORMAL");
        }
        match self.random.below(100) {
            0..30 => {
                let is_urgent = self.random.chance(20);
                create(key, unique, if is_urgent { "URGENT" } else { "NORMAL" })
            }
            30..85 => {
                let place = self.random.below(self.tickets.len());
                comment(key, unique, &self.tickets[place])
            }
            85..95 => create_many(key, &unique),
            _ => {
                let first = self.random.below(self.tickets.len() - MANY + 1);
                change_many(key, unique, &self.tickets[first..first + MANY])
            }
        }
    }
}

/// What may be tried again is no fault.
fn check(failure: &Failure) -> Result<()> {
    match failure {
        Failure::Refused { code, .. }
            if !matches!(code.as_str(), "RATE_LIMITED" | "UNAUTHENTICATED") =>
        {
            anyhow::bail!("{failure}")
        }
        Failure::Refused { .. } | Failure::Unreachable(_) => Ok(()),
    }
}

fn create(key: String, unique: String, priority: &str) -> Change {
    let input =
        json!({ "subject": unique, "description": "It did not arrive.", "priority": priority });
    Change {
        key,
        document: CREATE,
        variables: json!({ "input": input }),
        texts: vec![(unique, 1)],
    }
}

fn comment(key: String, unique: String, ticket: &str) -> Change {
    let input = json!({ "ticketId": ticket, "body": unique, "visibility": "PUBLIC" });
    Change {
        key,
        document: COMMENT,
        variables: json!({ "input": input }),
        texts: vec![(unique, 1)],
    }
}

fn create_many(key: String, unique: &str) -> Change {
    let texts: Vec<_> = (0..MANY)
        .map(|number| format!("{unique} of many {number}"))
        .collect();
    let ticket = |text: &String| json!({ "subject": text, "description": "Nor did this." });
    let tickets: Vec<_> = texts.iter().map(ticket).collect();
    Change {
        key,
        document: CREATE_MANY,
        variables: json!({ "input": { "tickets": tickets } }),
        texts: texts.into_iter().map(|text| (text, 1)).collect(),
    }
}

fn change_many(key: String, unique: String, tickets: &[String]) -> Change {
    let steps = json!([{ "comment": { "body": unique, "visibility": "INTERNAL" } }]);
    Change {
        key,
        document: CHANGE_MANY,
        variables: json!({ "input": { "tickets": { "ids": tickets }, "steps": steps } }),
        texts: vec![(unique, tickets.len())],
    }
}
