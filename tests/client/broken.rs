//! A server that does what it is told with each connection, and remembers what it was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a connection.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A whole answer.
    Answer(String),
    /// These bytes, and then the connection closes.
    Bytes(Vec<u8>),
    /// It is reset before a byte of the request is read.
    ResetUnread,
    /// The request is read, and the connection closes.
    CloseAfterReading,
    /// The request is read, and nothing follows.
    Silence,
    /// The head of an answer, and then a byte now and then, for ever.
    Drip,
}

/// An answer with this status line, these header lines, and this body.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> Act {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    Act::Answer(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    ))
}

/// An answer of this status, with `Retry-After` if given.
pub(crate) fn status(status: u16, retry_after: Option<&str>) -> Act {
    let headers: Vec<String> = retry_after
        .map(|wait| format!("retry-after: {wait}"))
        .into_iter()
        .collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    answer(&format!("{status} Status"), &headers, "")
}

/// A request, as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Sent {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut fields = lines.filter_map(|line| line.split_once(": "));
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Method and path.
    pub(crate) fn line(&self) -> &str {
        self.head
            .lines()
            .next()
            .unwrap()
            .trim_end_matches(" HTTP/1.1")
    }
}

#[derive(Debug, Default)]
struct Log {
    connections: usize,
    sent: Vec<Sent>,
}

/// The server. It stops with the runtime of its test.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) url: String,
    log: Arc<Mutex<Log>>,
}

impl Broken {
    /// Does these things, one for each connection, and the last one for all that follow.
    pub(crate) async fn that(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let broken = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            log: Arc::default(),
        };
        let mut acts: VecDeque<Act> = acts.into_iter().collect();
        let log = Arc::clone(&broken.log);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                log.lock().unwrap().connections += 1;
                let act = if acts.len() > 1 {
                    acts.pop_front()
                } else {
                    acts.front().cloned()
                };
                tokio::spawn(serve(socket, act.unwrap(), Arc::clone(&log)));
            }
        });
        broken
    }

    /// How often somebody tried.
    pub(crate) fn tries(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    /// What was read.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.log.lock().unwrap().sent.clone()
    }
}

/// The address of a port on which nobody listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn serve(mut socket: TcpStream, act: Act, log: Arc<Mutex<Log>>) {
    if matches!(act, Act::ResetUnread) {
        socket.set_zero_linger().unwrap();
        return;
    }
    let Some(sent) = read(&mut socket).await else {
        return;
    };
    log.lock().unwrap().sent.push(sent);
    match act {
        Act::Answer(text) => drop(socket.write_all(text.as_bytes()).await),
        Act::Bytes(bytes) => drop(socket.write_all(&bytes).await),
        Act::ResetUnread | Act::CloseAfterReading => {}
        Act::Silence => std::future::pending().await,
        Act::Drip => {
            let head = "HTTP/1.1 201 Created\r\ncontent-length: 1000000\r\n\r\n";
            let mut next = head.as_bytes();
            while socket.write_all(next).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
                next = b" ";
            }
        }
    }
}

/// The request; none if it does not come to its end.
async fn read(socket: &mut TcpStream) -> Option<Sent> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let sent = Sent {
                head: head.to_owned(),
                body: body.to_owned(),
            };
            let length = sent
                .header("content-length")
                .map_or(0, |it| it.parse().unwrap());
            if body.len() >= length {
                return Some(sent);
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
