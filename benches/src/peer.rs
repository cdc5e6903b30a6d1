//! SQLite beside a published peer that embeds, stateset-embedded: an order of two lines whose stock is
//! reserved in the same file, both synchronous=FULL, called as libraries.
//!
//! Both do what the other does: no idempotency key, no contact to send a message to, nothing to publish.
//! The peer is a process of its own (`benches/peer`), because it links another SQLite.

use crate::load::{Throughput, closed};
use crate::placing::number;
use crate::report::{Goal, Report, Series};
use crate::{Outcome, Pace, services, shop, sqlite};
use order_core::order::ReservationStatus;
use order_core::ports::{Clock, Orders, PlaceOrderRequest, Product};
use order_core::service::{ExternalServices, OrderService};
use order_core::system::SystemClock;
use order_core::value::StorefrontId;
use order_sqlx::sqlite::SqliteInventory;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;

/// How many units of each SKU there are; the SKUs are those that the peer fills its file with.
const UNITS: u32 = 2_000_000_000;
const SKUS: u64 = 1_000;
const WARMING: Duration = Duration::from_secs(1);

pub(crate) async fn measure(peer: &Path, pace: Pace, report: &mut Report) -> Outcome {
    if !peer.exists() {
        println!("skipping the peer, which is not built: scripts/bench peer does");
        return Ok(());
    }
    println!("placing orders on SQLite, beside stateset-embedded");
    let folder = tempfile::tempdir_in(".")?;
    let theirs = folder.path().join("peer.db");
    let store = sqlite::store(&folder.path().join("order.db")).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let inventory = SqliteInventory::new(&store, clock.clone());
    for number in 0..SKUS {
        let product = Product::new(shop::sku(number)?, None, services::price(), UNITS);
        inventory
            .put_product(&StorefrontId::default(), &product)
            .await?;
    }
    let services = ExternalServices {
        inventory: Arc::new(inventory),
        ..services::external_services()
    };
    let service = Arc::new(OrderService::builder(store.clone(), services, clock).build()?);
    place(&service, 16, WARMING).await?;
    run(peer, &theirs, 16, WARMING).await?;
    for (callers, goal) in [(1, 1.2), (16, 5.0)] {
        let mut series = Series::of_ratios(
            format!(
                "orders of two lines with stock on SQLite, c={callers}, against stateset-embedded"
            ),
            Goal::AtLeast(goal),
        );
        for _ in 0..pace.rounds {
            let other = run(peer, &theirs, callers, pace.span).await?;
            let ours = place(&service, callers, pace.span).await?;
            series.push(
                ours.rate / other,
                format!("{:.0}/s against {other:.0}/s", ours.rate),
            );
        }
        report.add_all([series]);
    }
    store.close().await;
    Ok(())
}

/// Places orders through the service.
async fn place(service: &Arc<OrderService>, callers: usize, span: Duration) -> Outcome<Throughput> {
    closed(callers, span, |_| {
        let service = service.clone();
        move |_| {
            let service = service.clone();
            async move {
                let order = service.place(order(number())?).await?.order;
                match order.reservation() {
                    Some(reservation) if reservation.status == ReservationStatus::Held => Ok(()),
                    other => Err(format!("its stock is not reserved: {other:?}").into()),
                }
            }
        }
    })
    .await
}

/// Returns a request to place an order as the peer's are.
fn order(number: u64) -> Outcome<PlaceOrderRequest> {
    let mut request = shop::order_of(number, SKUS)?;
    request.order.personal.contact = None;
    request.idempotency = None;
    Ok(request)
}

/// Lets the peer place orders, in its own file. Returns the rate.
async fn run(peer: &Path, file: &Path, callers: usize, span: Duration) -> Outcome<f64> {
    let output = Command::new(std::path::absolute(peer)?)
        .arg(file)
        .arg(callers.to_string())
        .arg(span.as_secs().max(1).to_string())
        .env("STATESET_SQLITE_SYNCHRONOUS", "FULL")
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        format!("the peer tells no rate: {complaint}").into()
    })
}
