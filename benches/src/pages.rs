//! Pages and creates with many orders stored, against few.
//!
//! A few orders are placed through the service, and a statement multiplies them, each with an id, an
//! instant, a customer and SKUs of its own. The number of customers and SKUs grows with the number of
//! orders, so that pages of both databases return as many rows.

use crate::database::Cluster;
use crate::placing::{commits, number};
use crate::report::{Goal, Report};
use crate::{Outcome, Pace, shop};
use order_core::command::Command;
use order_core::order::{FulfillmentStatus, OrderStatus, PaymentStatus};
use order_core::ports::{CommandRequest, Cursor, ListQuery, OrderStore, Orders as _};
use order_core::time::Timestamp;
use order_core::value::{CustomerId, PaymentToken, StorefrontId};
use order_sqlx::postgres::PostgresStore;
use sqlx::postgres::PgConnection;
use sqlx::types::chrono::DateTime;
use sqlx::{Executor as _, Row as _};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// Orders in the small database.
const FEW: u64 = 10_000;
/// Orders per insert statement.
const BATCH: u64 = 100_000;
/// Placed orders that are multiplied.
const KINDS: u64 = 8;
/// Orders per customer.
const OF_A_CUSTOMER: u64 = 50;
/// Orders per SKU; an order has two SKUs.
const TO_A_SKU: u64 = 500;
/// Time between one order and the next.
const APART_MICROS: i64 = 1_000_000;
/// When the first order was placed: 2026-01-01.
const SINCE_MICROS: i64 = 1_767_225_600_000_000;
/// Pages of each kind that are read in a round.
const PAGES: u64 = 400;

pub(crate) async fn measure(
    cluster: &Cluster,
    many: u64,
    pace: Pace,
    report: &mut Report,
) -> Outcome {
    println!("filling databases with {FEW} and {many} orders");
    let small = Filled::new(cluster, "order_bench_few", FEW).await?;
    let large = Filled::new(cluster, "order_bench_many", many).await?;
    pages(&small, &large, pace, report).await?;

    let empty = cluster.database("order_bench_empty").await?;
    let fresh = Arc::new(empty.store().await?);
    let (mut ratios, mut figures) = (Vec::new(), String::new());
    for store in [&fresh, &large.store] {
        commits(store, 64, pace.span).await?;
    }
    for _ in 0..pace.rounds {
        let few = commits(&fresh, 64, pace.span).await?;
        let many = commits(&large.store, 64, pace.span).await?;
        ratios.push(many.rate / few.rate);
        figures = format!("{:.0}/s against {:.0}/s", many.rate, few.rate);
    }
    report.add(
        format!("commits, c=64, with {many} orders stored, against none"),
        "x",
        Goal::AtLeast(0.85),
        ratios,
        figures,
    );
    for store in [fresh, small.store, large.store] {
        store.close().await;
    }
    for name in ["order_bench_empty", "order_bench_few", "order_bench_many"] {
        cluster.remove(name).await?;
    }
    Ok(())
}

/// Reads pages of 50 by every filter and by common combinations of filters.
async fn pages(small: &Filled, large: &Filled, pace: Pace, report: &mut Report) -> Outcome {
    println!("reading pages of 50");
    for (name, filter) in filters()? {
        let (mut ratios, mut figures) = (Vec::new(), String::new());
        for _ in 0..pace.rounds {
            // In turn, page by page, so that a pause of the machine affects both sides.
            let (mut few, mut many) = (Vec::new(), Vec::new());
            for turn in 0..PAGES {
                few.push(small.page(&filter, turn).await?);
                many.push(large.page(&filter, turn).await?);
            }
            let (few, many) = (p99(&mut few), p99(&mut many));
            ratios.push(many / few);
            figures = format!("p99 {many:.2} ms against {few:.2} ms");
        }
        let what = format!(
            "page of 50 by {name}, {} orders against {FEW}",
            large.orders
        );
        report.add(what, "x", Goal::AtMost(1.5), ratios, figures);
    }
    Ok(())
}

fn p99(waits: &mut [f64]) -> f64 {
    waits.sort_by(f64::total_cmp);
    waits
        .get(waits.len() * 99 / 100)
        .copied()
        .unwrap_or(f64::NAN)
}

