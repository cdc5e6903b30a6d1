//! SQLite, synchronous=FULL: commits in groups against a transaction each, and orders placed over HTTP.

use crate::fsyncs::Fsyncs;
use crate::placing::{commits, is_authorized, over_http};
use crate::report::{Goal, Report, Series};
use crate::server::{Running, request_to_mocks, request_to_mocks_with_payment};
use crate::{Outcome, Pace, shop};
use order_sqlx::{SqliteOptions, SqliteStore};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

pub(crate) async fn measure(server: &Path, pace: Pace, report: &mut Report) -> Outcome {
    println!("committing to SQLite, synchronous=FULL");
    // Not where temporary files are: that may be memory.
    let folder = tempfile::tempdir_in(".")?;
    let store = store(&folder.path().join("order.db")).await?;
    let mut grouped = Series::of_ratios(
        "SQLite commits in groups, c=64, against one transaction each",
        Goal::AtLeast(3.0),
    );
    for _ in 0..pace.rounds {
        let alone = commits(&store, 1, pace.span).await?;
        let together = commits(&store, 64, pace.span).await?;
        grouped.push(
            together.rate / alone.rate,
            format!("{:.0}/s against {:.0}/s", together.rate, alone.rate),
        );
    }
    report.add_all([grouped]);
    let address = shop::serve(shop::service(store.clone())?).await?;
    is_authorized(address).await?;
    Posts {
        what: "POST on SQLite, services in the process",
        address,
        process: std::process::id(),
        request: shop::request,
        with_payment: shop::request_with_payment,
    }
    .measure(pace, report)
    .await?;
    store.close().await;

    println!("placing orders at the server example on SQLite");
    let folder = tempfile::tempdir_in(".")?;
    let running = Running::start(server, folder.path()).await?;
    Posts {
        what: "POST to the server example on SQLite, mocks with a file beside",
        address: running.address,
        process: running.id()?,
        request: request_to_mocks,
        with_payment: request_to_mocks_with_payment,
    }
    .measure(pace, report)
    .await?;
    running.stop().await
}

/// Opens a new file.
pub(crate) async fn store(file: &Path) -> Outcome<Arc<SqliteStore>> {
    let file = file.to_str().ok_or("the folder's name is no text")?;
    let store = SqliteStore::connect(file, SqliteOptions::new()).await?;
    store.migrate().await?;
    Ok(Arc::new(store))
}

/// Orders placed at a server, with and without a payment.
struct Posts {
    what: &'static str,
    address: SocketAddr,
    /// The process whose fsyncs are counted.
    process: u32,
    request: fn(u64) -> (String, String),
    with_payment: fn(u64) -> (String, String),
}

impl Posts {
    async fn measure(&self, pace: Pace, report: &mut Report) -> Outcome {
        for callers in [1, 16, 64] {
            for (payment, request) in [("", self.request), (", with a payment", self.with_payment)]
            {
                let what = format!("{}, c={callers}{payment}", self.what);
                let mut series = Series::new(what, "/s", Goal::None);
                for _ in 0..pace.rounds {
                    let fsyncs = Fsyncs::of(self.process).await;
                    let done = over_http(self.address, callers, pace.span, request).await?;
                    let fsyncs = fsyncs.each_of(done.answers()).await?;
                    let note = format!("p99 {:.1} ms, {fsyncs}", done.percentile(99));
                    series.push(done.rate, note);
                }
                report.add_all([series]);
            }
        }
        Ok(())
    }
}
