//! Orders read over HTTP, against a SELECT of the same rows.

use crate::creates::number;
use crate::database::Cluster;
use crate::http::{Client, expect};
use crate::load::{Throughput, closed};
use crate::raw::Raw;
use crate::report::{Goal, Report};
use crate::{Outcome, Pace, shop};
use order_core::ports::Orders as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How many orders are read, in turn.
const ORDERS: usize = 10;
const CALLERS: usize = 16;

pub(crate) async fn measure(cluster: &Cluster, pace: Pace, report: &mut Report) -> Outcome {
    println!("reading orders");
    let database = cluster.database("order_bench_reads").await?;
    let raw = Raw::new(&database).await?;
    let store = Arc::new(database.store().await?);
    let service = shop::service(store.clone())?;
    let mut ids = Vec::new();
    for _ in 0..ORDERS {
        ids.push(
            service
                .place(shop::order(number())?)
                .await?
                .order
                .id()
                .to_string(),
        );
    }
    let address = shop::serve(service).await?;
    let (mut ratios, mut figures) = (Vec::new(), String::new());
    for _ in 0..pace.rounds {
        let selected = raw.select(&ids, CALLERS, pace.span).await?;
        let read = over_http(address, &ids, pace.span).await?;
        ratios.push(read.rate / selected);
        figures = format!("{:.0}/s, {read}, against {selected:.0}/s", read.rate);
    }
    report.add(
        "GET /v1/orders/{id}, c=16, against pgbench SELECT of the row",
        "x",
        Goal::AtLeast(0.6),
        ratios,
        figures,
    );
    store.close().await;
    cluster.remove("order_bench_reads").await
}

async fn over_http(address: SocketAddr, ids: &[String], span: Duration) -> Outcome<Throughput> {
    let mut clients = Vec::new();
    for _ in 0..CALLERS {
        clients.push(Arc::new(Mutex::new(Client::connect(address).await?)));
    }
    let paths: Arc<Vec<String>> =
        Arc::new(ids.iter().map(|id| format!("/v1/orders/{id}")).collect());
    closed(CALLERS, span, |caller| {
        let (client, paths) = (clients[caller].clone(), paths.clone());
        let mut turn = caller;
        move |_| {
            turn += 1;
            let (client, paths, turn) = (client.clone(), paths.clone(), turn);
            async move {
                let mut client = client.lock().await;
                expect(200, client.get(&paths[turn % paths.len()]).await?)?;
                Ok(())
            }
        }
    })
    .await
}