fn filters() -> Outcome<Vec<(&'static str, ListQuery)>> {
    let all = || ListQuery::new(StorefrontId::default(), 50);
    let with = |change: &dyn Fn(&mut ListQuery)| {
        let mut query = all();
        change(&mut query);
        query
    };
    let customer = CustomerId::parse("cus_7")?;
    let sku = shop::sku(7)?;
    Ok(vec![
        ("nothing", all()),
        ("status", with(&|q| q.status = Some(OrderStatus::Confirmed))),
        (
            "a rare status",
            with(&|q| q.status = Some(OrderStatus::Cancelled)),
        ),
        (
            "payment status",
            with(&|q| q.payment_status = Some(PaymentStatus::Authorized)),
        ),
        (
            "fulfillment status",
            with(&|q| q.fulfillment_status = Some(FulfillmentStatus::Allocated)),
        ),
        (
            "customer",
            with(&|q| q.customer_id = Some(customer.clone())),
        ),
        ("SKU", with(&|q| q.sku = Some(sku.clone()))),
        ("deleted ones too", with(&|q| q.include_deleted = true)),
        (
            "customer and status",
            with(&|q| {
                q.customer_id = Some(customer.clone());
                q.status = Some(OrderStatus::Cancelled);
            }),
        ),
        (
            "status and payment status",
            with(&|q| {
                q.status = Some(OrderStatus::Processing);
                q.payment_status = Some(PaymentStatus::Authorized);
            }),
        ),
        (
            "status and SKU",
            with(&|q| {
                q.status = Some(OrderStatus::Cancelled);
                q.sku = Some(sku.clone());
            }),
        ),
        (
            "customer and SKU",
            with(&|q| {
                q.customer_id = Some(customer.clone());
                q.sku = Some(sku.clone());
            }),
        ),
    ])
}

/// A database filled with orders.
struct Filled {
    store: Arc<PostgresStore>,
    orders: u64,
}

impl Filled {
    async fn new(cluster: &Cluster, name: &str, orders: u64) -> Outcome<Self> {
        let database = cluster.database(name).await?;
        let store = Arc::new(database.store().await?);
        place_each_kind(&store).await?;
        let mut connection = database.connection().await?;
        keep_kinds(&mut connection).await?;
        let began = Instant::now();
        let mut made = 0;
        while made < orders {
            let end = (made + BATCH).min(orders);
            multiply(&mut connection, made..end, orders).await?;
            made = end;
            if orders > BATCH {
                let share = made as f64 / orders as f64;
                let left = began.elapsed().mul_f64((1.0 - share) / share);
                println!("  {made} of {orders} orders, {} s left", left.as_secs());
            }
        }
        connection.execute("VACUUM ANALYZE").await?;
        connection.execute("CHECKPOINT").await?;
        Ok(Self { store, orders })
    }

    /// Reads a page behind a pseudo-random cursor. Returns its latency in milliseconds.
    async fn page(&self, filter: &ListQuery, turn: u64) -> Outcome<f64> {
        let mut query = filter.clone();
        let drawn = shop::spread(turn) % self.orders;
        query.after = Some(Cursor::new(
            instant(drawn)?,
            order_testing::builders::order_id(drawn),
        ));
        let asked = Instant::now();
        self.store.list(&query).await?;
        Ok(asked.elapsed().as_secs_f64() * 1_000.0)
    }
}

fn instant(number: u64) -> Outcome<Timestamp> {
    let micros = SINCE_MICROS + i64::try_from(number)? * APART_MICROS;
    DateTime::from_timestamp_micros(micros).ok_or_else(|| "no such instant".into())
}

/// Places orders through the service and brings them into several statuses.
async fn place_each_kind(store: &Arc<PostgresStore>) -> Outcome {
    let service = shop::service(store.clone())?;
    for kind in 0..KINDS {
        let mut place = shop::order(number())?;
        if kind >= 2 {
            place.order.personal.payment_token = Some(PaymentToken::parse("tok_visa")?);
        }
        let order = service.place(place).await?.order;
        if kind == KINDS - 1 {
            let cancel = Command::RequestCancel { reason: None };
            service
                .execute(CommandRequest::new(
                    StorefrontId::default(),
                    order.id(),
                    cancel,
                ))
                .await?;
        }
    }
    Ok(())
}

