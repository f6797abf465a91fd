//! A model behind HTTP, as small as it can be: texts that have to do with the same thing are near to each other, in
//! whichever language.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Words that mean the same, one list for each number of a vector.
const MEANINGS: [&[&str]; 3] = [
    &["vpn", "tunnel", "réseau"],
    &["printer", "imprimante", "paper"],
    &["laptop", "ordinateur"],
];
/// What all texts have in common.
const COMMON: f32 = 0.5;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Good,
    /// After a minute.
    Slow,
    /// 500.
    Failing,
    /// Something else than vectors.
    Nonsense,
    /// 400 where a text is about zebrafish.
    Picky,
}

/// It answers until it is dropped.
pub struct Model {
    url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    behaviour: Mutex<Behaviour>,
    requests: AtomicUsize,
    /// The head of the newest request.
    head: Mutex<String>,
}

impl Model {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            behaviour: Mutex::new(Behaviour::Good),
            requests: AtomicUsize::new(0),
            head: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self {
            url: format!("http://{address}/v1/embeddings"),
            state,
            task,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *lock(&self.state.behaviour) = behaviour;
    }

    /// How often it was asked.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// Request line and headers of the newest request.
    pub fn head(&self) -> String {
        lock(&self.state.head).clone()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection, kept for as many requests as come.
async fn serve(stream: TcpStream, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = read(&mut stream).await {
        state.requests.fetch_add(1, Ordering::SeqCst);
        *lock(&state.head) = head;
        let behaviour = *lock(&state.behaviour);
        if behaviour == Behaviour::Slow {
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        let (status, answer) = match behaviour {
            Behaviour::Picky if body.to_string().contains("zebrafish") => {
                ("400 Bad Request", json!({}))
            }
            Behaviour::Good | Behaviour::Slow | Behaviour::Picky => ("200 OK", embed(&body)),
            Behaviour::Failing => ("500 Internal Server Error", json!({})),
            Behaviour::Nonsense => ("200 OK", json!({ "data": [{ "embedding": "none" }] })),
        };
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        let sent = stream.write_all((head + &answer).as_bytes()).await;
        if sent.is_err() {
            return;
        }
    }
}

/// The next request: its head, and its body as JSON.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, Value)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length?.trim().parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, serde_json::from_slice(&body).ok()?))
}

fn embed(asked: &Value) -> Value {
    let texts = asked["input"].as_array().cloned().unwrap_or_default();
    let vector = |text: &Value| {
        let text = text.as_str().unwrap_or_default().to_lowercase();
        let means = |words: &&[&str]| words.iter().any(|word| text.contains(word));
        let mut vector: Vec<f32> = MEANINGS
            .iter()
            .map(|words| f32::from(u8::from(means(words))))
            .collect();
        vector.push(COMMON);
        vector
    };
    let data = texts.iter().enumerate();
    let data = data.map(|(index, text)| json!({ "index": index, "embedding": vector(text) }));
    json!({ "object": "list", "data": data.collect::<Vec<_>>() })
}
