//! Measures `order` against the database it runs on, in one run, and prints the ratios with their
//! goals.
//!
//! Only ratios count: client, server and database share the cores of one machine, whose speed varies.
//! Each ratio is measured in several rounds, both sides in turn, and the median is reported.
//! `scripts/bench` starts a private Postgres for it.

#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "rates and ratios, not money"
)]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints its results"
)]

mod core;
mod cost;
mod creates;
mod database;
mod fsyncs;
mod http;
mod isolation;
mod load;
mod pages;
mod peer;
mod placing;
mod proxy;
mod raw;
mod reads;
mod report;
mod row_by_row;
mod server;
mod services;
mod shop;
mod sqlite;
mod stock;
mod sustained;

use clap::{Parser, ValueEnum};
use database::Cluster;
use report::Report;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

/// An order consists of many small allocations, often freed by another thread. This allocator saves a
/// quarter of the cost of a request for twice the memory; the server example keeps the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The result of a measurement, or the error that ended it.
type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures order against the database it runs on.
#[derive(Debug, Parser)]
struct Arguments {
    /// The URL of a Postgres server on which databases may be created. `scripts/bench` starts one and
    /// sets this.
    #[arg(long, env = "ORDER_BENCH_POSTGRES_URL")]
    postgres: String,
    /// In about five minutes, less exactly: other defaults of what follows.
    #[arg(long)]
    quick: bool,
    /// How long each side of a ratio runs in a round; 5 by default, 2 if quick.
    #[arg(long)]
    seconds: Option<u64>,
    /// How many rounds a ratio is the median of; 3 by default, 1 if quick.
    #[arg(long)]
    rounds: Option<usize>,
    /// How many orders the large database has; 5,000,000 by default, 200,000 if quick.
    #[arg(long)]
    orders: Option<u64>,
    /// How many orders the server example stores before its memory is measured; 100,000 by default, 20,000
    /// if quick.
    #[arg(long)]
    stored: Option<u64>,
    /// The server example, built for release.
    #[arg(long, default_value = "target/release/examples/server")]
    server: std::path::PathBuf,
    /// The peer, built for release; not measured where it is missing.
    #[arg(long, default_value = "target/peer/release/order-bench-peer")]
    peer: std::path::PathBuf,
    /// What to measure; everything if nothing is named.
    what: Vec<What>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The pure core alone: deciding and applying.
    Core,
    /// Placed orders, payments and bare commits, against one statement per order.
    Creates,
    /// Placed orders while a runner and a relay work, until nothing is left.
    Sustained,
    /// What an order costs the database: commits, round trips, log and fsyncs.
    Cost,
    /// Orders read over HTTP, against a SELECT of the row.
    Reads,
    /// Row-level security, against none.
    Isolation,
    /// Reservations of few hot SKUs, against many.
    Stock,
    /// Batched commits to an SQLite file, against one at a time; orders placed on SQLite.
    Sqlite,
    /// Orders placed on SQLite, beside stateset-embedded. `scripts/bench` builds that only if it is named.
    Peer,
    /// Memory and start of the server example.
    Server,
    /// Pages and creates with many orders stored, against few.
    Pages,
}

/// How long each side runs, and how many rounds.
#[derive(Debug, Clone, Copy)]
struct Pace {
    span: Duration,
    rounds: usize,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(measure(&arguments))?;
    println!("\n{report}");
    Ok(())
}

async fn measure(arguments: &Arguments) -> Outcome<Report> {
    let (seconds, rounds, orders, stored) = if arguments.quick {
        (2, 1, 200_000, 20_000)
    } else {
        (5, 3, 5_000_000, 100_000)
    };
    let pace = Pace {
        span: Duration::from_secs(arguments.seconds.unwrap_or(seconds)),
        rounds: arguments.rounds.unwrap_or(rounds),
    };
    let wanted = |what| arguments.what.is_empty() || arguments.what.contains(&what);
    let cluster = Cluster::new(&arguments.postgres)?;
    load::watch_server_of(cluster.backend().await?);
    let mut report = Report::default();
    if wanted(What::Core) {
        core::measure(pace, &mut report)?;
    }
    if wanted(What::Creates) {
        creates::measure(&cluster, pace, &mut report).await?;
    }
    if wanted(What::Sustained) {
        sustained::measure(&cluster, pace, &mut report).await?;
    }
    if wanted(What::Cost) {
        cost::measure(&cluster, pace, &mut report).await?;
    }
    if wanted(What::Reads) {
        reads::measure(&cluster, pace, &mut report).await?;
    }
    if wanted(What::Isolation) {
        isolation::measure(&cluster, pace, &mut report).await?;
    }
    if wanted(What::Stock) {
        stock::measure(&cluster, pace, &mut report).await?;
    }
    if wanted(What::Sqlite) {
        sqlite::measure(&arguments.server, pace, &mut report).await?;
    }
    if wanted(What::Peer) {
        peer::measure(&arguments.peer, pace, &mut report).await?;
    }
    if wanted(What::Server) {
        let stored = arguments.stored.unwrap_or(stored);
        server::measure(&arguments.server, stored, &mut report).await?;
    }
    if wanted(What::Pages) {
        let orders = arguments.orders.unwrap_or(orders);
        pages::measure(&cluster, orders, pace, &mut report).await?;
    }
    Ok(report)
}