/// Moves the placed orders into a table, from which they are multiplied.
async fn keep_kinds(connection: &mut PgConnection) -> Outcome {
    for statement in [
        "CREATE TABLE kinds AS SELECT row_number() OVER (ORDER BY o.placed_at) - 1 AS kind, o.*, \
         e.documents AS placed, e.last_version AS placed_version, '\"placed_at\":\"' || (o.document::json ->> 'placed_at') || '\"' AS placed_at_text, \
         '\"customer_id\":\"' || o.customer_id || '\"' AS customer_text FROM orders.orders AS o \
         JOIN orders.events AS e ON e.order_id = o.order_id AND e.first_version = 1",
        "TRUNCATE orders.orders, orders.order_skus, orders.events, orders.outbox, orders.effects, orders.idempotency_keys",
        // A crash loses nothing that cannot be filled in again.
        "SET synchronous_commit = off",
    ] {
        connection.execute(statement).await?;
    }
    let kept: i64 = sqlx::query("SELECT count(*) FROM kinds")
        .fetch_one(connection)
        .await?
        .try_get(0)?;
    if u64::try_from(kept)? == KINDS {
        Ok(())
    } else {
        Err(format!("{kept} kinds of orders were placed").into())
    }
}

/// Inserts the orders of these numbers, each with the events of its first change and its idempotency key.
const MULTIPLY: &str = "
WITH made AS MATERIALIZED (
  SELECT n, (left($3, 24) || lpad(to_hex(n), 12, '0'))::uuid AS id, $4 + n * $5 AS at,
    abs(hashint8extended(n, 1)) % $6 AS customer, abs(hashint8extended(n, 2)) % $7 AS first,
    abs(hashint8extended(n, 3)) % $7 AS second, abs(hashint8extended(n, 4)) % $8 AS kind
  FROM generate_series($1, $2 - 1) AS n
), o AS (
  INSERT INTO orders.orders (storefront, order_id, version, status, payment_status,
    fulfillment_status, customer_id, deleted, deferred, wake_at, placed_at, updated_at, skus,
    document, personal)
  SELECT k.storefront, m.id, k.version, k.status, k.payment_status, k.fulfillment_status,
    'cus_' || m.customer, 0, 0, k.wake_at, m.at, m.at,
    json_build_array('sku-' || m.first, 'sku-' || m.second)::text,
    replace(replace(replace(k.document, k.order_id::text, m.id::text), k.placed_at_text,
      '\"placed_at\":\"' || to_char(to_timestamp(m.at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') || 'Z\"'),
      k.customer_text, '\"customer_id\":\"cus_' || m.customer || '\"'),
    k.personal
  FROM made AS m JOIN kinds AS k USING (kind)
), s AS (
  INSERT INTO orders.order_skus (storefront, deleted, sku, placed_at, order_id)
  SELECT 'default', 0, 'sku-' || first, at, id FROM made
  UNION SELECT 'default', 0, 'sku-' || second, at, id FROM made
), e AS (
  INSERT INTO orders.events (storefront, order_id, first_version, last_version, documents)
  SELECT 'default', m.id, 1, k.placed_version, k.placed FROM made AS m JOIN kinds AS k USING (kind)
)
INSERT INTO orders.idempotency_keys (storefront, operation, idempotency_key, order_id, fingerprint,
  before_version, version, claimed_at, expires_at)
SELECT 'default', 'place', 'filled-' || n, id, repeat('07', 32), 0, 1, at, at + 2592000000000 FROM made";

/// Inserts the orders with these numbers, of `orders` in total.
async fn multiply(connection: &mut PgConnection, these: Range<u64>, orders: u64) -> Outcome {
    sqlx::query(MULTIPLY)
        .bind(i64::try_from(these.start)?)
        .bind(i64::try_from(these.end)?)
        .bind(order_testing::builders::order_id(0).to_string())
        .bind(SINCE_MICROS)
        .bind(APART_MICROS)
        .bind(i64::try_from((orders / OF_A_CUSTOMER).max(1))?)
        .bind(i64::try_from((orders / TO_A_SKU).max(1))?)
        .bind(i64::try_from(KINDS)?)
        .execute(connection)
        .await?;
    Ok(())
}
