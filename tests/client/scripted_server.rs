//! A server that treats each connection as the test scripts it, and records the requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a connection.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Sends a complete response.
    Respond(String),
    /// Sends these bytes, and then closes the connection.
    Bytes(Vec<u8>),
    /// Resets the connection before it reads a byte of the request.
    ResetUnread,
    /// Reads the request, and closes the connection.
    CloseAfterReading,
    /// Reads the request, and never responds.
    NeverRespond,
    /// Sends the head of a response, and then a byte every few milliseconds, for ever.
    Drip,
}

/// Responds with this status line, these header lines, and this body.
pub(crate) fn response(status: &str, headers: &[&str], body: &str) -> Behaviour {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    Behaviour::Respond(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    ))
}

/// Responds with this status, and with `Retry-After` if given.
pub(crate) fn status(status: u16, retry_after: Option<&str>) -> Behaviour {
    let headers: Vec<String> = retry_after
        .map(|wait| format!("retry-after: {wait}"))
        .into_iter()
        .collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    response(&format!("{status} Status"), &headers, "")
}

/// A request, as the server received it.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl ReceivedRequest {
    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut fields = lines.filter_map(|line| line.split_once(": "));
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Returns method and path.
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
    requests: Vec<ReceivedRequest>,
}

/// The server. It stops with the runtime of its test.
#[derive(Debug, Clone)]
pub(crate) struct ScriptedServer {
    pub(crate) url: String,
    log: Arc<Mutex<Log>>,
}

impl ScriptedServer {
    /// Starts it: one behaviour per connection, and the last one for all that follow.
    pub(crate) async fn start(behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            log: Arc::default(),
        };
        let mut behaviours: VecDeque<Behaviour> = behaviours.into_iter().collect();
        let log = Arc::clone(&server.log);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                log.lock().unwrap().connections += 1;
                let behaviour = if behaviours.len() > 1 {
                    behaviours.pop_front()
                } else {
                    behaviours.front().cloned()
                };
                tokio::spawn(serve(socket, behaviour.unwrap(), Arc::clone(&log)));
            }
        });
        server
    }

    /// Returns the number of connections so far.
    pub(crate) fn attempts(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    /// Returns the requests that were read completely.
    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.log.lock().unwrap().requests.clone()
    }
}

/// Returns the URL of a port on which nobody listens.
pub(crate) async fn unused_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn serve(mut socket: TcpStream, behaviour: Behaviour, log: Arc<Mutex<Log>>) {
    if matches!(behaviour, Behaviour::ResetUnread) {
        socket.set_zero_linger().unwrap();
        return;
    }
    let Some(request) = read(&mut socket).await else {
        return;
    };
    log.lock().unwrap().requests.push(request);
    match behaviour {
        Behaviour::Respond(text) => drop(socket.write_all(text.as_bytes()).await),
        Behaviour::Bytes(bytes) => drop(socket.write_all(&bytes).await),
        Behaviour::ResetUnread | Behaviour::CloseAfterReading => {}
        Behaviour::NeverRespond => std::future::pending().await,
        Behaviour::Drip => {
            let head = "HTTP/1.1 201 Created\r\ncontent-length: 1000000\r\n\r\n";
            let mut next = head.as_bytes();
            while socket.write_all(next).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
                next = b" ";
            }
        }
    }
}

/// Reads a request; `None` if the connection ends before it does.
async fn read(socket: &mut TcpStream) -> Option<ReceivedRequest> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let request = ReceivedRequest {
                head: head.to_owned(),
                body: body.to_owned(),
            };
            let length = request
                .header("content-length")
                .map_or(0, |it| it.parse().unwrap());
            if body.len() >= length {
                return Some(request);
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
