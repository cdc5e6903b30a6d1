//! Orders embedded in an existing service: a club with its own table and routes, on SQLite.
//!
//! Orders are stored in the club's database file, their API is nested under `/shop`, and the club's
//! members are the customers: an implementation of the `Customers` port reads the club's table.
//!
//! `cargo run --example embed`, then
//!
//! ```sh
//! curl -X POST http://127.0.0.1:3001/members/ada
//! curl -i http://127.0.0.1:3001/shop/v1/orders -H 'Content-Type: application/json' \
//!   -H 'Idempotency-Key: one' -d '{"customer_id": "ada", "lines": [{"sku": "scarf", "quantity": 1}]}'
//! curl http://127.0.0.1:3001/members
//! ```

use async_trait::async_trait;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use order_core::money::{Amount, Currency, Money};
use order_core::ports::{
    CallContext, Clock, Customer, CustomerStatus, Customers, Product, ServiceError,
};
use order_core::service::{ExternalServices, OrderService};
use order_core::system::SystemClock;
use order_core::value::{CustomerId, ProductName, Sku, StorefrontId};
use order_http::server::Api;
use order_sqlx::SqliteStore;
use order_sqlx::sqlite::SqliteInventory;
use order_testing::memory_services;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the example prints its address")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The club's database, with its own table.
    let options = SqliteConnectOptions::new()
        .filename("club.db")
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePool::connect_with(options).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS members (name TEXT PRIMARY KEY) STRICT")
        .execute(&pool)
        .await?;

    let shutdown = CancellationToken::new();
    let app = app(pool, shutdown.clone()).await?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3001)).await?;
    println!("The club listens on http://{}", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                shutdown.cancel();
            }
        })
        .await?;
    Ok(())
}

/// Returns the club's routes, and the API of orders under `/shop`.
async fn app(pool: SqlitePool, shutdown: CancellationToken) -> Result<Router, Box<dyn Error>> {
    let store = SqliteStore::from_pool(pool.clone());
    store.migrate().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let inventory = SqliteInventory::new(&store, clock.clone());
    let scarf = Product::new(
        Sku::parse("scarf")?,
        ProductName::parse("Club scarf").ok(),
        Money::new(Amount::new(2_500), Currency::EUR),
        100,
    );
    inventory
        .add_product(&StorefrontId::default(), &scarf)
        .await?;

    let services = ExternalServices {
        customers: Arc::new(Members(pool.clone())),
        inventory: Arc::new(inventory),
        // A real club connects its payment provider, carrier and mail server here.
        ..memory_services(&clock)
    };
    let mut policy = order_core::policy::StorefrontPolicy::default();
    policy.currency = Currency::EUR;
    let orders = OrderService::builder(Arc::new(store), services, clock)
        .policies(order_core::policy::PolicySet::new(policy))
        .build()?;
    let runner = orders.runner();
    tokio::spawn(async move { runner.run(Duration::from_millis(200), shutdown).await });

    Ok(Router::new()
        .route("/members", get(list_members))
        .route("/members/{name}", post(join))
        .with_state(pool)
        .nest("/shop", Api::new(Arc::new(orders)).router()))
}

/// Implements the `Customers` port on the club's table of members.
struct Members(SqlitePool);

#[async_trait]
impl Customers for Members {
    async fn find(
        &self,
        _: &CallContext,
        id: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError> {
        let found = sqlx::query("SELECT 1 FROM members WHERE name = $1")
            .bind(id.as_str())
            .fetch_optional(&self.0)
            .await
            .map_err(|error| {
                ServiceError::unavailable("the table of members cannot be read", None)
                    .because(error)
            })?;
        Ok(found.map(|_| Customer::new(id.clone(), None, None, CustomerStatus::Active)))
    }
}

async fn join(State(pool): State<SqlitePool>, Path(name): Path<String>) -> StatusCode {
    let joined = sqlx::query("INSERT INTO members (name) VALUES ($1)")
        .bind(name)
        .execute(&pool)
        .await;
    match joined {
        Ok(_) => StatusCode::CREATED,
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => StatusCode::CONFLICT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn list_members(State(pool): State<SqlitePool>) -> Result<Json<Vec<String>>, StatusCode> {
    sqlx::query_scalar("SELECT name FROM members ORDER BY name")
        .fetch_all(&pool)
        .await
        .map(Json)
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}
