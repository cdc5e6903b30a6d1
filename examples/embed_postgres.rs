//! An order that is committed with the rows of the service it belongs to, or not at all.
//!
//! A wholesaler sells by contract: so many bags at an agreed price. Its own table has how many bags
//! of each contract are left. An order and the bags it takes are written in one transaction: an order
//! without its bags, or bags without their order, cannot be.
//!
//! `DATABASE_URL=postgres://localhost/wholesale cargo run --example embed_postgres`

use order_core::advance::next_wake;
use order_core::command::{Command, NewLine, PlaceOrder};
use order_core::decide::begin;
use order_core::event::Actor;
use order_core::money::{Amount, Currency};
use order_core::order::{Metadata, Order, PersonalData};
use order_core::policy::Policies;
use order_core::ports::{Change, Clock as _, CommitOutcome, Ids as _, NewEffect, OrderStore as _};
use order_core::system::{SystemClock, SystemIds};
use order_core::value::{CustomerId, Quantity, Sku, StorefrontId, Version};
use order_core::{Context, apply, effects};
use order_sqlx::PostgresStore;
use sqlx::PgPool;
use std::error::Error;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example tells what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("DATABASE_URL").map_err(|_| {
        "DATABASE_URL is not set: it names a Postgres database, as postgres://localhost/wholesale"
    })?;
    let wholesale = Wholesale::open(&url).await?;
    wholesale.sign("spring", 5).await?;
    // There are five bags, and two orders of three.
    for _ in 0..2 {
        match wholesale.order("spring", 3).await? {
            Some(order) => println!("{} is {}", order.id(), order.status()),
            None => println!("the contract has too few bags left: nothing was written"),
        }
        println!("{} bags are left", wholesale.left("spring").await?);
    }
    Ok(())
}

/// The wholesaler's service: its own tables, and orders beside them.
struct Wholesale {
    pool: PgPool,
    orders: PostgresStore,
}

impl Wholesale {
    async fn open(url: &str) -> Result<Self, Box<dyn Error>> {
        let pool = PgPool::connect(url).await?;
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS contracts (name TEXT PRIMARY KEY, left_over BIGINT NOT NULL)",
        )
        .execute(&pool)
        .await?;
        // Everything about orders is in a schema of its own, `orders`.
        let orders = PostgresStore::from_pool(pool.clone());
        orders.migrate().await?;
        Ok(Self { pool, orders })
    }

    async fn sign(&self, contract: &str, bags: i64) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO contracts VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET left_over = $2",
        )
        .bind(contract)
        .bind(bags)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn left(&self, contract: &str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT left_over FROM contracts WHERE name = $1")
            .bind(contract)
            .fetch_one(&self.pool)
            .await
    }

    /// Orders bags of a contract; none if it has too few left.
    async fn order(&self, contract: &str, bags: u32) -> Result<Option<Order>, Box<dyn Error>> {
        let change = placing(contract, bags)?;
        // A caller who goes away must not leave the transaction open: a task of its own ends it.
        let (pool, orders) = (self.pool.clone(), self.orders.clone());
        let contract = contract.to_owned();
        let written = tokio::spawn(async move {
            let mut transaction = pool.begin().await?;
            let outcome = orders.commit_in(&mut transaction, &change).await?;
            let taken = sqlx::query(
                "UPDATE contracts SET left_over = left_over - $2 WHERE name = $1 AND left_over >= $2",
            )
            .bind(contract)
            .bind(i64::from(bags))
            .execute(&mut *transaction)
            .await?;
            if outcome != CommitOutcome::Applied || taken.rows_affected() == 0 {
                // Neither the order nor the bags.
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
        // What the order needs done outside, a runner takes from here, in this process or another.
        Ok(self.orders.find(order.storefront(), order.id()).await?)
    }
}

/// A new order, and all that is stored with it.
fn placing(contract: &str, bags: u32) -> Result<Change, Box<dyn Error>> {
    let (now, policies) = (SystemClock.now(), Policies::default());
    let bag = NewLine::new(Sku::parse("coffee-1kg")?, Quantity::new(bags)?);
    let place = PlaceOrder {
        id: SystemIds.order_id(now),
        storefront: StorefrontId::default(),
        customer_id: CustomerId::parse(contract)?,
        currency: Some(Currency::EUR),
        lines: vec![bag.at(Amount::new(1_150))],
        adjustments: Vec::new(),
        personal: PersonalData::default(),
        metadata: Metadata::default(),
    };
    let actor = Actor::system();
    let context = Context::new(&policies, now, &actor);
    let step = begin(&Command::PlaceOrder(Box::new(place)), &context)?;
    let mut due = Vec::new();
    let mut order = None;
    for event in &step.events {
        order = apply(order, event);
        if let Some(order) = &order {
            due.extend(effects(order, event));
        }
    }
    let wake_at = next_wake(&step.order, &policies);
    let mut change = Change::new(Version::NONE, step.order, step.events);
    change.effects = due
        .into_iter()
        .map(|effect| NewEffect::new(effect, None))
        .collect();
    change.publish = true;
    change.wake_at = wake_at;
    Ok(change)
}
