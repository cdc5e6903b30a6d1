//! What an order costs the database, counted, not timed: commits, round trips, log and fsyncs.
//!
//! The store is connected through a proxy that counts round trips, and closed before anything is read:
//! Postgres adds up what a backend did when it ends.

use crate::database::Cluster;
use crate::placing::{is_authorized, over_http};
use crate::proxy::Proxy;
use crate::report::{Goal, Report, Series};
use crate::sustained::{Workers, drain};
use crate::{Outcome, Pace, shop};
use order_sqlx::postgres::{PostgresOptions, PostgresStore};
use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};
use std::sync::Arc;
use std::time::Duration;

const NAME: &str = "order_bench_cost";
/// How long Postgres 14 may take to add up what a backend did that has ended.
const SETTLING: Duration = Duration::from_secs(1);
/// The pause between two looks at whether the store's backends have ended.
const LOOK: Duration = Duration::from_millis(50);

/// What is counted; `pg_stat_wal.wal_sync` is gone from version 18 on. The identifiers of transactions are
/// handed out to those that write, and to savepoints in which they do.
const COUNTERS: &str = "
    SELECT xact_commit::float8,
           pg_snapshot_xmax(pg_current_snapshot())::text::float8,
           pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8,
           wal_records::float8,
           (to_jsonb(pg_stat_wal) ->> 'wal_sync')::float8
    FROM pg_stat_database, pg_stat_wal WHERE datname = current_database()";
const HAVE_ENDED: &str = "
    SELECT count(*) = 0 FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";

/// What the measured orders are.
struct Load {
    what: &'static str,
    request: fn(u64) -> (String, String),
    callers: usize,
    /// Whether a runner and a relay work off what is left.
    sustained: bool,
}

pub(crate) async fn measure(cluster: &Cluster, pace: Pace, report: &mut Report) -> Outcome {
    println!("counting what an order costs");
    let load = |what, request, callers, sustained| Load {
        what,
        request,
        callers,
        sustained,
    };
    for load in [
        load("POST, c=1", shop::request as fn(_) -> _, 1, false),
        load("POST, c=64", shop::request, 64, false),
        load(
            "POST with a payment, c=1",
            shop::request_with_payment,
            1,
            false,
        ),
        load(
            "POST with a payment, c=64",
            shop::request_with_payment,
            64,
            false,
        ),
        load("sustained, c=64", shop::request, 64, true),
    ] {
        let mut series = Series::new(
            format!("log an order writes, {}", load.what),
            " KB",
            Goal::None,
        );
        let cost = cost(cluster, &load, pace.span).await?;
        series.push(cost.log / 1_024.0, cost.to_string());
        report.add_all([series]);
    }
    Ok(())
}

/// What one order cost.
struct Cost {
    transactions: f64,
    writing: f64,
    round_trips: f64,
    /// Bytes of the write-ahead log.
    log: f64,
    records: f64,
    /// Absent where the server does not count them.
    fsyncs: Option<f64>,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "each {:.2} round trips, {:.2} commits, {:.2} transactions and savepoints that write, {:.0} log records, ",
            self.round_trips, self.transactions, self.writing, self.records
        )?;
        match self.fsyncs {
            Some(fsyncs) => write!(f, "{fsyncs:.3} fsyncs"),
            None => write!(f, "fsyncs not measured"),
        }
    }
}

async fn cost(cluster: &Cluster, load: &Load, span: Duration) -> Outcome<Cost> {
    let database = cluster.database(NAME).await?;
    database.store().await?.close().await;
    let proxy = Proxy::before(&database)?;
    let store = Arc::new(PostgresStore::connect(&proxy.url, PostgresOptions::new()).await?);
    let service = shop::service(store.clone())?;
    let workers = load
        .sustained
        .then(|| Workers::start(&service, &store))
        .transpose()?;
    let address = shop::serve(service).await?;
    is_authorized(address).await?;

    let mut connection = database.connection().await?;
    let (before, asked_before) = (counters(&mut connection).await?, proxy.round_trips());
    let placed = over_http(address, load.callers, span, load.request).await?;
    if let Some(workers) = workers {
        drain(&mut connection).await?;
        workers.stop().await?;
    }
    let asked = proxy.round_trips() - asked_before;
    store.close().await;
    settle(&mut connection).await?;
    let after = counters(&mut connection).await?;
    let each = |at: usize| Some((after[at]? - before[at]?) / placed.answers());
    let cost = Cost {
        transactions: each(0).unwrap_or(f64::NAN),
        writing: each(1).unwrap_or(f64::NAN),
        round_trips: asked as f64 / placed.answers(),
        log: each(2).unwrap_or(f64::NAN),
        records: each(3).unwrap_or(f64::NAN),
        fsyncs: each(4),
    };
    cluster.remove(NAME).await?;
    Ok(cost)
}

async fn counters(connection: &mut PgConnection) -> Outcome<Vec<Option<f64>>> {
    let row = connection.fetch_one(COUNTERS).await?;
    let counters = (0..row.len()).map(|at| row.try_get(at));
    Ok(counters.collect::<Result<_, _>>()?)
}

/// Waits until no other connection is left, and what they did is added up.
async fn settle(connection: &mut PgConnection) -> Outcome {
    while !connection.fetch_one(HAVE_ENDED).await?.try_get(0)? {
        tokio::time::sleep(LOOK).await;
    }
    tokio::time::sleep(SETTLING).await;
    Ok(())
}
