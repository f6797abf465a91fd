//! Servers in processes of their own, which can be killed.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use guichet::clock::Clock;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::{SETTLE_WITHIN, TestServer, database::Database, environment_of, start_of_tests};

/// A desk that no server of this process serves at the moment.
pub struct Closed(Arc<Database>);

/// A server of a closed desk, by the clock on the wall; killed when it is dropped.
pub struct Process {
    child: Child,
    url: String,
    /// It ends when this closes.
    _stdin: ChildStdin,
}

impl TestServer {
    /// Stops this server, and keeps its database.
    pub async fn close(self) -> Closed {
        let database = Arc::clone(&self.database);
        drop(self);
        let is_free = async {
            while !database.is_free() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = timeout(SETTLE_WITHIN, is_free).await;
        in_time.expect("nobody holds the database");
        Closed(database)
    }
}

impl Closed {
    /// Starts `program`, which says where it listens when it does, on this desk with some settings.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(&self, program: &str, settings: &[(&str, &str)]) -> Process {
        let mut child = Command::new(program)
            .envs(environment_of(&self.0, settings))
            .env("GUICHET_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = child.stdout.take().expect("its output");
        let mut line = String::new();
        let said = BufReader::new(out).read_line(&mut line);
        assert!(said.is_ok_and(|length| length > 0), "it listens");
        let stdin = child.stdin.take().expect("its input");
        Process {
            child,
            url: format!("http://{}", line.trim()),
            _stdin: stdin,
        }
    }

    /// Serves the desk in this process again.
    pub async fn open(self) -> TestServer {
        TestServer::over(self.0, &[], start_of_tests()).await
    }
}

impl Process {
    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it answers to a document of whoever holds `token`.
    ///
    /// # Panics
    /// Where it does not answer.
    pub async fn ask(&self, token: &str, document: &str) -> Value {
        let client = reqwest::Client::builder().no_proxy().build();
        let request = client
            .expect("a client")
            .post(format!("{}/graphql", self.url));
        let request = request
            .bearer_auth(token)
            .json(&json!({ "query": document }));
        let answer = request.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Panics
    /// Where it has ended by itself.
    pub fn kill(mut self) {
        let ended = self.child.try_wait().expect("its state");
        assert!(ended.is_none(), "it ended by itself: {ended:?}");
        self.child.kill().expect("it can be killed");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Either fails only where it has ended already.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// The time by which these servers go.
#[must_use]
pub fn wall() -> DateTime<Utc> {
    Clock::wall().now()
}
