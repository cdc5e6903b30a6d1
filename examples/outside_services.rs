//! The external services of an order system, as one program of mocks.
//!
//! ```sh
//! cargo run --example outside_services
//! ```
//!
//! Point the `*_SERVICE_URL` settings of the server example at it: all can be the same URL.
#![allow(clippy::print_stdout, reason = "the program prints what it serves")]

use std::error::Error;
use std::io::IsTerminal;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use clap::Parser;
use order_core::system::SystemClock;
use order_mocks::MockServices;
use order_mocks::http::{ENDPOINTS, router};
use order_mocks::payments::LostAnswer;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;
use tracing_subscriber::EnvFilter;

/// Time that requests in progress have to finish at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves mock customers, inventory, payments, shipping and notifications.
#[derive(Debug, Parser)]
struct Settings {
    /// IP address to listen on. There is no authentication: use a loopback address.
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, env = "PORT", default_value_t = 4000)]
    port: u16,
    /// Directory with `customers/*.json` and `inventory/*.json`.
    #[arg(long, env = "MOCKS_DIR", default_value = "examples/mocks")]
    mocks_dir: PathBuf,
    /// File for payments, refunds, reservations and fulfillments; kept in memory if unset.
    #[arg(long, env = "STATE_FILE")]
    state_file: Option<PathBuf>,
    /// Seconds of silence before the connection of a `tok_timeout` payment is closed.
    #[arg(long, env = "LOST_ANSWER_SECONDS", default_value_t = 30)]
    lost_answer_seconds: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(&settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("cannot serve: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let clock = Arc::new(SystemClock);
    let services = match &settings.state_file {
        Some(file) => MockServices::open_persistent(&settings.mocks_dir, file, clock)?,
        None => MockServices::open(&settings.mocks_dir, clock)?,
    };
    let silence = Duration::from_secs(settings.lost_answer_seconds);
    services.payments.set_lost_answer(LostAnswer::Hang(silence));
    let products = services.inventory.all_products()?.len();

    let listener = TcpListener::bind((settings.host, settings.port))
        .await
        .map_err(|e| format!("{}:{}: {e}", settings.host, settings.port))?;
    let address = listener.local_addr()?;
    if !settings.host.is_loopback() {
        tracing::warn!(%address, "there is no authentication, and this is not a loopback address");
    }
    let app = router(&services).layer(
        TraceLayer::new_for_http()
            .make_span_with(|request: &Request| {
                tracing::info_span!(
                    "call",
                    method = %request.method(),
                    path = request.uri().path(),
                    storefront = ?request.headers().get("x-storefront"),
                    request_id = ?request.headers().get("x-request-id"),
                )
            })
            .on_response(DefaultOnResponse::new().level(Level::INFO)),
    );

    println!(
        "Serving on http://{address}, from {}:",
        settings.mocks_dir.display()
    );
    for (service, endpoints) in ENDPOINTS {
        println!("  {service:<15}{endpoints}");
    }
    println!("{products} products are in inventory/. Try:");
    println!("  curl -s 'http://{address}/products?sku=abc123'");

    let (stop, stopped) = oneshot::channel::<()>();
    let serve = axum::serve(listener, app).with_graceful_shutdown(async {
        stopped.await.ok();
    });
    let mut serving = tokio::spawn(serve.into_future());
    tokio::select! {
        result = &mut serving => return Ok(result??),
        () = stop_signal() => {}
    }
    tracing::info!("shutting down: requests in progress have {SHUTDOWN_TIMEOUT:?}");
    stop.send(()).ok();
    match tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut serving).await {
        Ok(result) => result??,
        Err(_) => {
            serving.abort();
            tracing::warn!("some requests did not finish in time");
        }
    }
    Ok(())
}

/// Waits for Ctrl-C or, on Unix, SIGTERM.
async fn stop_signal() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "cannot listen for SIGTERM");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
