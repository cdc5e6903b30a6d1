//! Reservations of few hot SKUs, against many, alone and in the commits of the service: row locks must not
//! serialise the hot ones.

use crate::database::Cluster;
use crate::load::{Throughput, closed};
use crate::placing::number;
use crate::report::{Goal, Report};
use crate::{Outcome, Pace, services, shop};
use order_core::order::OrderStatus;
use order_core::order::SkuQuantity;
use order_core::ports::{CallContext, Clock, Inventory, Product, ReserveOutcome, ReserveRequest};
use order_core::ports::{IdGenerator as _, Orders as _};
use order_core::reference::Reference;
use order_core::service::{ExternalServices, OrderService};
use order_core::system::{SystemClock, SystemIdGenerator};
use order_core::time::after;
use order_core::value::{ReservationNo, StorefrontId};
use order_sqlx::postgres::PostgresInventory;
use std::sync::Arc;
use std::time::Duration;

const CALLERS: usize = 64;
const HOT: u64 = 10;
const UNITS: u32 = 2_000_000_000;

pub(crate) async fn measure(cluster: &Cluster, pace: Pace, report: &mut Report) -> Outcome {
    println!("reserving stock");
    let database = cluster.database("order_bench_stock").await?;
    let store = database.store().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let inventory = Arc::new(PostgresInventory::new(&store, clock));
    for number in 0..shop::SKUS {
        let product = Product::new(shop::sku(number)?, None, services::price(), UNITS);
        inventory
            .put_product(&StorefrontId::default(), &product)
            .await?;
    }
    reserve(&inventory, shop::SKUS, Duration::from_secs(2)).await?;
    let (mut ratios, mut figures) = (Vec::new(), String::new());
    for _ in 0..pace.rounds {
        let many = reserve(&inventory, shop::SKUS, pace.span).await?;
        let hot = reserve(&inventory, HOT, pace.span).await?;
        ratios.push(hot.rate / many.rate);
        figures = format!("{:.0}/s against {:.0}/s", hot.rate, many.rate);
    }
    let services = ExternalServices {
        inventory: inventory.clone(),
        ..services::external_services()
    };
    let service = OrderService::builder(Arc::new(store.clone()), services, Arc::new(SystemClock))
        .inventory_in_store()
        .build()?;
    place(&service, shop::SKUS, Duration::from_secs(2)).await?;
    let (mut placed, mut placed_figures) = (Vec::new(), String::new());
    for _ in 0..pace.rounds {
        let many = place(&service, shop::SKUS, pace.span).await?;
        let hot = place(&service, HOT, pace.span).await?;
        placed.push(hot.rate / many.rate);
        placed_figures = format!("{:.0}/s against {:.0}/s", hot.rate, many.rate);
    }
    report.add(
        "reservations of 10 hot SKUs, c=64, against 10,000",
        "x",
        Goal::AtLeast(1.0),
        ratios,
        figures,
    );
    report.add(
        "orders of 10 hot SKUs with stock in their commit, c=64, against 10,000",
        "x",
        Goal::AtLeast(1.0),
        placed,
        placed_figures,
    );
    store.close().await;
    cluster.remove("order_bench_stock").await
}

/// Places orders of two lines each, of `skus` different SKUs, whose stock their commits reserve.
async fn place(service: &OrderService, skus: u64, span: Duration) -> Outcome<Throughput> {
    closed(CALLERS, span, |_| {
        let service = service.clone();
        move |_| {
            let service = service.clone();
            async move {
                let placed = service.place(shop::order_of(number(), skus)?).await?;
                match placed.order.status() {
                    OrderStatus::Confirmed => Ok(()),
                    other => Err(format!("an order is {other}").into()),
                }
            }
        }
    })
    .await
}

/// Reserves two lines each, of `skus` different SKUs.
async fn reserve(
    inventory: &Arc<PostgresInventory>,
    skus: u64,
    span: Duration,
) -> Outcome<Throughput> {
    closed(CALLERS, span, |_| {
        let inventory = inventory.clone();
        move |_| {
            let inventory = inventory.clone();
            async move {
                let now = SystemClock.now();
                let drawn = shop::spread(number());
                let lines = vec![
                    SkuQuantity::new(shop::sku(drawn % skus)?, 1),
                    SkuQuantity::new(shop::sku((drawn >> 32) % skus)?, 2),
                ];
                let id =
                    Reference::Reservation(SystemIdGenerator.order_id(now), ReservationNo::FIRST);
                let deadline = after(now, Duration::from_secs(10));
                let call = CallContext::new(StorefrontId::default(), id.to_string(), deadline);
                let request = ReserveRequest::new(id, lines, Duration::from_secs(3_600));
                match inventory.reserve(&call, &request).await? {
                    ReserveOutcome::Reserved { .. } => Ok(()),
                    other => Err(format!("not reserved: {other:?}").into()),
                }
            }
        }
    })
    .await
}
