//! A server process, and the databases it runs on.

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A server process, and the address it listens on.
pub(super) struct Server {
    pub(super) process: Child,
    pub(super) address: String,
    pub(super) http: Client,
}

impl Server {
    /// Starts the server on the SQLite database of this directory, on any free port.
    pub(super) fn start(directory: &Path) -> Self {
        Self::start_on(directory, "sqlite:order.db", None)
    }

    /// Starts the server on this database, with this `INVENTORY_SERVICE_URL`.
    pub(super) fn start_on(directory: &Path, database: &str, inventory: Option<&str>) -> Self {
        let mut process = Command::new(binary())
            .current_dir(directory)
            .env("DATABASE_URL", database)
            .envs(inventory.map(|inventory| ("INVENTORY_SERVICE_URL", inventory)))
            .env("PORT", "0")
            .env("RUST_LOG", "warn")
            .env(
                "MOCKS_DIR",
                Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks"),
            )
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let address = first
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("the server says where it listens: {first}"))
            .to_owned();
        Self {
            process,
            address,
            http: Client::new(),
        }
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.address)).json(body)
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        send(self.http.get(format!("{}{path}", self.address))).await
    }

    pub(super) async fn place(&self, key: &str, body: &Value) -> (StatusCode, Value) {
        send(self.post("/v1/orders", body).header("Idempotency-Key", key)).await
    }

    /// Kills it (SIGKILL), as a power cut would.
    pub(super) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Terminates it (SIGTERM), as a container runtime would.
    pub(super) fn terminate(mut self) -> ExitStatus {
        let signalled = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status()
            .unwrap();
        assert!(signalled.success());
        self.process.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(super) async fn send(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

/// Returns the path of the example binary, which cargo builds with this test.
pub(super) fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let server = profile.join("examples").join("server");
    assert!(server.exists(), "cargo builds the examples with the tests");
    server
}

/// A Postgres database for one test.
pub(super) struct Database {
    server: String,
    name: String,
}

impl Database {
    pub(super) async fn new() -> Self {
        let server = std::env::var("ORDER_TEST_POSTGRES_URL").expect(
            "ORDER_TEST_POSTGRES_URL names a server: run `scripts/test`, which starts one where it \
             is not set",
        );
        let name = format!("order_server_{}", std::process::id());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let statement = format!("CREATE DATABASE {name}");
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
        Self { server, name }
    }

    pub(super) fn url(&self) -> String {
        let (address, _) = self.server.rsplit_once('/').unwrap();
        format!("{address}/{}", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await?;
                let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                connection.execute(AssertSqlSafe(statement)).await
            })
        });
        let dropped: Result<_, sqlx::Error> = dropped.join().unwrap();
        assert!(dropped.is_ok() || std::thread::panicking(), "{dropped:?}");
    }
}
