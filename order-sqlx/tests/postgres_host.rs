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

use order_core::ports::OrderStore as _;
use order_core::testing::builders::at;
use sqlx::Executor as _;
use sqlx::migrate::Migrator;
use std::path::Path;
use support::postgres::{Database, Store};
use support::{applied, story};

#[tokio::test]
async fn a_database_of_an_older_version_is_brought_up_to_date_with_what_is_in_it() {
    let database = Database::new().await;
    let pool = database.pool().await;
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut older = Migrator::new(place).await.unwrap();
    older.dangerous_set_table_name("orders.migrations");
    older.create_schema("orders");
    older.run_to(3, &pool).await.unwrap();
    let store = Store::from_pool(pool.clone());
    let mut told = story(1);
    applied(&store, told.change()).await;
    let before = database::names(&pool).await;

    store.migrate().await.unwrap();
    let after = database::names(&pool).await;
    assert!(after.is_superset(&before));
    assert!(after.contains("orders.reservations_over"), "{after:?}");
    let found = store.find(told.storefront(), told.id()).await.unwrap();
    assert_eq!(found.as_ref(), Some(told.order()));
    applied(&store, told.confirmed(at(5)).change()).await;
}

#[tokio::test]
async fn a_schema_that_is_there_already_is_used() {
    let database = Database::new().await;
    let pool = database.pool().await;
    pool.execute("CREATE SCHEMA orders").await.unwrap();
    Store::from_pool(pool).migrate().await.unwrap();
}
