//! Orders read over HTTP, against a SELECT of the same rows.
//!
//! Both sides draw from many orders, so that what one of them keeps of the last few does not decide.

use crate::database::Cluster;
use crate::http::{Client, expect};
use crate::load::{Throughput, closed};
use crate::placing::number;
use crate::raw::Raw;
use crate::report::{Goal, Report, Series};
use crate::{Outcome, Pace, shop};
use futures::StreamExt as _;
use order_core::ports::{IdGenerator, Orders as _};
use order_core::system::SystemIdGenerator;
use order_core::time::Timestamp;
use order_core::value::OrderId;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// The numbers of the orders that are read, of six digits each.
const NUMBERS: Range<u64> = 100_000..120_000;
/// What the id of every order begins with; its number follows.
const PREFIX: &str = "01900000-0000-7000-8000-000000";
const CALLERS: usize = 16;
/// Orders that are placed concurrently before the first is read.
const PLACING: usize = 64;

pub(crate) async fn measure(cluster: &Cluster, pace: Pace, report: &mut Report) -> Outcome {
    println!("reading orders");
    let database = cluster.database("order_bench_reads").await?;
    let raw = Raw::new(&database).await?;
    let store = Arc::new(database.store().await?);
    let service = shop::builder(store.clone())
        .ids(Arc::new(Numbered(AtomicU64::new(NUMBERS.start))))
        .build()?;
    let mut placed = futures::stream::iter(NUMBERS)
        .map(|_| async { Outcome::Ok(service.place(shop::order(number())?).await?) })
        .buffer_unordered(PLACING);
    while let Some(outcome) = placed.next().await {
        outcome?;
    }
    drop(placed);
    let address = shop::serve(service).await?;
    let orders = NUMBERS.end - NUMBERS.start;
    let mut series = Series::of_ratios(
        format!("GET /v1/orders/{{id}}, c=16, any of {orders}, against pgbench SELECT of the row"),
        Goal::AtLeast(0.6),
    );
    for _ in 0..pace.rounds {
        let selected = raw.select(PREFIX, &NUMBERS, CALLERS, pace.span).await?;
        let read = over_http(address, pace.span).await?;
        series.push(
            read.rate / selected,
            format!("{:.0}/s, {read}, against {selected:.0}/s", read.rate),
        );
    }
    report.add_all([series]);
    store.close().await;
    cluster.remove("order_bench_reads").await
}

async fn over_http(address: SocketAddr, span: Duration) -> Outcome<Throughput> {
    let mut clients = Vec::new();
    for _ in 0..CALLERS {
        clients.push(Arc::new(Mutex::new(Client::connect(address).await?)));
    }
    closed(CALLERS, span, |caller| {
        let client = clients[caller].clone();
        move |_| {
            let client = client.clone();
            async move {
                let drawn = shop::spread(number()) % (NUMBERS.end - NUMBERS.start);
                let path = format!("/v1/orders/{PREFIX}{}", NUMBERS.start + drawn);
                expect(200, client.lock().await.get(&path).await?)?;
                Ok(())
            }
        }
    })
    .await
}

/// Numbers orders, beginning with the number it holds.
struct Numbered(AtomicU64);

impl IdGenerator for Numbered {
    fn order_id(&self, now: Timestamp) -> OrderId {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        OrderId::parse(format!("{PREFIX}{number}"))
            .unwrap_or_else(|_| SystemIdGenerator.order_id(now))
    }

    fn random_u64(&self) -> u64 {
        SystemIdGenerator.random_u64()
    }
}
