//! A Postgres database that the host has tables of its own in.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::postgres as database;

#[path = "shared/host.rs"]
mod host;

use order_core::event::wire;
use order_core::ports::{EffectQueue as _, Lane, OrderStore as _, Outbox as _};
use order_core::testing::Story;
use order_core::testing::builders::{at, worker};
use sqlx::Executor as _;
use sqlx::migrate::Migrator;
use std::path::Path;
use support::postgres::{Database, Pool, Store};
use support::{applied, full, story};

/// What version 4 of the tables had of an order that was just placed: what is to be published, what
/// is to be done, and done by whom until when.
async fn fill_version_4(pool: &Pool, told: &mut Story) {
    let change = full(told);
    let (order, event) = (&change.order, &change.events[0]);
    let personal = wire::personal_to_json(order.personal()).unwrap();
    let micros = |at: order_core::time::Timestamp| at.timestamp_micros();
    let id = *order.id().as_uuid();
    sqlx::query(
        "INSERT INTO orders.orders VALUES ('default', $1, 1, $2, $3, $4, $5, 0, 0, NULL, $6, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(order.status().as_str())
    .bind(order.payment_status().as_str())
    .bind(order.fulfillment_status().as_str())
    .bind(order.customer_id().as_str())
    .bind(micros(order.placed_at()))
    .bind(format!("[\"{}\"]", order.lines()[0].sku))
    .bind(wire::order_to_json(order).unwrap())
    .bind(&personal)
    .execute(pool)
    .await
    .unwrap();
    sqlx::query("INSERT INTO orders.events VALUES ('default', $1, 1, 'order_placed', $2, $3, $4)")
        .bind(id)
        .bind(micros(event.at))
        .bind(wire::event_to_json(event).unwrap())
        .bind(&personal)
        .execute(pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO orders.outbox VALUES ($1, $2, 'default', 1)")
        .bind(i64::from(Lane::of(order.id()).number()))
        .bind(id)
        .execute(pool)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO orders.effects VALUES ($1, 1, 0, 'default', $2, $3, 'gone', $4, 1, NULL, NULL)",
    )
    .bind(id)
    .bind(serde_json::to_string(&change.effects[0].effect.task).unwrap())
    .bind(micros(at(1)))
    .bind(micros(at(30)))
    .execute(pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_database_of_an_older_version_is_brought_up_to_date_with_what_is_in_it() {
    let database = Database::new().await;
    let pool = database.pool().await;
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut older = Migrator::new(place).await.unwrap();
    older.dangerous_set_table_name("orders.migrations");
    older.create_schema("orders");
    older.run_to(4, &pool).await.unwrap();
    let mut told = story(1);
    fill_version_4(&pool, &mut told).await;
    let before = database::names(&pool).await;

    let store = Store::from_pool(pool.clone());
    store.migrate().await.unwrap();
    assert!(database::names(&pool).await.is_superset(&before));
    let found = store.find(told.storefront(), told.id()).await.unwrap();
    assert_eq!(found.as_ref(), Some(told.order()));
    let worker = worker("w");
    let early = store.take(&worker, at(29), at(90), 10).await.unwrap();
    assert_eq!(early, [], "somebody has it until then");
    let taken = store.take(&worker, at(30), at(90), 10).await.unwrap();
    assert_eq!(taken.len(), 1, "the lease has lapsed");
    let mut told = told.confirmed(at(5));
    let mut change = told.change();
    change.publish = true;
    applied(&store, change).await;
    let messages = store.fetch(Lane::of(told.id()), 10).await.unwrap();
    let published: Vec<_> = messages
        .iter()
        .map(|message| message.event.version)
        .collect();
    let happened: Vec<_> = told.events().iter().map(|event| event.version).collect();
    assert_eq!(published, happened, "what was to be published still is");
}

#[tokio::test]
async fn a_schema_that_is_there_already_is_used() {
    let database = Database::new().await;
    let pool = database.pool().await;
    pool.execute("CREATE SCHEMA orders").await.unwrap();
    Store::from_pool(pool).migrate().await.unwrap();
}
