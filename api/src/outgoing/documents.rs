//! Asking for documents that are read whole: with a bound on their length, and on nothing but a plain answer.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    Method, Request, Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use url::{Url, form_urlencoded};

use super::{Client, Failure};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// What came back.
#[derive(Clone, Debug)]
pub struct Document {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Client {
    /// Asks for a document of at most so many bytes.
    pub async fn get(&self, url: &Url, bytes_max: usize) -> Result<Document, Failure> {
        let mut request = Request::new(Method::GET, url.clone());
        request.headers_mut().insert(ACCEPT, JSON);
        read(self.send(request).await?, bytes_max).await
    }

    /// Sends a form, as a client with a name and a secret where there is one (RFC 6749, section 2.3.1).
    pub async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        client: Option<(&str, &str)>,
        bytes_max: usize,
    ) -> Result<Document, Failure> {
        let mut request = Request::new(Method::POST, url.clone());
        let headers = request.headers_mut();
        headers.insert(ACCEPT, JSON);
        headers.insert(CONTENT_TYPE, FORM);
        if let Some((name, secret)) = client {
            let part = |text: &str| -> String {
                form_urlencoded::byte_serialize(text.as_bytes()).collect()
            };
            let both = BASE64_STANDARD.encode(format!("{}:{}", part(name), part(secret)));
            let value = HeaderValue::from_str(&format!("Basic {both}"));
            headers.insert(AUTHORIZATION, value.map_err(|_| Failure::NoAnswer)?);
        }
        *request.body_mut() = Some(form(fields).into());
        read(self.send(request).await?, bytes_max).await
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields).finish()
}

/// What is longer than it may be is no answer.
async fn read(mut response: Response, bytes_max: usize) -> Result<Document, Failure> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|_| Failure::NoAnswer)? {
        if body.len() + piece.len() > bytes_max {
            return Err(Failure::NoAnswer);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Document { status, body })
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::outgoing::AddressFilter;

    /// Answers once, and gives what it was asked.
    async fn server(answer: &'static str) -> (Url, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4_096];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (Url::parse(&url).unwrap(), asked)
    }

    fn client() -> Client {
        Client::new(AddressFilter::new(&["127.0.0.0/8".parse().unwrap()])).unwrap()
    }

    const TEN: &str =
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n\r\n0123456789";

    #[tokio::test]
    async fn a_document_has_a_bound() {
        let (url, _) = server(TEN).await;
        assert_eq!(client().get(&url, 10).await.unwrap().body, b"0123456789");
        let (url, _) = server(TEN).await;
        assert_eq!(client().get(&url, 9).await.err(), Some(Failure::NoAnswer));
    }

    #[tokio::test]
    async fn a_form_is_sent_with_the_clients_name_and_secret() {
        let (url, asked) = server(TEN).await;
        let fields = [("code", "a b&c"), ("x", "é")];
        let sent = client()
            .post_form(&url, &fields, Some(("me", "s:t")), 10)
            .await;
        assert_eq!(sent.unwrap().status, 200);
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("POST / HTTP/1.1\r\n"), "{asked}");
        assert!(
            asked.contains("authorization: Basic bWU6cyUzQXQ=\r\n"),
            "{asked}"
        );
        assert!(
            asked.contains("content-type: application/x-www-form-urlencoded\r\n"),
            "{asked}"
        );
    }
}
