//! The loads: orders placed over HTTP, and bare commits of new orders.

use crate::http::{Client, expect};
use crate::load::{Throughput, closed};
use crate::{Outcome, shop};
use order_core::Context;
use order_core::decide::decide_new;
use order_core::event::Actor;
use order_core::policy::StorefrontPolicy;
use order_core::ports::{
    Change, Clock as _, CommitOutcome, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate,
    Lease, NewEffect, OrderStore, PlaceOrderRequest, Worker,
};
use order_core::system::SystemClock;
use order_core::time::after;
use order_core::value::Version;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

const LEASE: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(86_400);

/// The next order number.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

pub(crate) fn number() -> u64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// Fails unless the payment of an order is authorized by the time its request is answered.
pub(crate) async fn is_authorized(address: SocketAddr) -> Outcome {
    let (key, body) = shop::request_with_payment(number());
    let mut client = Client::connect(address).await?;
    let answer = expect(201, client.post("/v1/orders", &key, &body).await?)?;
    let order: serde_json::Value = serde_json::from_slice(answer)?;
    match order["payment_status"].as_str() {
        Some("authorized") => Ok(()),
        other => Err(format!("the payment is not authorized: {other:?}").into()),
    }
}

/// Places orders over HTTP. `request` returns the idempotency key and the body of the order of this number.
pub(crate) async fn over_http(
    address: SocketAddr,
    callers: usize,
    span: Duration,
    request: fn(u64) -> (String, String),
) -> Outcome<Throughput> {
    let mut clients = Vec::new();
    for _ in 0..callers {
        clients.push(Arc::new(Mutex::new(Client::connect(address).await?)));
    }
    closed(callers, span, |caller| {
        let client = clients[caller].clone();
        move |_| {
            let client = client.clone();
            async move {
                let (key, body) = request(number());
                let mut client = client.lock().await;
                expect(201, client.post("/v1/orders", &key, &body).await?)?;
                Ok(())
            }
        }
    })
    .await
}

/// Commits new orders directly to the store.
pub(crate) async fn commits<S: OrderStore + 'static>(
    store: &Arc<S>,
    callers: usize,
    span: Duration,
) -> Outcome<Throughput> {
    closed(callers, span, |_| {
        let store = store.clone();
        move |_| {
            let store = store.clone();
            async move {
                match store.commit(change(shop::order(number())?)?).await? {
                    CommitOutcome::Applied => Ok(()),
                    other => Err(format!("not stored: {other:?}").into()),
                }
            }
        }
    })
    .await
}

/// Returns the first change of a new order, as the service commits it.
fn change(request: PlaceOrderRequest) -> Outcome<Change> {
    let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
    let ctx = Context::new(&policy, SystemClock.now(), &actor);
    let idempotency = request.idempotency.clone().ok_or("no key")?;
    let transition = decide_new(&shop::command(request, ctx.now), &ctx)?;
    let storefront = transition.order.storefront().clone();
    let lease = Lease::new(Worker::parse("bench")?, after(ctx.now, LEASE));
    let mut change = Change::new(Version::NONE, transition.order, transition.events);
    change.effects = transition
        .effects
        .into_iter()
        .map(|effect| NewEffect::new(effect, Some(lease.clone())))
        .collect();
    change.publish = true;
    change.idempotency = Some(IdempotencyUpdate::Claim {
        key: IdempotencyScope::new(storefront, &idempotency),
        record: IdempotencyRecord::new(
            change.order.id(),
            idempotency.fingerprint,
            Version::NONE,
            change.order.version(),
            Some(after(ctx.now, LEASE)),
            after(ctx.now, DAY),
        ),
        now: ctx.now,
    });
    Ok(change)
}
