//! A client that costs next to nothing: one connection, one request at a time, HTTP/1.1.
//!
//! A client with more in it would be measured along with the server it shares the machine with.

use crate::Outcome;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            heard: Vec::with_capacity(16 * 1024),
        })
    }

    /// Posts JSON under an idempotency key; answers the status and the body.
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
        self.ask(request.as_bytes()).await
    }

    /// Gets what is at a path.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<(u16, &[u8])> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        self.ask(request.as_bytes()).await
    }

    async fn ask(&mut self, request: &[u8]) -> Outcome<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.heard.clear();
        let head = loop {
            if let Some(end) = self.heard.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.hear().await?;
        };
        let text = std::str::from_utf8(&self.heard[..head])?;
        let status: u16 = text.get(9..12).ok_or("no status")?.parse()?;
        let length: usize = text
            .lines()
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().ok())?
            })
            .ok_or("an answer without a length")?;
        while self.heard.len() < head + length {
            self.hear().await?;
        }
        Ok((status, &self.heard[head..head + length]))
    }

    async fn hear(&mut self) -> Outcome {
        if self.stream.read_buf(&mut self.heard).await? == 0 {
            return Err("the server hung up".into());
        }
        Ok(())
    }
}

/// The body, if the status is this one.
pub(crate) fn expect(wanted: u16, answer: (u16, &[u8])) -> Outcome<&[u8]> {
    let (status, body) = answer;
    if status == wanted {
        Ok(body)
    } else {
        Err(format!("answered {status}: {}", String::from_utf8_lossy(body)).into())
    }
}
