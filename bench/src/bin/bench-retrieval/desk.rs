//! A desk that knows what a set says: all of it came in through the API.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use live::{
    server::{Server, Settings, run},
    sets::{Article, Question},
};
use serde_json::{Value, json};

use crate::Cli;

/// Requests on their way while the desk is filled.
const AT_ONCE: usize = 8;
/// Who asks; each has a ticket of an intent a day at most, nearly.
const REQUESTERS: usize = 2_000;
/// How long servers may take to know what was committed.
const KNOWN_WITHIN: Duration = Duration::from_secs(2);
/// How many articles are asked for: the most that one answer has.
const FIRST: usize = 10;
const EMAIL: &str = "admin@bench.guichet.test";
const PASSWORD: &str = "only for this benchmark 7";

const SIGN_IN: &str =
    "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }";
const CREATE: &str = "mutation($input: CreateArticleInput!) { createArticle(input: $input) { article { id } userErrors { code } } }";
const PUBLISH: &str = "mutation($input: PublishArticleInput!) { publishArticle(input: $input) { userErrors { code } } }";
const OPEN: &str = "mutation($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id } userErrors { code } } }";
const SOLVE: &str =
    "mutation($input: SolveTicketInput!) { solveTicket(input: $input) { userErrors { code } } }";
const SUGGEST: &str = "query($input: HelpSuggestionsInput!) { helpSuggestions(input: $input) {
    session articles { score excerptHtml article { id } } } }";

pub(crate) struct Desk {
    server: Server,
    http: reqwest::Client,
    token: String,
    /// By the set's key.
    articles: HashMap<String, String>,
}

/// What the questions came to.
pub(crate) struct Asked {
    /// For each question the place of the first right article, from 0 on.
    pub(crate) places: Vec<Option<usize>>,
    /// From the question to the whole answer, in ms, in growing order.
    pub(crate) took_ms: Vec<f64>,
    /// What the server has in memory, in MB.
    pub(crate) memory_mb: u64,
}

impl Desk {
    /// Starts a server on an empty database, and publishes the articles there.
    pub(crate) async fn open(cli: &Cli, url: &str, articles: &[Article]) -> Result<Self> {
        let settings = Settings::new(url);
        let add = [
            "user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin",
        ];
        run(&cli.server, &settings, &add, PASSWORD)?;
        let mut desk = Self {
            server: Server::start(&cli.server, &settings)?,
            http: reqwest::Client::new(),
            token: String::new(),
            articles: HashMap::new(),
        };
        let who = json!({ "email": EMAIL, "password": PASSWORD });
        let answer = desk.ask(SIGN_IN, who).await?;
        let token = answer.pointer("/signIn/session/accessToken");
        desk.token = token
            .and_then(Value::as_str)
            .context("no session")?
            .to_owned();
        let made: Vec<(String, String)> = stream::iter(articles)
            .map(|article| desk.publish(article))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        desk.articles.extend(made);
        Ok(desk)
    }

    async fn publish(&self, article: &Article) -> Result<(String, String)> {
        let input =
            json!({ "title": article.title, "body": article.body, "locale": article.locale });
        let answer = self.ask(CREATE, input).await?;
        let id = answer.pointer("/createArticle/article/id");
        let id = id
            .and_then(Value::as_str)
            .with_context(|| answer.to_string())?;
        self.ask(PUBLISH, json!({ "articleId": id })).await?;
        Ok((article.key.clone(), id.to_owned()))
    }

    /// Opens tickets and solves each with its article; returns how many a second.
    pub(crate) async fn learn(&self, tickets: &[Question]) -> Result<f64> {
        let begin = Instant::now();
        let turn = AtomicUsize::new(0);
        stream::iter(tickets)
            .map(|ticket| self.solve(ticket, turn.fetch_add(1, Ordering::Relaxed)))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        let count = u32::try_from(tickets.len())?;
        Ok(f64::from(count) / begin.elapsed().as_secs_f64())
    }

    async fn solve(&self, ticket: &Question, turn: usize) -> Result<()> {
        let subject: String = ticket.text.chars().take(200).collect();
        let answer = self
            .ask(
                OPEN,
                json!({
                    "subject": subject, "description": ticket.text,
                    "requesterEmail": format!("person{}@bench.guichet.test", turn % REQUESTERS),
                }),
            )
            .await?;
        let id = answer.pointer("/createTicket/ticket/id");
        let article = &self.articles[&ticket.answers[0]];
        self.ask(SOLVE, json!({ "ticketId": id, "articleId": article }))
            .await?;
        Ok(())
    }

    /// Asks one question after the other.
    pub(crate) async fn suggest(&self, questions: &[Question]) -> Result<Asked> {
        tokio::time::sleep(KNOWN_WITHIN).await;
        let (mut places, mut took_ms) = (Vec::new(), Vec::new());
        for question in questions {
            let begin = Instant::now();
            let input = json!({ "text": question.text, "first": FIRST });
            let answer = self.ask(SUGGEST, input).await?;
            took_ms.push(begin.elapsed().as_secs_f64() * 1e3);
            let right = question
                .answers
                .iter()
                .filter_map(|key| self.articles.get(key));
            let right: Vec<&String> = right.collect();
            let offers = answer.pointer("/helpSuggestions/articles");
            let offers = offers.and_then(Value::as_array).context("no articles")?;
            places.push(offers.iter().position(|offer| {
                let id = offer.pointer("/article/id").and_then(Value::as_str);
                right.iter().any(|right| Some(right.as_str()) == id)
            }));
        }
        took_ms.sort_by(f64::total_cmp);
        Ok(Asked {
            places,
            took_ms,
            memory_mb: self.memory_mb()?,
        })
    }

    fn memory_mb(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.process_id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        Ok(kib.context("no VmRSS")?.parse::<u64>()? / 1_024)
    }

    async fn ask(&self, document: &str, input: Value) -> Result<Value> {
        let mut request = self
            .http
            .post(self.server.address())
            .header("content-type", "application/json")
            .body(json!({ "query": document, "variables": { "input": input } }).to_string());
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let text = request.send().await?.error_for_status()?.text().await?;
        let mut answer: Value = serde_json::from_str(&text)?;
        let is_refused = text.contains("\"userErrors\":[{");
        ensure!(
            answer.get("errors").is_none() && !is_refused,
            "refused: {text}"
        );
        Ok(answer["data"].take())
    }
}
