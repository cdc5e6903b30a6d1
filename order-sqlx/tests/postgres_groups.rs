//! What many write to one Postgres database at the same time.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::postgres as database;

#[path = "shared/groups.rs"]
mod groups;

use futures::future::join_all;
use order_core::ports::{
    CommitOutcome, Inventory as _, OrderStore as _, Product, Reserve, ReserveOutcome,
};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::builders::{call, noon, order_id, sku, units, usd};
use order_core::value::{ReservationNo, StorefrontId};
use order_sqlx::PostgresOptions;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use std::sync::Arc;
use std::time::Duration;
use support::postgres::{Database, SqlInventory, Store};
use support::{full, story};

/// How many transactions have written the rows of a table.
async fn transactions(database: &Database, table: &str) -> i64 {
    let statement =
        format!("SELECT count(DISTINCT xmin::text) AS transactions FROM orders.{table}");
    let mut connection = database.connection().await;
    let row = connection.fetch_one(AssertSqlSafe(statement)).await;
    row.unwrap().get("transactions")
}

#[tokio::test]
async fn changes_that_wait_together_are_written_at_once() {
    let database = Database::new().await;
    let store = database.store().await;
    let changes: Vec<_> = (1..=50).map(|number| full(&mut story(number))).collect();
    let outcomes = join_all(changes.into_iter().map(|change| store.commit(change))).await;
    for outcome in outcomes {
        assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    }
    for table in ["orders", "skus", "events", "effects", "outbox"] {
        assert_eq!(transactions(&database, table).await, 1, "{table}");
    }
}

#[tokio::test]
async fn reservations_that_wait_together_take_the_units_of_a_product_at_once() {
    let database = Database::new().await;
    let store = database.store().await;
    let stock = SqlInventory::new(&store, Arc::new(ManualClock::new(noon())));
    let tea = Product::new(sku("tea"), None, usd(100), 50);
    stock
        .put_product(&StorefrontId::default(), &tea)
        .await
        .unwrap();
    let key = call("reserve");
    let wishes: Vec<_> = (1..=50)
        .map(|number| {
            let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
            Reserve::new(id, vec![units("tea", 1)], Duration::from_secs(60))
        })
        .collect();
    join_all(wishes.iter().map(|wish| stock.reserve(&key, wish))).await;
    assert_eq!(transactions(&database, "reservations").await, 1);
    assert_eq!(transactions(&database, "reservation_lines").await, 1);
    let left = stock.products(&key, &[sku("tea")]).await.unwrap();
    assert_eq!(left[0].available, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_groups_that_want_the_last_units_at_the_same_moment_one_gets_them() {
    let database = Database::new().await;
    let storefront = StorefrontId::default();
    let clock = Arc::new(ManualClock::new(noon()));
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(SqlInventory::new(&database.store().await, clock.clone()));
    }
    let tea = Product::new(sku("tea"), None, usd(100), 5);
    servers[0].put_product(&storefront, &tea).await.unwrap();

    // Both have seen what there is before either can take it.
    let mut host = database.connection().await;
    host.execute("BEGIN; SELECT 1 FROM orders.products FOR UPDATE")
        .await
        .unwrap();
    let wishes = servers.into_iter().zip([0, 100]).map(|(stock, first)| {
        tokio::spawn(async move {
            let key = call("reserve");
            let wishes: Vec<_> = (first..first + 5)
                .map(|number| {
                    let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
                    Reserve::new(id, vec![units("tea", 1)], Duration::from_secs(60))
                })
                .collect();
            join_all(wishes.iter().map(|wish| stock.reserve(&key, wish))).await
        })
    });
    let wishes: Vec<_> = wishes.collect();
    let mut observer = database.connection().await;
    loop {
        let waiting: i64 = observer
            .fetch_one(
                "SELECT count(*) AS waiting FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
            .await
            .unwrap()
            .get("waiting");
        if waiting == 2 {
            break;
        }
    }
    host.execute("COMMIT").await.unwrap();
    let mut held = 0;
    for outcomes in join_all(wishes).await {
        for outcome in outcomes.unwrap() {
            match outcome.unwrap() {
                ReserveOutcome::Reserved { .. } => held += 1,
                ReserveOutcome::Insufficient { .. } => {}
                other => unreachable!("{other:?}"),
            }
        }
    }
    assert_eq!(held, 5);
}

#[tokio::test]
async fn what_a_host_has_locked_keeps_nobody_else_waiting() {
    let database = Database::new().await;
    database.store().await.close().await;
    // For as long as it takes, but for the line, which is not to be held up.
    let options = PostgresOptions::new()
        .lock_timeout(Duration::ZERO)
        .statement_timeout(Duration::ZERO);
    let store = Store::connect(&database.url(), options).await.unwrap();
    let stock = SqlInventory::new(&store, Arc::new(ManualClock::new(noon())));
    for name in ["tea", "pot"] {
        let product = Product::new(sku(name), None, usd(100), 5);
        let shop = StorefrontId::default();
        stock.put_product(&shop, &product).await.unwrap();
    }
    let mut told = story(1);
    support::applied(&store, told.change()).await;
    let mut host = database.connection().await;
    host.execute(
        "BEGIN; SELECT 1 FROM orders.orders FOR UPDATE; \
         SELECT 1 FROM orders.products WHERE sku = 'tea' FOR UPDATE",
    )
    .await
    .unwrap();
    let mut locked = Box::pin(
        store.commit(
            told.confirmed(order_core::testing::builders::at(5))
                .change(),
        ),
    );
    let others: Vec<_> = (2..=9).map(|number| full(&mut story(number))).collect();
    let others = join_all(others.into_iter().map(|change| store.commit(change)));
    let key = call("reserve");
    let wish = |number, name| {
        let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
        Reserve::new(id, vec![units(name, 1)], Duration::from_secs(60))
    };
    let (tea, pot) = (wish(1, "tea"), wish(2, "pot"));
    let mut scarce = stock.reserve(&key, &tea);
    let free = stock.reserve(&key, &pot);
    // All are in line together; the host lets go only once the others are done.
    let done = futures::future::join(others, free);
    let first = futures::future::select(
        Box::pin(done),
        futures::future::join(&mut locked, &mut scarce),
    );
    let first = tokio::time::timeout(Duration::from_secs(60), first).await;
    let futures::future::Either::Left((done, waiting)) = first.unwrap() else {
        unreachable!("the host has not let go")
    };
    for outcome in done.0 {
        assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    }
    assert!(matches!(done.1.unwrap(), ReserveOutcome::Reserved { .. }));
    host.execute("COMMIT").await.unwrap();
    let (locked, scarce) = waiting.await;
    assert_eq!(locked.unwrap(), CommitOutcome::Applied);
    assert!(matches!(scarce.unwrap(), ReserveOutcome::Reserved { .. }));
}
