//! Placed orders and bare commits, against one statement per order.

use crate::database::Cluster;
use crate::http::{Client, expect};
use crate::load::{Throughput, closed};
use crate::raw::Raw;
use crate::report::{Goal, Report};
use crate::{Outcome, Pace, shop};
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

const WARMING: Duration = Duration::from_secs(2);
const LEASE: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(86_400);

/// The next order number.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

pub(crate) fn number() -> u64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

pub(crate) async fn measure(cluster: &Cluster, pace: Pace, report: &mut Report) -> Outcome {
    println!("creating orders, in {} rounds", pace.rounds);
    let database = cluster.database("order_bench_creates").await?;
    let raw = Raw::new(&database).await?;
    let store = Arc::new(database.store().await?);
    let address = shop::serve(shop::service(store.clone())?).await?;
    let mut ratios = [Vec::new(), Vec::new(), Vec::new()];
    let mut figures = [String::new(), String::new(), String::new()];
    // The first write of a page after a checkpoint costs a full-page image in the write-ahead log.
    raw.insert(WARMING).await?;
    over_http(address, 64, WARMING).await?;
    for round in 0..pace.rounds {
        let inserted = raw.insert(pace.span).await?;
        let many = over_http(address, 64, pace.span).await?;
        let one = over_http(address, 1, pace.span).await?;
        let commits = commits(&store, 64, pace.span).await?;
        println!(
            "  round {round}: pgbench {:.0}/s (c={}), {:.0}/s (c=1); \
             HTTP {:.0}/s, {:.0}/s (c=1); commit {:.0}/s",
            inserted.best, inserted.callers, inserted.alone, many.rate, one.rate, commits.rate
        );
        ratios[0].push(many.rate / inserted.best);
        ratios[1].push(one.rate / inserted.alone);
        ratios[2].push(commits.rate / inserted.best);
        figures[0] = format!(
            "{:.0}/s, p99 {:.1} ms, {many}, against {:.0}/s",
            many.rate,
            many.percentile(99),
            inserted.best
        );
        figures[1] = format!("{:.0}/s, {one}, against {:.0}/s", one.rate, inserted.alone);
        figures[2] = format!(
            "{:.0}/s, {commits}, against {:.0}/s",
            commits.rate, inserted.best
        );
    }
    let goals = [
        ("POST /v1/orders, c=64, against pgbench at its best", 1.0),
        ("POST /v1/orders, c=1, against pgbench at c=1", 0.4),
        ("commit alone, c=64, against pgbench at its best", 1.8),
    ];
    for (((what, goal), ratios), figures) in goals.into_iter().zip(ratios).zip(figures) {
        report.add(what, "x", Goal::AtLeast(goal), ratios, figures);
    }
    store.close().await;
    cluster.remove("order_bench_creates").await
}

/// Places orders over HTTP.
pub(crate) async fn over_http(
    address: SocketAddr,
    callers: usize,
    span: Duration,
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
                let (key, body) = shop::request(number());
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
