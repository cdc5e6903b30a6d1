//! A whole service: orders over HTTP, on SQLite or Postgres, with mock services or real ones.
//!
//! `cargo run --example server` needs nothing installed; `-- --help` lists the settings.
//! It stops on SIGTERM or Ctrl-C: requests under way are finished, leases are given back.

mod database;
mod outside;
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

/// How long a runner waits when there was nothing to do.
const PAUSE: Duration = Duration::from_millis(200);
/// How long requests under way have once the server is to stop.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    read_dotenv()?;
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
        .map_err(|error| format!("DATABASE_URL cannot be opened: {}", chain(&error)))?;
    let outside = outside::services(settings, &database, &clock).await?;
    let (store, queue) = database.store();
    let service = OrderServiceBuilder::new(store, queue, outside, clock)
        .policies(settings.policies())
        .build()?;

    let stop = CancellationToken::new();
    let runner = service.runner();
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { runner.run(PAUSE, stop).await }
    });

    let listener = listen(settings).await?;
    tell(listener.local_addr()?, settings);
    let orders: Arc<dyn Orders> = Arc::new(service);
    let serving = axum::serve(listener, Api::new(orders).router())
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    let mut serving = tokio::spawn(serving);
    tokio::select! {
        () = asked_to_stop()? => {}
        ended = &mut serving => return Ok(ended??),
    }
    tracing::info!("stopping: no new work, requests under way are finished");
    stop.cancel();
    if tokio::time::timeout(PATIENCE, serving).await.is_err() {
        tracing::warn!("some requests took too long; what they began goes on after the next start");
    }
    running.await?;
    database.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// A `.env` file in the working directory, if there is one.
fn read_dotenv() -> Result<(), Box<dyn Error>> {
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

/// Ends when the process is asked to stop.
fn asked_to_stop() -> Result<impl Future<Output = ()>, Box<dyn Error>> {
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

fn tell(address: SocketAddr, settings: &Settings) {
    let database = settings
        .database_url
        .split_once("://")
        .map_or(settings.database_url.as_str(), |(kind, _)| kind);
    let said = writeln!(
        std::io::stdout(),
        "Orders are served on http://{address} (database: {database}; API: http://{address}/docs)\n\
         Try:\n  curl -i http://{address}/v1/orders -H 'Content-Type: application/json' \
         -H 'Idempotency-Key: my-first-order' -d '{{\"customer_id\": \"cus_123\", \
         \"lines\": [{{\"sku\": \"abc123\", \"quantity\": 2}}], \
         \"payment\": {{\"token\": \"tok_visa\"}}}}'"
    );
    if let Err(error) = said {
        tracing::debug!(error = %error, "nobody listens to what is served");
    }
}

#[expect(clippy::print_stderr, reason = "the log may not have begun")]
fn complain(error: &dyn Error) {
    eprintln!("error: {}", chain(error));
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
