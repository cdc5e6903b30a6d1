//! A complete service: orders over HTTP, on SQLite or Postgres, with mock or real external
//! services.
//!
//! `cargo run --example server` needs nothing installed; `-- --help` lists the settings.
//! On SIGTERM or Ctrl-C it shuts down gracefully: requests in progress finish, leases are released.

mod database;
mod external_services;
mod settings;
mod telemetry;

use clap::Parser;
use database::Database;
use order_core::ports::{Clock, Orders};
use order_core::service::OrderServiceBuilder;
use order_core::system::SystemClock;
use order_http::server::Api;
use settings::Settings;
use std::error::Error;
use std::future::IntoFuture;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use telemetry::Telemetry;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Pause of the runner after a round without work.
const RUNNER_PAUSE: Duration = Duration::from_millis(200);
/// Time that requests in progress have to finish at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    load_dotenv()?;
    let settings = Settings::parse();
    settings.check()?;
    let telemetry = Telemetry::start(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve(&settings));
    drop(runtime);
    telemetry.shut_down();
    served
}

async fn serve(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let database = Database::open(&settings.database_url)
        .await
        .map_err(|error| format!("DATABASE_URL cannot be opened: {}", error_chain(&error)))?;
    let services = external_services::connect(settings, &database, &clock).await?;
    let (store, queue) = database.store();
    let mut service = OrderServiceBuilder::new(store, queue, services, clock);
    if settings.has_stock_in_database() {
        service = service.inventory_in_store();
    }
    let service = service.policies(settings.policies()).build()?;

    let shutdown = CancellationToken::new();
    let runner = service.runner();
    let running = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { runner.run(RUNNER_PAUSE, shutdown).await }
    });

    let listener = listen(settings).await?;
    print_address(listener.local_addr()?, settings);
    let orders: Arc<dyn Orders> = Arc::new(service);
    let serving = axum::serve(listener, Api::new(orders).router())
        .with_graceful_shutdown(shutdown.clone().cancelled_owned())
        .into_future();
    let mut serving = tokio::spawn(serving);
    tokio::select! {
        () = stop_signal()? => {}
        ended = &mut serving => return Ok(ended??),
    }
    tracing::info!("shutting down: requests in progress finish, no new ones are accepted");
    shutdown.cancel();
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, serving)
        .await
        .is_err()
    {
        tracing::warn!(
            "some requests did not finish in time; their work continues after the next start"
        );
    }
    running.await?;
    database.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Loads the `.env` file of the working directory, if there is one.
fn load_dotenv() -> Result<(), Box<dyn Error>> {
    match dotenvy::dotenv() {
        Err(dotenvy::Error::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!(".env cannot be read: {error}").into()),
        Ok(_) => Ok(()),
    }
}

async fn listen(settings: &Settings) -> Result<TcpListener, Box<dyn Error>> {
    let address = SocketAddr::new(settings.host, settings.port);
    TcpListener::bind(address).await.map_err(|error| {
        format!("{address} cannot be listened on: {error}. Set PORT to a free one.").into()
    })
}

/// Returns a future that ends on SIGTERM or Ctrl-C.
fn stop_signal() -> Result<impl Future<Output = ()>, Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            interrupted = tokio::signal::ctrl_c() => {
                if let Err(error) = interrupted {
                    tracing::warn!(error = %error, "Ctrl-C cannot be waited for");
                    std::future::pending::<()>().await;
                }
            }
        }
    })
}

/// Prints where the server listens, and a request to try.
fn print_address(address: SocketAddr, settings: &Settings) {
    let database = settings
        .database_url
        .split_once("://")
        .map_or(settings.database_url.as_str(), |(kind, _)| kind);
    let printed = writeln!(
        std::io::stdout(),
        "Orders are served on http://{address} (database: {database}; API: http://{address}/docs)\n\
         Try:\n  curl -i http://{address}/v1/orders -H 'Content-Type: application/json' \
         -H 'Idempotency-Key: my-first-order' -d '{{\"customer_id\": \"cus_123\", \
         \"lines\": [{{\"sku\": \"abc123\", \"quantity\": 2}}], \
         \"payment\": {{\"token\": \"tok_visa\"}}}}'"
    );
    if let Err(error) = printed {
        tracing::debug!(error = %error, "standard output is closed");
    }
}

/// Prints an error to standard error.
#[expect(clippy::print_stderr, reason = "the log may not be set up yet")]
fn print_error(error: &dyn Error) {
    eprintln!("error: {}", error_chain(error));
}

/// Formats an error with its causes.
fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
