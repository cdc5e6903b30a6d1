//! A Postgres server for one test, which may stop it, crash it, and cut its connections.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

/// A database cluster, removed when it is dropped.
pub(crate) struct Cluster {
    folder: TempDir,
    url: String,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let directory = folder.path().join("pg");
        let settings = ["fsync=off", "full_page_writes=off"];
        let url = run("start", &directory, &settings).await;
        Self { folder, url }
    }

    fn directory(&self) -> PathBuf {
        self.folder.path().join("pg")
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Returns the address it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        let (_, rest) = self.url.split_once('@').unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }

    /// Stops the server without a checkpoint, like a crash.
    pub(crate) async fn stop(&self) {
        run("stop", &self.directory(), &["immediate"]).await;
    }

    /// Starts the server again, at the same address.
    pub(crate) async fn start_again(&self) {
        run("start", &self.directory(), &["fsync=off"]).await;
    }

    /// Crashes and restarts the server.
    pub(crate) async fn crash(&self) {
        run("restart", &self.directory(), &["immediate"]).await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let removed = script("remove", &self.directory(), &[]).status();
        if !std::thread::panicking() {
            assert!(removed.unwrap().success());
        }
    }
}

fn script(command: &str, directory: &Path, rest: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres");
    let mut script = Command::new(script);
    script.arg(command).arg(directory).args(rest);
    // A started server keeps stderr open, so it is inherited instead of piped.
    script.stdin(Stdio::null()).stderr(Stdio::inherit());
    script
}

/// Runs the script, and returns its output.
async fn run(command: &'static str, directory: &Path, rest: &[&'static str]) -> String {
    let mut script = script(command, directory, rest);
    let output = tokio::task::spawn_blocking(move || script.output());
    let output = output.await.unwrap().unwrap();
    assert!(output.status.success(), "scripts/postgres {command}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A proxy that cuts connections in the middle of an answer.
pub(crate) struct Cutter {
    /// The address it listens on.
    pub(crate) address: SocketAddr,
    cuts: Arc<AtomicU64>,
}

impl Cutter {
    /// Starts a proxy that cuts each connection after `least` to `4 * least` bytes of answers.
    pub(crate) async fn before(server: SocketAddr, least: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&cuts);
        tokio::spawn(async move {
            let mut random = 42_u64;
            while let Ok((client, _)) = listener.accept().await {
                // Any sequence of varying lengths will do.
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let bytes = least + (random >> 33) % (3 * least);
                let cuts = Arc::clone(&counted);
                tokio::spawn(async move {
                    if serve(client, server, bytes).await.is_ok_and(|cut| cut) {
                        cuts.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Self { address, cuts }
    }

    /// Returns how many connections it has cut.
    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

/// Forwards both directions until the server has sent `left` bytes. Returns whether it cut the
/// connection.
async fn serve(client: TcpStream, server: SocketAddr, mut left: u64) -> io::Result<bool> {
    let server = TcpStream::connect(server).await?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
    let mut buffer = [0_u8; 4_096];
    let cut = loop {
        let read = from_server.read(&mut buffer).await?;
        if read == 0 {
            break false;
        }
        let sent = u64::try_from(read).unwrap();
        if sent >= left {
            break true;
        }
        left -= sent;
        if to_client.write_all(&buffer[..read]).await.is_err() {
            break false;
        }
    };
    asking.abort();
    Ok(cut)
}
