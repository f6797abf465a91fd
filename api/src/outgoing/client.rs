//! The HTTP client, which connects only to addresses that the filter permits.

use std::{error::Error as StdError, net::SocketAddr, sync::Arc, time::Duration};

use reqwest::{
    Request, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderValue},
    redirect,
};
use tokio::net::lookup_host;
use url::Url;

use super::AddressFilter;

/// How long a whole answer may take, and the connection alone.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// What the server calls itself.
const USER_AGENT: &str = concat!("Guichet/", env!("CARGO_PKG_VERSION"));

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It leads to addresses that the server must not connect to.
    #[error("the address is not allowed")]
    NotAllowed,
    #[error("there is no such host")]
    UnknownHost,
    #[error("no answer in time")]
    TimedOut,
    /// Nobody listens, or who does cannot prove to be the one.
    #[error("no connection")]
    NoConnection,
    /// What came back is not HTTP.
    #[error("no answer")]
    NoAnswer,
}

/// Asks other servers. Clones share what they know of names.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    filter: Arc<AddressFilter>,
}

impl Client {
    /// A client that connects where `filter` lets it. Fails where the system's certificates cannot be read.
    pub fn new(filter: AddressFilter) -> anyhow::Result<Self> {
        let filter = Arc::new(filter);
        let http = reqwest::Client::builder()
            .dns_resolver(Resolver(Arc::clone(&filter)))
            // A proxy would connect for us, wherever it is told to.
            .no_proxy()
            .redirect(redirect::Policy::none())
            // A connection that was kept would be used without looking at where it leads.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .user_agent(USER_AGENT)
            .build()?;
        Ok(Self { http, filter })
    }

    /// Asks for a page, and tells with which status it is answered; what follows the head is not read.
    pub async fn status_of(&self, url: &Url) -> Result<u16, Failure> {
        let request = Request::new(reqwest::Method::GET, url.clone());
        Ok(self.send(request).await?.status().as_u16())
    }

    /// Sends JSON with some headers, and tells with which status it is answered; what follows the head is not read.
    pub async fn post(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<u16, Failure> {
        let mut request = Request::new(reqwest::Method::POST, url.clone());
        let written = request.headers_mut();
        written.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|_| Failure::NoConnection)?;
            written.insert(*name, value);
        }
        *request.body_mut() = Some(body.into());
        Ok(self.send(request).await?.status().as_u16())
    }

    pub(super) async fn send(&self, request: Request) -> Result<Response, Failure> {
        // A name is looked at when it was resolved; an address is not resolved.
        if !self.filter.permits_literal(request.url()) {
            return Err(Failure::NotAllowed);
        }
        self.http
            .execute(request)
            .await
            .map_err(|error| failure(&error))
    }
}

/// Gives a connection only those addresses of a name that it may be made to: what was looked at is what is connected to,
/// whatever the name means a moment later.
struct Resolver(Arc<AddressFilter>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let filter = Arc::clone(&self.0);
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = found.map_err(|_| Failure::UnknownHost)?.collect();
            if found.is_empty() {
                return Err(Failure::UnknownHost.into());
            }
            let permitted = found.into_iter().filter(|to| filter.permits(to.ip()));
            let permitted: Vec<SocketAddr> = permitted.collect();
            if permitted.is_empty() {
                return Err(Failure::NotAllowed.into());
            }
            let addresses: Addrs = Box::new(permitted.into_iter());
            Ok(addresses)
        })
    }
}

/// What the resolver said stands somewhere among the causes.
fn failure(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return *failure;
        }
        cause = error.source();
    }
    if error.is_timeout() {
        Failure::TimedOut
    } else if error.is_connect() {
        Failure::NoConnection
    } else {
        Failure::NoAnswer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// A server on the loopback that answers everything alike, and counts who came.
    async fn server(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 4_096];
                let _request = stream.read(&mut head).await;
                let _is_sent = stream.write_all(answer.as_bytes()).await;
            }
        });
        (port, visits)
    }

    fn client(allowed: &[&str]) -> Client {
        let allowed: Vec<_> = allowed.iter().map(|block| block.parse().unwrap()).collect();
        Client::new(AddressFilter::new(&allowed)).unwrap()
    }

    async fn ask(client: &Client, url: &str) -> Result<u16, Failure> {
        client.status_of(&Url::parse(url).unwrap()).await
    }

    const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn nobody_inside_hears_of_it() {
        let (port, visits) = server(FINE).await;
        let client = client(&[]);
        for host in [
            "127.0.0.1",
            "localhost",
            "2130706433",
            "[::ffff:127.0.0.1]",
            "[::1]",
            "0",
        ] {
            let asked = ask(&client, &format!("http://{host}:{port}/")).await;
            assert_eq!(asked, Err(Failure::NotAllowed), "{host}");
        }
        assert_eq!(visits.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn what_is_allowed_is_reached_by_address_and_by_name() {
        let (port, visits) = server(FINE).await;
        let client = client(&["127.0.0.0/8"]);
        for host in ["127.0.0.1", "localhost"] {
            let asked = ask(&client, &format!("http://{host}:{port}/")).await;
            assert_eq!(asked, Ok(200), "{host}");
        }
        assert_eq!(visits.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let (inside, visits) = server(FINE).await;
        let answer = format!(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{inside}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let (port, _) = server(answer.leak()).await;
        let asked = ask(
            &client(&["127.0.0.0/8"]),
            &format!("http://127.0.0.1:{port}/"),
        )
        .await;
        assert_eq!(asked, Ok(302));
        assert_eq!(visits.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn failures_are_told_apart() {
        let client = client(&["127.0.0.0/8"]);
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = free.local_addr().unwrap().port();
        drop(free);
        let asked = ask(&client, &format!("http://127.0.0.1:{closed}/")).await;
        assert_eq!(asked, Err(Failure::NoConnection));

        let (port, _) = server("SSH-2.0-guichet\r\n").await;
        let asked = ask(&client, &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(asked, Err(Failure::NoAnswer));
        // No handshake comes back.
        let asked = ask(&client, &format!("https://127.0.0.1:{port}/")).await;
        assert_eq!(asked, Err(Failure::NoConnection));

        let asked = ask(&client, "http://no-such-host.invalid/").await;
        assert_eq!(asked, Err(Failure::UnknownHost));
    }
}
