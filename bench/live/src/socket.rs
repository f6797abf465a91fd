//! A socket that speaks `graphql-transport-ws`, as a browser holds it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::frame::{self, Kind};

/// More than any answer to the tools' documents.
const FRAME_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    buffer: BytesMut,
}

/// What arrives.
#[derive(Debug)]
pub enum Message {
    Text(String),
    /// Closed by the server, with a reason; or cut, with neither.
    Closed {
        code: Option<u16>,
        reason: String,
    },
}

impl Socket {
    /// Connects from `source`; a small `receive_buffer` makes the server feel soon that nobody reads.
    pub async fn open(
        server: SocketAddr,
        source: IpAddr,
        receive_buffer: Option<u32>,
    ) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(size) = receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        socket.bind(SocketAddr::new(source, 0))?;
        let mut stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        stream.write_all(frame::upgrade(server).as_bytes()).await?;
        let mut socket = Self {
            stream,
            buffer: BytesMut::new(),
        };
        let end = loop {
            if let Some(end) = frame::end_of_upgrade(&socket.buffer) {
                break end;
            }
            socket.fill().await?;
        };
        let answer = socket.buffer.split_to(end);
        if !answer.starts_with(b"HTTP/1.1 101") {
            let first = String::from_utf8_lossy(&answer);
            let first = first.lines().next().unwrap_or_default().to_owned();
            return Err(io::Error::other(first));
        }
        Ok(socket)
    }

    pub async fn send(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(&frame::text(text)).await
    }

    pub async fn close(&mut self) -> io::Result<()> {
        self.stream.write_all(&frame::close()).await?;
        self.stream.shutdown().await
    }

    /// The connection, and what has arrived and was not read.
    pub fn into_parts(self) -> io::Result<(std::net::TcpStream, BytesMut)> {
        Ok((self.stream.into_std()?, self.buffer))
    }

    /// The next message. Pings are answered, cuts are [`Message::Closed`]. Nothing is lost where
    /// the future is dropped.
    pub async fn next(&mut self) -> Message {
        let mut scanned = 0;
        match self.try_next(&mut scanned).await {
            Ok(message) => message,
            Err(error) => Message::Closed {
                code: None,
                reason: error.to_string(),
            },
        }
    }

    async fn try_next(&mut self, scanned: &mut usize) -> io::Result<Message> {
        let mut text = Vec::new();
        loop {
            let Some(header) = frame::header(&self.buffer[*scanned..]) else {
                self.fill().await?;
                continue;
            };
            let end = *scanned + header.length + header.payload_length;
            if end > FRAME_MAX {
                return Err(io::Error::other("a frame that is too long"));
            }
            if self.buffer.len() < end {
                self.fill().await?;
                continue;
            }
            let payload = self.buffer[*scanned + header.length..end].to_vec();
            *scanned = end;
            match header.kind {
                Kind::Text => {
                    text.extend(payload);
                    if header.is_last {
                        self.buffer.advance(end);
                        let text = String::from_utf8(text).map_err(io::Error::other)?;
                        return Ok(Message::Text(text));
                    }
                }
                Kind::Close => return Ok(closed(&payload)),
                Kind::Ping => self.stream.write_all(&frame::pong(&payload)).await?,
                Kind::Pong | Kind::Other => {}
            }
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

fn closed(payload: &[u8]) -> Message {
    let code = payload.get(..2).and_then(|code| code.try_into().ok());
    Message::Closed {
        code: code.map(u16::from_be_bytes),
        reason: String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned(),
    }
}
