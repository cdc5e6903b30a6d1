//! An order committed in the same transaction as rows of the service that embeds it.
//!
//! A wholesaler sells by contract: a number of bags at an agreed price. Its own table counts the
//! bags that remain of each contract. An order and the bags it uses are written in one transaction:
//! both, or neither.
//!
//! `DATABASE_URL=postgres://localhost/wholesale cargo run --example embed_postgres`

use order_core::Context;
use order_core::command::{Command, PlaceOrder};
use order_core::decide::decide_new;
use order_core::event::Actor;
use order_core::money::{Amount, Currency};
use order_core::new_order::{NewLine, NewOrder};
use order_core::order::Order;
use order_core::policy::StorefrontPolicy;
use order_core::ports::{Change, Clock as _, CommitOutcome, IdGenerator as _, OrderStore as _};
use order_core::system::{SystemClock, SystemIdGenerator};
use order_core::value::{CustomerId, Quantity, Sku, StorefrontId};
use order_sqlx::PostgresStore;
use sqlx::PgPool;
use std::error::Error;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the example prints its progress")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("DATABASE_URL").map_err(|_| {
        "DATABASE_URL is not set: it names a Postgres database, as postgres://localhost/wholesale"
    })?;
    let wholesale = Wholesale::open(&url).await?;
    wholesale.sign_contract("spring", 5).await?;
    // Two orders of three bags, on a contract of five.
    for _ in 0..2 {
        match wholesale.order("spring", 3).await? {
            Some(order) => println!("{} is {}", order.id(), order.status()),
            None => println!("too few bags remain: nothing was written"),
        }
        println!("{} bags remain", wholesale.remaining_bags("spring").await?);
    }
    Ok(())
}

/// The wholesaler's service: its own table, and the order store.
struct Wholesale {
    pool: PgPool,
    orders: PostgresStore,
}

impl Wholesale {
    async fn open(url: &str) -> Result<Self, Box<dyn Error>> {
        let pool = PgPool::connect(url).await?;
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS contracts (name TEXT PRIMARY KEY, remaining BIGINT NOT NULL)",
        )
        .execute(&pool)
        .await?;
        // The store keeps its tables in a schema of its own, `orders`.
        let orders = PostgresStore::from_pool(pool.clone());
        orders.migrate().await?;
        Ok(Self { pool, orders })
    }

    async fn sign_contract(&self, contract: &str, bags: i64) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO contracts VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET remaining = $2",
        )
        .bind(contract)
        .bind(bags)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn remaining_bags(&self, contract: &str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT remaining FROM contracts WHERE name = $1")
            .bind(contract)
            .fetch_one(&self.pool)
            .await
    }

    /// Orders bags of a contract; returns `None` if too few remain.
    async fn order(&self, contract: &str, bags: u32) -> Result<Option<Order>, Box<dyn Error>> {
        let change = new_order_change(contract, bags)?;
        // A spawned task ends the transaction even if the caller is dropped.
        let (pool, orders) = (self.pool.clone(), self.orders.clone());
        let contract = contract.to_owned();
        let written = tokio::spawn(async move {
            let mut transaction = pool.begin().await?;
            let outcome = orders.commit_in(&mut transaction, &change).await?;
            let used = sqlx::query(
                "UPDATE contracts SET remaining = remaining - $2 WHERE name = $1 AND remaining >= $2",
            )
            .bind(contract)
            .bind(i64::from(bags))
            .execute(&mut *transaction)
            .await?;
            if outcome != CommitOutcome::Applied || used.rows_affected() == 0 {
                // Neither the order nor the bags are written.
                transaction.rollback().await?;
                return Ok(None);
            }
            transaction.commit().await?;
            Ok::<_, Box<dyn Error + Send + Sync>>(Some(change.order))
        });
        let written = written
            .await?
            .map_err(|error| -> Box<dyn Error> { error })?;
        let Some(order) = written else {
            return Ok(None);
        };
        // A runner, in this process or another, carries out the order's effects.
        Ok(self.orders.find(order.storefront(), order.id()).await?)
    }
}

/// Decides a new order, and returns everything that is stored with it.
fn new_order_change(contract: &str, bags: u32) -> Result<Change, Box<dyn Error>> {
    let (policy, actor) = (StorefrontPolicy::default(), Actor::system());
    let ctx = Context::new(&policy, SystemClock.now(), &actor);
    let bag = NewLine::new(Sku::parse("coffee-1kg")?, Quantity::new(bags)?);
    let mut order = NewOrder::new(
        CustomerId::parse(contract)?,
        vec![bag.at(Amount::new(1_150))],
    );
    order.currency = Some(Currency::EUR);
    let id = SystemIdGenerator.order_id(ctx.now);
    let place = PlaceOrder::new(id, StorefrontId::default(), order);
    let transition = decide_new(&Command::PlaceOrder(Box::new(place)), &ctx)?;
    let mut change = Change::from_transition(None, transition, &ctx);
    change.publish = true;
    Ok(change)
}
