//! Placed orders, with and without a payment, and bare commits, against one statement per order.
//!
//! A transaction with a statement per row, as services commonly write, is measured in the same rounds.

use crate::database::Cluster;
use crate::placing::{commits, is_authorized, over_http};
use crate::raw::Raw;
use crate::report::{Goal, Report, Series};
use crate::row_by_row::RowByRow;
use crate::{Outcome, Pace, shop};
use std::sync::Arc;
use std::time::Duration;

const WARMING: Duration = Duration::from_secs(2);

pub(crate) async fn measure(cluster: &Cluster, pace: Pace, report: &mut Report) -> Outcome {
    println!("creating orders, in {} rounds", pace.rounds);
    let database = cluster.database("order_bench_creates").await?;
    let raw = Raw::new(&database).await?;
    let row_by_row = RowByRow::new(&database).await?;
    let store = Arc::new(database.store().await?);
    let address = shop::serve(shop::service(store.clone())?).await?;
    is_authorized(address).await?;
    let [mut many, mut one, mut paid, mut alone, mut rows] = [
        (
            "POST /v1/orders, c=64, against pgbench at its best",
            Goal::AtLeast(1.2),
        ),
        (
            "POST /v1/orders, c=1, against pgbench at c=1",
            Goal::AtLeast(0.45),
        ),
        (
            "POST with a payment authorized in it, c=64, against pgbench at its best",
            Goal::AtLeast(0.6),
        ),
        (
            "commit alone, c=64, against pgbench at its best",
            Goal::AtLeast(1.8),
        ),
        (
            "a transaction with a statement per row, c=64, against pgbench at its best",
            Goal::None,
        ),
    ]
    .map(|(what, goal)| Series::of_ratios(what, goal));
    // The first write of a page after a checkpoint costs a full-page image in the write-ahead log.
    raw.insert(WARMING).await?;
    over_http(address, 64, WARMING, shop::request).await?;
    for round in 0..pace.rounds {
        println!("  round {round}");
        let inserted = raw.insert(pace.span).await?;
        let (best, single) = (inserted.best, inserted.alone);
        let done = over_http(address, 64, pace.span, shop::request).await?;
        many.push(
            done.rate / best,
            format!(
                "{:.0}/s, p99 {:.1} ms, {done}, against {best:.0}/s (c={})",
                done.rate,
                done.percentile(99),
                inserted.callers
            ),
        );
        let done = over_http(address, 1, pace.span, shop::request).await?;
        one.push(
            done.rate / single,
            format!("{:.0}/s, {done}, against {single:.0}/s", done.rate),
        );
        for (series, done) in [
            (
                &mut paid,
                over_http(address, 64, pace.span, shop::request_with_payment).await?,
            ),
            (&mut alone, commits(&store, 64, pace.span).await?),
            (&mut rows, row_by_row.insert(64, pace.span).await?),
        ] {
            series.push(
                done.rate / best,
                format!("{:.0}/s, {done}, against {best:.0}/s", done.rate),
            );
        }
    }
    report.add_all([many, one, paid, alone, rows]);
    row_by_row.close().await;
    store.close().await;
    cluster.remove("order_bench_creates").await
}
