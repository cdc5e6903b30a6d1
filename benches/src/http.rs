//! A minimal HTTP/1.1 client: one connection, one request at a time.
//!
//! It shares the machine with the server, so that the cost of a full client would distort the ratios.

use crate::Outcome;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A persistent connection.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(16 * 1024),
        })
    }

    /// Posts JSON with an idempotency key. Returns the status and the body.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        key: &str,
        body: &str,
    ) -> Outcome<(u16, &[u8])> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nidempotency-key: {key}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.send(request.as_bytes()).await
    }

    /// Sends a GET request. Returns the status and the body.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<(u16, &[u8])> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        self.send(request.as_bytes()).await
    }

    async fn send(&mut self, request: &[u8]) -> Outcome<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            if let Some(end) = self
                .received
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
            {
                break end + 4;
            }
            self.receive().await?;
        };
        let text = std::str::from_utf8(&self.received[..head])?;
        let status: u16 = text.get(9..12).ok_or("no status")?.parse()?;
        let length: usize = text
            .lines()
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().ok())?
            })
            .ok_or("an answer without a length")?;
        while self.received.len() < head + length {
            self.receive().await?;
        }
        Ok((status, &self.received[head..head + length]))
    }

    async fn receive(&mut self) -> Outcome {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }
}

/// Returns the body if the status is the expected one.
pub(crate) fn expect(wanted: u16, answer: (u16, &[u8])) -> Outcome<&[u8]> {
    let (status, body) = answer;
    if status == wanted {
        Ok(body)
    } else {
        Err(format!("answered {status}: {}", String::from_utf8_lossy(body)).into())
    }
}
