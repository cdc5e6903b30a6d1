//! The server example as a process: its memory, and its time to readiness.

use crate::Outcome;
use crate::http::{Client, expect};
use crate::placing::number;
use crate::report::{Goal, Report};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

const CALLERS: u64 = 64;

pub(crate) async fn measure(server: &Path, orders: u64, report: &mut Report) -> Outcome {
    println!("running the server example, {orders} orders");
    let folder = tempfile::tempdir()?;
    let running = Running::start(server, folder.path()).await?;
    let began = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let mut client = Client::connect(running.address).await?;
        callers.spawn(async move {
            for _ in 0..orders / CALLERS {
                let (key, body) = request_to_mocks(number());
                expect(201, client.post("/v1/orders", &key, &body).await?)?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    let rate = orders as f64 / began.elapsed().as_secs_f64();
    let resident = running.resident()?;
    report.add(
        format!("server example, resident after {orders} orders"),
        " MB",
        Goal::AtMost(60.0),
        vec![resident],
        format!(
            "SQLite, {rate:.0} orders/s, starting with {:.0} MB",
            running.at_first
        ),
    );
    running.stop().await?;
    let mut ready = Vec::new();
    for _ in 0..5 {
        let running = Running::start(server, folder.path()).await?;
        ready.push(running.ready_after.as_secs_f64() * 1_000.0);
        running.stop().await?;
    }
    report.add(
        "server example, start to ready on that database",
        " ms",
        Goal::AtMost(100.0),
        ready,
        "until /readyz answers 200",
    );
    Ok(())
}

/// Returns the idempotency key and the body of an order that the mocks know the customer and product of.
pub(crate) fn request_to_mocks(number: u64) -> (String, String) {
    let body = r#"{"customer_id":"cus_123","lines":[{"sku":"abc123","quantity":1}]}"#;
    (format!("key-{number}"), body.to_owned())
}

/// Returns such an order with a payment.
pub(crate) fn request_to_mocks_with_payment(number: u64) -> (String, String) {
    let (key, body) = request_to_mocks(number);
    let body = body.replacen('{', r#"{"payment":{"token":"tok_visa"},"#, 1);
    (key, body)
}

/// Writes the files of the mocks: one customer, and a product with enough stock for all orders.
fn plenty(folder: &Path) -> Outcome {
    for (name, text) in [
        (
            "customers/cus_123.json",
            r#"{"id":"cus_123","name":"Ada","email":"ada@example.com","status":"active"}"#,
        ),
        (
            "inventory/abc123.json",
            r#"{"sku":"abc123","name":"Tea","unit_price":1250,"currency":"USD","available":2000000000}"#,
        ),
    ] {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap_or(folder))?;
        std::fs::write(file, text)?;
    }
    Ok(())
}

/// The server example as a process.
pub(crate) struct Running {
    process: Child,
    pub(crate) address: SocketAddr,
    ready_after: Duration,
    at_first: f64,
}

impl Running {
    /// Starts the server in a directory, with mocks that have a customer and a product, and waits until it
    /// is ready.
    pub(crate) async fn start(server: &Path, folder: &Path) -> Outcome<Self> {
        let folder = std::path::absolute(folder)?;
        let mocks = folder.join("mocks");
        plenty(&mocks)?;
        let address: SocketAddr = {
            let free = std::net::TcpListener::bind(("127.0.0.1", 0))?;
            free.local_addr()?
        };
        let began = Instant::now();
        let process = Command::new(std::path::absolute(server)?)
            .current_dir(&folder)
            .env_clear()
            .env("HOST", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .env("RUST_LOG", "warn")
            .env("MOCKS_DIR", &mocks)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{} cannot be run: {error}", server.display()))?;
        let mut running = Self {
            process,
            address,
            ready_after: Duration::ZERO,
            at_first: f64::NAN,
        };
        while !running.is_ready().await {
            if let Some(ended) = running.process.try_wait()? {
                return Err(format!("the server has ended: {ended}").into());
            }
            if began.elapsed() > Duration::from_secs(30) {
                return Err("the server does not become ready".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        running.ready_after = began.elapsed();
        running.at_first = running.resident()?;
        Ok(running)
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut client) = Client::connect(self.address).await else {
            return false;
        };
        matches!(client.get("/readyz").await, Ok((200, _)))
    }

    /// Returns its process id.
    pub(crate) fn id(&self) -> Outcome<u32> {
        Ok(self.process.id().ok_or("the server has ended")?)
    }

    /// Returns the resident memory of the server, in megabytes.
    fn resident(&self) -> Outcome<f64> {
        let id = self.id()?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let kilobytes: f64 = status
            .lines()
            .find_map(|line| {
                line.strip_prefix("VmRSS:")?
                    .trim()
                    .split(' ')
                    .next()?
                    .parse()
                    .ok()
            })
            .ok_or("no resident size in /proc")?;
        Ok(kilobytes / 1_024.0)
    }

    pub(crate) async fn stop(mut self) -> Outcome {
        if let Some(id) = self.process.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        self.process.wait().await?;
        Ok(())
    }
}
