//! A transaction with a statement per row, as services commonly write an order: the low mark.
//!
//! It writes the rows that pgbench writes with one statement (`raw`), through sqlx.

use crate::database::Database;
use crate::load::{Throughput, closed};
use crate::placing::number;
use crate::{Outcome, shop};
use order_core::ports::{Clock as _, IdGenerator as _};
use order_core::system::{SystemClock, SystemIdGenerator};
use sqlx::postgres::{PgPool, PgPoolOptions};
use std::time::Duration;

const ORDER: &str = r#"{"address": {"name": "Ada Lovelace", "line1": "12 Analytical Row", "city": "London", "postal_code": "N1 7AA", "country": "GB"}, "contact": {"email": "ada@example.com", "phone": "+44 20 7946 0000"}, "metadata": {"channel": "web", "campaign": "spring"}, "labels": ["gift"], "deadline": "2030-01-01T00:00:00Z", "adjustments": [{"kind": "shipping", "amount": 500}, {"kind": "tax", "amount": 250}]}"#;
const EVENT: &str = r#"{"customer": "cus_1", "currency": "USD", "lines": [{"sku": "sku-1", "quantity": 1, "unit_price": 1000}, {"sku": "sku-2", "quantity": 2, "unit_price": 1000}], "total": 3750, "actor": {"kind": "customer", "id": "cus_1"}}"#;
/// Connections, as many as a pool commonly has.
const CONNECTIONS: u32 = 32;

/// A pool of connections to the tables of `raw`.
pub(crate) struct RowByRow {
    pool: PgPool,
}

impl RowByRow {
    pub(crate) async fn new(database: &Database) -> Outcome<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(database.options.clone())
            .await?;
        Ok(Self { pool })
    }

    /// Inserts orders.
    pub(crate) async fn insert(&self, callers: usize, span: Duration) -> Outcome<Throughput> {
        closed(callers, span, |_| {
            let pool = self.pool.clone();
            move |_| {
                let pool = pool.clone();
                async move { insert_one(&pool, number()).await }
            }
        })
        .await
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn insert_one(pool: &PgPool, number: u64) -> Outcome {
    let id = *SystemIdGenerator.order_id(SystemClock.now()).as_uuid();
    let mut transaction = pool.begin().await?;
    sqlx::query("INSERT INTO raw.orders (storefront, id, version, status, customer, total, currency, document) VALUES ('default', $1, 1, 'pending', $2, 3750, 'USD', $3::jsonb)")
        .bind(id)
        .bind(shop::customer(number)?.to_string())
        .bind(ORDER)
        .execute(&mut *transaction)
        .await?;
    for (line, drawn) in [
        (1, shop::spread(number)),
        (2, shop::spread(number ^ u64::MAX)),
    ] {
        sqlx::query("INSERT INTO raw.lines (order_id, line, sku, quantity, unit_price) VALUES ($1, $2, $3, $2, 1000)")
            .bind(id)
            .bind(line)
            .bind(shop::sku(drawn)?.to_string())
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query("INSERT INTO raw.events (order_id, version, kind, document) VALUES ($1, 1, 'order_placed', $2::jsonb)")
        .bind(id)
        .bind(EVENT)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("INSERT INTO raw.outbox (order_id, version) VALUES ($1, 1)")
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("INSERT INTO raw.keys (storefront, key, order_id, fingerprint) VALUES ('default', $1, $2, md5($1) || md5($1))")
        .bind(format!("key-{number}"))
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
