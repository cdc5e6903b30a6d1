//! The server example end to end: the real binary on a real socket, killed and restarted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A server process, and the address it listens on.
struct Server {
    process: Child,
    address: String,
    http: Client,
}

impl Server {
    /// Starts the server on the SQLite database of this directory, on any free port.
    fn start(directory: &Path) -> Self {
        Self::start_on(directory, "sqlite:order.db", None)
    }

    /// Starts the server on this database, with this `INVENTORY_SERVICE_URL`.
    fn start_on(directory: &Path, database: &str, inventory: Option<&str>) -> Self {
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

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.address)).json(body)
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        send(self.http.get(format!("{}{path}", self.address))).await
    }

    async fn place(&self, key: &str, body: &Value) -> (StatusCode, Value) {
        send(self.post("/v1/orders", body).header("Idempotency-Key", key)).await
    }

    /// Kills it (SIGKILL), as a power cut would.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Terminates it (SIGTERM), as a container runtime would.
    fn terminate(mut self) -> ExitStatus {
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

async fn send(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

/// Returns the path of the example binary, which cargo builds with this test.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let server = profile.join("examples").join("server");
    assert!(server.exists(), "cargo builds the examples with the tests");
    server
}

fn order_of_totes(token: &str, units: u32) -> Value {
    json!({
        "customer_id": "cus_123",
        "lines": [{"sku": "abc123", "quantity": units}],
        "shipping_address": {"name": "Ada", "line1": "1 Main St", "city": "Sydney", "country": "AU"},
        "contact": {"email": "ada@example.com"},
        "payment": {"token": token}
    })
}

#[tokio::test]
async fn an_order_goes_from_placing_to_refund_across_a_kill_and_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    let (status, placed) = server.place("first", &order_of_totes("tok_visa", 2)).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    assert_eq!(placed["status"], "processing");
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    server.kill();

    let server = Server::start(directory.path());
    let (status, found) = server.get(&path).await;
    assert_eq!(
        (status, &found["status"]),
        (StatusCode::OK, &json!("processing"))
    );
    let (status, replayed) = server.place("first", &order_of_totes("tok_visa", 2)).await;
    assert_eq!((status, &replayed), (StatusCode::CREATED, &placed));

    let shipment = json!({"carrier": "Post", "tracking_number": "T1"});
    let (status, shipped) = send(server.post(&format!("{path}/shipments"), &shipment)).await;
    assert_eq!(
        (status, &shipped["payment_status"]),
        (StatusCode::CREATED, &json!("paid"))
    );
    let deliver = format!("{path}/shipments/1/deliver");
    let (status, delivered) = send(server.post(&deliver, &json!({}))).await;
    assert_eq!(
        (status, &delivered["status"]),
        (StatusCode::OK, &json!("completed"))
    );
    let refund = json!({"amount": 500, "reason": "late"});
    let (status, refunded) = send(server.post(&format!("{path}/refunds"), &refund)).await;
    assert_eq!(status, StatusCode::OK, "{refunded}");
    assert_eq!(refunded["totals"]["refunded"], 500);

    assert!(
        server.terminate().success(),
        "a server that is told to stop stops cleanly"
    );
}

