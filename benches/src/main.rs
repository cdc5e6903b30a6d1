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
mod creates;
mod database;
mod http;
mod isolation;
mod load;
mod pages;
mod raw;
mod reads;
mod report;
mod server;
mod shop;
mod sqlite;
mod stock;

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
    /// How long each side of a ratio runs in a round.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many rounds a ratio is the median of.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many orders the large database has.
    #[arg(long, default_value_t = 5_000_000)]
    orders: u64,
    /// How many orders the server example stores before its memory is measured.
    #[arg(long, default_value_t = 100_000)]
    stored: u64,
    /// The server example, built for release.
    #[arg(long, default_value = "target/release/examples/server")]
    server: std::path::PathBuf,
    /// What to measure; everything if nothing is named.
    what: Vec<What>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The pure core alone: deciding and applying.
    Core,
    /// Placed orders and bare commits, against one statement per order.
    Creates,
    /// Orders read over HTTP, against a SELECT of the row.
    Reads,
    /// Row-level security, against none.
    Isolation,
    /// Reservations of few hot SKUs, against many.
    Stock,
    /// Batched commits to an SQLite file, against one at a time.
    Sqlite,
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
    let pace = Pace {
        span: Duration::from_secs(arguments.seconds),
        rounds: arguments.rounds,
    };
    let wanted = |what| arguments.what.is_empty() || arguments.what.contains(&what);
    let cluster = Cluster::new(&arguments.postgres)?;
    let mut report = Report::default();
    if wanted(What::Core) {
        core::measure(pace, &mut report)?;
    }
    if wanted(What::Creates) {
        creates::measure(&cluster, pace, &mut report).await?;
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
        sqlite::measure(pace, &mut report).await?;
    }
    if wanted(What::Server) {
        server::measure(&arguments.server, arguments.stored, &mut report).await?;
    }
    if wanted(What::Pages) {
        pages::measure(&cluster, arguments.orders, pace, &mut report).await?;
    }
    Ok(report)
}
