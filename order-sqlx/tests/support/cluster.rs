//! A Postgres of a test's own, that it may stop and cut off from its clients.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

/// A cluster, removed in the end.
pub(crate) struct Cluster {
    folder: TempDir,
    url: String,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let place = folder.path().join("pg");
        let settings = ["fsync=off", "full_page_writes=off"];
        let url = run("start", &place, &settings).await;
        Self { folder, url }
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("pg")
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let (_, rest) = self.url.split_once('@').unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }

    /// As a crash would stop it.
    pub(crate) async fn stop(&self) {
        run("stop", &self.place(), &["immediate"]).await;
    }

    /// At the same address as before.
    pub(crate) async fn start_again(&self) {
        run("start", &self.place(), &["fsync=off"]).await;
    }

    /// As a crash would stop it; then it recovers.
    pub(crate) async fn crash(&self) {
        run("restart", &self.place(), &["immediate"]).await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let removed = script("remove", &self.place(), &[]).status();
        if !std::thread::panicking() {
            assert!(removed.unwrap().success());
        }
    }
}

fn script(command: &str, place: &Path, rest: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres");
    let mut script = Command::new(script);
    script.arg(command).arg(place).args(rest);
    script.stdin(Stdio::null()).stderr(Stdio::inherit());
    script
}

/// Runs the script, and answers what it prints.
async fn run(command: &'static str, place: &Path, rest: &[&'static str]) -> String {
    let mut script = script(command, place, rest);
    // What it starts keeps what it prints to.
    let output = tokio::task::spawn_blocking(move || script.output());
    let output = output.await.unwrap().unwrap();
    assert!(output.status.success(), "scripts/postgres {command}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Stands before a server, and cuts connections off in the middle of what it answers.
pub(crate) struct Cutter {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    cuts: Arc<AtomicU64>,
}

impl Cutter {
    /// Cuts each connection after some of the answers, between `least` bytes and four times as many.
    pub(crate) async fn before(server: SocketAddr, least: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&cuts);
        tokio::spawn(async move {
            let mut chance = 42_u64;
            while let Ok((client, _)) = listener.accept().await {
                // Any sequence will do that is not always the same length.
                chance = chance
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let bytes = least + (chance >> 33) % (3 * least);
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

    /// How many connections it has cut off.
    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

/// Carries what both say, until the server has said so many bytes. Answers whether it has.
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
        let said = u64::try_from(read).unwrap();
        if said >= left {
            break true;
        }
        left -= said;
        if to_client.write_all(&buffer[..read]).await.is_err() {
            break false;
        }
    };
    asking.abort();
    Ok(cut)
}