#[tokio::test]
async fn an_order_is_cancelled_and_deleted_after_a_restart_and_its_stock_is_free_again() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    // The whole stock, so that nothing remains for another order.
    let all = json!({
        "customer_id": "cus_123",
        "lines": [{"sku": "abc123", "quantity": 1000}],
        "payment": {"token": "tok_visa"}
    });
    let (status, placed) = server.place("all", &all).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    let (status, refused) = server
        .place("one-more", &order_of_totes("tok_visa", 1))
        .await;
    assert_eq!(
        (status, &refused["code"]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("insufficient-stock")
        )
    );
    assert!(server.terminate().success());

    let server = Server::start(directory.path());
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    let (status, cancelled) = send(server.post(&format!("{path}/cancel"), &json!({}))).await;
    assert_eq!(
        (status, &cancelled["status"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    assert_eq!(cancelled["totals"]["authorized"], 0);
    let deleted = server
        .http
        .delete(format!("{}{path}", server.address))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.get(&path).await.0, StatusCode::GONE);

    let (status, placed) = server.place("again", &all).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
}

/// A Postgres database for one test.
struct Database {
    server: String,
    name: String,
}

impl Database {
    async fn new() -> Self {
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

    fn url(&self) -> String {
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

#[tokio::test]
async fn on_postgres_another_server_continues_an_order_after_a_kill() {
    let (directory, database) = (tempfile::tempdir().unwrap(), Database::new().await);
    let start = || Server::start_on(directory.path(), &database.url(), Some("sql"));
    let server = start();
    let (status, placed) = server.place("first", &order_of_totes("tok_visa", 2)).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    assert_eq!(placed["status"], "processing");
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    server.kill();

    let server = start();
    let (status, replayed) = server.place("first", &order_of_totes("tok_visa", 2)).await;
    assert_eq!((status, &replayed), (StatusCode::CREATED, &placed));
    let (status, cancelled) = send(server.post(&format!("{path}/cancel"), &json!({}))).await;
    assert_eq!(
        (status, &cancelled["status"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    let (status, page) = server.get("/v1/orders?sku=abc123").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(server.terminate().success());
}

#[tokio::test]
async fn stock_in_the_database_of_the_orders_outlives_a_kill_and_is_never_sold_twice() {
    let directory = tempfile::tempdir().unwrap();
    let start = || Server::start_on(directory.path(), "sqlite:order.db", Some("sql"));
    let totes = |units| order_of_totes("tok_visa", units);
    let server = start();
    let (status, placed) = server.place("most", &totes(999)).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    assert_eq!(placed["status"], "processing");
    server.kill();

    // The products are loaded again, and what was sold stays sold.
    let server = start();
    let (status, refused) = server.place("too-many", &totes(2)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert_eq!(refused["code"], "insufficient-stock");
    let (status, again) = server.place("too-many", &totes(2)).await;
    assert_eq!(
        (status, &again),
        (StatusCode::UNPROCESSABLE_ENTITY, &refused)
    );
    // Stock is reserved by the commit of an order: for one that is not accepted, it never was.
    let mut unwanted = totes(1);
    unwanted["customer_id"] = json!("cus_blocked");
    let (status, rejected) = server.place("blocked", &unwanted).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{rejected}");
    let path = format!(
        "/v1/orders/{}/history",
        rejected["order_id"].as_str().unwrap()
    );
    let history = server.get(&path).await.1.to_string();
    assert!(history.contains("order_rejected"), "{history}");
    assert!(!history.contains("stock_reserved"), "{history}");
    let (status, last) = server.place("last", &totes(1)).await;
    assert_eq!(status, StatusCode::CREATED, "{last}");
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    let (status, cancelled) = send(server.post(&format!("{path}/cancel"), &json!({}))).await;
    assert_eq!(
        (status, &cancelled["status"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    let (status, sold) = server.place("again", &totes(999)).await;
    assert_eq!(status, StatusCode::CREATED, "{sold}");
    assert!(server.terminate().success());
}

#[test]
fn an_unsupported_setting_is_a_clear_error() {
    for (name, value, says) in [
        (
            "HOST",
            "0.0.0.0",
            "without authentication only a loopback address",
        ),
        ("AUTH_JWT_KEY", "secret", "AUTH_JWT_KEY is set"),
        (
            "DATABASE_URL",
            "mysql://user:hunter2@host/db",
            "must begin with `sqlite:`",
        ),
        ("MOCKS_DIR", "/nowhere", "/nowhere"),
        ("PAYMENT_POLICY", "later", "capture_on_ship"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let output = Command::new(binary())
            .current_dir(directory.path())
            .env("PORT", "0")
            .env(name, value)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name}={value}");
        assert!(stderr.contains(says), "{name}={value}: {stderr}");
        assert!(!stderr.contains("hunter2"), "a secret is never repeated");
    }
}
