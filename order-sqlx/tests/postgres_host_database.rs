//! A Postgres database that holds tables of the host as well.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::postgres as database;

#[path = "shared/host_database.rs"]
mod host_database;

use sqlx::Executor as _;
use support::postgres::{Database, Store};

#[tokio::test]
async fn an_existing_schema_is_used() {
    let database = Database::new().await;
    let pool = database.pool().await;
    pool.execute("CREATE SCHEMA orders").await.unwrap();
    Store::from_pool(pool).migrate().await.unwrap();
}
