//! A proxy before Postgres that counts round trips: every `Sync` and every simple query of a client, each
//! of which waits for an answer.

use crate::Outcome;
use crate::database::Database;
use sqlx::postgres::PgConnectOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// A proxy on a socket of its own, until it is dropped.
pub(crate) struct Proxy {
    /// The URL that leads to the database through it.
    pub(crate) url: String,
    round_trips: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
    _sockets: tempfile::TempDir,
}

impl Proxy {
    pub(crate) fn before(database: &Database) -> Outcome<Self> {
        let options = database.options.clone();
        let sockets = tempfile::tempdir()?;
        let port = options.get_port();
        let listener = UnixListener::bind(sockets.path().join(format!(".s.PGSQL.{port}")))?;
        let round_trips = Arc::new(AtomicU64::new(0));
        let counter = round_trips.clone();
        let server = options.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, counter) = (server.clone(), counter.clone());
                tokio::spawn(async move {
                    if let Err(error) = relay(client, &server, &counter).await {
                        eprintln!("the proxy lost a connection: {error}");
                    }
                });
            }
        });
        Ok(Self {
            url: format!(
                "postgres://{}@localhost:{port}/{}?host={}&sslmode=disable",
                options.get_username(),
                options.get_database().unwrap_or_default(),
                sockets.path().display()
            ),
            round_trips,
            accepting,
            _sockets: sockets,
        })
    }

    /// Returns how many round trips there were so far.
    pub(crate) fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Copies both directions of one connection.
async fn relay(client: UnixStream, server: &PgConnectOptions, counter: &AtomicU64) -> Outcome {
    let (from_client, to_client) = client.into_split();
    let socket = server.get_socket().cloned().or_else(|| {
        let host = server.get_host();
        host.starts_with('/').then(|| host.into())
    });
    if let Some(folder) = socket {
        let file = folder.join(format!(".s.PGSQL.{}", server.get_port()));
        let (from_server, to_server) = UnixStream::connect(file).await?.into_split();
        both(from_client, to_client, from_server, to_server, counter).await
    } else {
        let address = (server.get_host(), server.get_port());
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (from_server, to_server) = stream.into_split();
        both(from_client, to_client, from_server, to_server, counter).await
    }
}

async fn both(
    from_client: impl AsyncRead + Unpin,
    to_client: impl AsyncWrite + Unpin,
    from_server: impl AsyncRead + Unpin,
    to_server: impl AsyncWrite + Unpin,
    counter: &AtomicU64,
) -> Outcome {
    let mut messages = Messages::default();
    let asking = copy(from_client, to_server, |bytes| {
        counter.fetch_add(messages.round_trips_in(bytes), Ordering::Relaxed);
    });
    let answering = copy(from_server, to_client, |_| ());
    tokio::try_join!(asking, answering)?;
    Ok(())
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut look: impl FnMut(&[u8]),
) -> Outcome {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(to.shutdown().await?);
        }
        look(&buffer[..length]);
        to.write_all(&buffer[..length]).await?;
    }
}

/// The messages of a client that asks for no encryption. The first of a connection has no type byte.
#[derive(Default)]
struct Messages {
    header: Vec<u8>,
    has_started: bool,
    /// How many bytes of the present message are still to come.
    body: usize,
}

impl Messages {
    /// Returns how many of the messages whose headers end in these bytes wait for an answer.
    fn round_trips_in(&mut self, mut bytes: &[u8]) -> u64 {
        let mut found = 0;
        while !bytes.is_empty() {
            let skipped = self.body.min(bytes.len());
            self.body -= skipped;
            bytes = &bytes[skipped..];
            let wanted = 4 + usize::from(self.has_started) - self.header.len();
            let taken = wanted.min(bytes.len());
            self.header.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if taken < wanted {
                continue;
            }
            if let (true, [b'S' | b'Q', ..]) = (self.has_started, self.header.as_slice()) {
                found += 1;
            }
            // A message's length includes the four bytes that tell it.
            let length = self.header.iter().rev().take(4).rev();
            let length = length.fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
            self.body = length.saturating_sub(4);
            self.header.clear();
            self.has_started = true;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Messages;

    /// A startup message, a simple query, and a `Bind`, `Execute` and `Sync`.
    const SENT: &[u8] = b"\0\0\0\x0aSSSSSSQ\0\0\0\x06x\0B\0\0\0\x05SE\0\0\0\x04S\0\0\0\x04";

    #[test]
    fn syncs_and_simple_queries_are_counted_however_the_bytes_are_split() {
        for size in 1..=SENT.len() {
            let mut messages = Messages::default();
            let found: u64 = SENT
                .chunks(size)
                .map(|bytes| messages.round_trips_in(bytes))
                .sum();
            assert_eq!(found, 2, "in pieces of {size}");
        }
    }
}
