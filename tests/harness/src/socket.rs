//! Live connections of a client: WebSockets as they are spoken, and streams on them.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue},
    },
};

use crate::{Client, client::REQUEST_ID};

const PROTOCOL: &str = "graphql-transport-ws";
/// How long anything that is waited for may take. The longest pause by design is a heartbeat's.
const PATIENCE: Duration = Duration::from_secs(25);

/// A WebSocket, message by message.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

/// A stream that is live, on a socket of its own.
pub struct Live {
    socket: Socket,
}

impl Client {
    /// A WebSocket on which nothing was said yet.
    pub async fn socket(&self) -> Socket {
        self.socket_with(&[("sec-websocket-protocol", PROTOCOL)])
            .await
            .expect("the service upgrades")
    }

    /// A WebSocket asked for with these headers.
    ///
    /// # Errors
    ///
    /// The status, where the service does not upgrade.
    pub async fn socket_with(&self, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        let url = format!("{}/graphql", self.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("a request");
        let own = self.headers.iter();
        let own = own.map(|(name, value)| (*name, value.as_str()));
        for (name, value) in own
            .chain([("x-request-id", REQUEST_ID)])
            .chain(headers.iter().copied())
        {
            let value = HeaderValue::from_str(value).expect("a header");
            let name = HeaderName::from_static(name);
            request.headers_mut().insert(name, value);
        }
        let address = self.url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await.expect("connects");
        match client_async(request, stream).await {
            Ok((stream, _)) => Ok(Socket { stream }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            // What the service did not select is judged by the test.
            Err(error) => panic!("no socket: {error}"),
        }
    }

    /// A WebSocket on which the client has said who it is.
    pub async fn open_socket(&self) -> Socket {
        let mut socket = self.socket().await;
        let payload = match self.token().await {
            Some(token) => json!({ "Authorization": format!("Bearer {token}") }),
            None => json!({}),
        };
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.next().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// Follows a subscription. Comes back when it is live: nothing that happens from then on is
    /// missed.
    pub async fn subscribe(&self, document: &str, variables: Value) -> Live {
        let joins = self.gauge("live_joins_total").await;
        let mut socket = self.open_socket().await;
        socket.subscribe("1", document, variables).await;
        while self.gauge("live_joins_total").await <= joins {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Live { socket }
    }

    /// A number of `/metrics`, summed over its labels.
    pub async fn gauge(&self, name: &str) -> i64 {
        let request = self.http.get(format!("{}/metrics", self.url));
        let text = request.send().await.expect("metrics").text().await;
        let prefix = format!("guichet_{name}");
        let text = text.expect("text");
        let lines = text.lines().filter(|line| line.starts_with(&prefix));
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok());
        values.sum()
    }
}

impl Socket {
    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.send_raw(Message::text(text)).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        // The service may have closed meanwhile; what it said is read by the test.
        let _is_sent = self.stream.send(message).await;
    }

    /// Writes bytes under the WebSocket: frames that no client library makes.
    pub async fn write_bytes(&mut self, bytes: &[u8]) {
        let written = self.stream.get_mut().write_all(bytes).await;
        written.expect("the service reads");
    }

    pub async fn subscribe(&mut self, id: &str, document: &str, variables: Value) {
        let payload = json!({ "query": document, "variables": variables });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    /// The next message of the service.
    ///
    /// # Panics
    ///
    /// Where it closes instead.
    pub async fn next(&mut self) -> Value {
        match self.receive().await {
            Ok(message) => message,
            Err(code) => panic!("closed with {code}"),
        }
    }

    /// The code that the service closes with.
    ///
    /// # Panics
    ///
    /// Where it says something instead.
    pub async fn closed(&mut self) -> u16 {
        match self.receive().await {
            Ok(message) => panic!("not closed but {message}"),
            Err(code) => code,
        }
    }

    /// The next message, or the code that the service closes with: 1006 where it just goes.
    ///
    /// # Errors
    ///
    /// The code.
    pub async fn receive(&mut self) -> Result<Value, u16> {
        loop {
            let message = timeout(PATIENCE, self.stream.next()).await;
            return match message.expect("the service says something in time") {
                Some(Ok(Message::Text(text))) => {
                    Ok(serde_json::from_str(&text).expect("JSON in a message"))
                }
                Some(Ok(Message::Close(close))) => {
                    Err(close.map_or(1005, |close| u16::from(close.code)))
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Err(1006),
            };
        }
    }

    /// What is under the WebSocket, for who reads or writes as no client should.
    pub fn into_tcp(self) -> TcpStream {
        self.stream.into_inner()
    }
}

impl Live {
    /// The next response.
    ///
    /// # Panics
    ///
    /// Where the stream ends instead.
    pub async fn next(&mut self) -> Value {
        let mut message = self.socket.next().await;
        assert_eq!(message["type"], "next", "{message}");
        message["payload"].take()
    }

    /// The errors that the stream ends with.
    ///
    /// # Panics
    ///
    /// Where it goes on, or ends without.
    pub async fn failed(&mut self) -> Value {
        let mut message = self.socket.next().await;
        assert_eq!(message["type"], "error", "{message}");
        message["payload"].take()
    }

    /// The socket that it is on.
    pub const fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }
}
