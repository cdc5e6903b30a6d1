//! Measures `order` side by side with the database it stands on, in one run, and prints the ratios
//! with the goals they are held to.
//!
//! Only ratios count: client, server and database share the cores of one machine, and how fast that
//! is today is nobody's business. Each ratio is taken in several rounds, both sides in turn, and the
//! median is told. `scripts/bench` gives it a Postgres of its own.

#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "rates and ratios, not money"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the real time is what it measures"
)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it tells what it measures"
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

/// Orders are many small pieces that one thread makes and another drops. This one takes a quarter
/// off what a request costs, for twice the memory; the server example keeps the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a measurement comes to.
type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures order against the database it stands on.
#[derive(Debug, Parser)]
struct Arguments {
    /// A Postgres server on which databases may be made, as the host sees it. `scripts/bench` starts
    /// one and sets this.
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
    /// How many orders the server example stores before its memory is looked at.
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
    /// Deciding and applying alone.
    Core,
    /// Orders placed and commits, against one statement an order.
    Creates,
    /// Orders read over HTTP, against a SELECT of the row.
    Reads,
    /// Storefronts kept apart by the database, against not.
    Isolation,
    /// Hot SKUs against many.
    Stock,
    /// Commits to an SQLite file in groups, against one at a time.
    Sqlite,
    /// Memory and start of the server example.
    Server,
    /// Pages and creates with many orders stored, against few.
    Pages,
}

/// How long, and how often.
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
