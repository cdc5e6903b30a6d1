//! Concurrent writes to one Postgres database are batched.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::postgres as database;

#[path = "shared/batching.rs"]
mod batching;

use futures::future::join_all;
use order_core::ports::{
    Change, CommitOutcome, Inventory as _, OrderStore as _, Product, ReserveOutcome,
    ReserveRequest, StockReservation,
};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, StorefrontId};
use order_sqlx::PostgresOptions;
use order_testing::ManualClock;
use order_testing::builders::{at, call, noon, order_id, sku, units, usd};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use std::sync::Arc;
use std::time::Duration;
use support::postgres::{Database, Store, StoreInventory};
use support::{full, history};

/// Counts the transactions that have written the rows of a table.
async fn transactions(database: &Database, table: &str) -> i64 {
    let statement =
        format!("SELECT count(DISTINCT xmin::text) AS transactions FROM orders.{table}");
    let mut connection = database.connection().await;
    let row = connection.fetch_one(AssertSqlSafe(statement)).await;
    row.unwrap().get("transactions")
}

#[tokio::test]
async fn queued_changes_are_committed_in_one_transaction() {
    let database = Database::new().await;
    let store = database.store().await;
    let changes: Vec<_> = (1..=50).map(|number| full(&mut history(number))).collect();
    let outcomes = join_all(changes.into_iter().map(|change| store.commit(change))).await;
    for outcome in outcomes {
        assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    }
    for table in ["orders", "order_skus", "events", "effects", "outbox"] {
        assert_eq!(transactions(&database, table).await, 1, "{table}");
    }
}

async fn fifty_units_of_tea(store: &Store) -> StoreInventory {
    let inventory = StoreInventory::new(store, Arc::new(ManualClock::new(noon())));
    let tea = Product::new(sku("tea"), None, usd(100), 50);
    inventory
        .put_product(&StorefrontId::default(), &tea)
        .await
        .unwrap();
    inventory
}

#[tokio::test]
async fn queued_reservations_are_made_in_one_transaction() {
    let database = Database::new().await;
    let store = database.store().await;
    let inventory = fifty_units_of_tea(&store).await;
    let key = call("reserve");
    let requests: Vec<_> = (1..=50)
        .map(|number| {
            let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
            ReserveRequest::new(id, vec![units("tea", 1)], Duration::from_secs(60))
        })
        .collect();
    join_all(
        requests
            .iter()
            .map(|request| inventory.reserve(&key, request)),
    )
    .await;
    assert_eq!(transactions(&database, "reservations").await, 1);
    assert_eq!(transactions(&database, "reservation_lines").await, 1);
    let left = inventory.products(&key, &[sku("tea")]).await.unwrap();
    assert_eq!(left[0].available, 0);
}

/// Returns a change that places the order of this number and reserves a unit of tea.
fn buying_tea(number: u64) -> Change {
    let mut change = full(&mut history(number));
    let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
    change.reserve = Some(StockReservation::new(id, [units("tea", 1)], at(600)));
    change
}

#[tokio::test]
async fn queued_changes_that_reserve_stock_are_committed_in_one_transaction() {
    let database = Database::new().await;
    let store = database.store().await;
    let inventory = fifty_units_of_tea(&store).await;
    let changes: Vec<_> = (1..=50).map(buying_tea).collect();
    let outcomes = join_all(changes.into_iter().map(|change| store.commit(change))).await;
    for outcome in outcomes {
        assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    }
    for table in ["orders", "events", "reservations", "reservation_lines"] {
        assert_eq!(transactions(&database, table).await, 1, "{table}");
    }
    let left = inventory.products(&call("p"), &[sku("tea")]).await.unwrap();
    assert_eq!(left[0].available, 0);
}

/// Waits until two transactions in the database wait for a lock.
async fn two_are_waiting(database: &Database) {
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
        if waiting >= 2 {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_concurrent_batches_of_orders_for_the_last_units_one_gets_them() {
    let database = Database::new().await;
    let stores = [database.store().await, database.store().await];
    let inventory = StoreInventory::new(&stores[0], Arc::new(ManualClock::new(noon())));
    let tea = Product::new(sku("tea"), None, usd(100), 5);
    inventory
        .put_product(&StorefrontId::default(), &tea)
        .await
        .unwrap();

    // Both batches have read the available units before either can take them.
    let mut host = database.connection().await;
    host.execute("BEGIN; SELECT 1 FROM orders.products FOR UPDATE")
        .await
        .unwrap();
    let commits = stores.clone().into_iter().zip([0, 100]);
    let commits = commits.map(|(store, first)| {
        let changes: Vec<_> = (first..first + 5).map(buying_tea).collect();
        tokio::spawn(async move {
            join_all(changes.into_iter().map(|change| store.commit(change))).await
        })
    });
    let commits: Vec<_> = commits.collect();
    two_are_waiting(&database).await;
    host.execute("COMMIT").await.unwrap();
    let mut bought = 0;
    for outcomes in join_all(commits).await {
        for outcome in outcomes.unwrap() {
            match outcome.unwrap() {
                CommitOutcome::Applied => bought += 1,
                CommitOutcome::OutOfStock { .. } => {}
                other => unreachable!("{other:?}"),
            }
        }
    }
    assert_eq!(bought, 5);
    let left = inventory.products(&call("p"), &[sku("tea")]).await.unwrap();
    assert_eq!(left[0].available, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_concurrent_batches_for_the_last_units_one_gets_them() {
    let database = Database::new().await;
    let storefront = StorefrontId::default();
    let clock = Arc::new(ManualClock::new(noon()));
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(StoreInventory::new(&database.store().await, clock.clone()));
    }
    let tea = Product::new(sku("tea"), None, usd(100), 5);
    servers[0].put_product(&storefront, &tea).await.unwrap();

    // Both batches have read the available units before either can take them.
    let mut host = database.connection().await;
    host.execute("BEGIN; SELECT 1 FROM orders.products FOR UPDATE")
        .await
        .unwrap();
    let requests = servers.into_iter().zip([0, 100]).map(|(inventory, first)| {
        tokio::spawn(async move {
            let key = call("reserve");
            let requests: Vec<_> = (first..first + 5)
                .map(|number| {
                    let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
                    ReserveRequest::new(id, vec![units("tea", 1)], Duration::from_secs(60))
                })
                .collect();
            join_all(
                requests
                    .iter()
                    .map(|request| inventory.reserve(&key, request)),
            )
            .await
        })
    });
    let requests: Vec<_> = requests.collect();
    two_are_waiting(&database).await;
    host.execute("COMMIT").await.unwrap();
    let mut held = 0;
    for outcomes in join_all(requests).await {
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
async fn a_row_locked_by_the_host_holds_up_no_other_job() {
    let database = Database::new().await;
    database.store().await.close().await;
    // Without timeouts, except for the short one of batches.
    let options = PostgresOptions::new()
        .lock_timeout(Duration::ZERO)
        .statement_timeout(Duration::ZERO);
    let store = Store::connect(&database.url(), options).await.unwrap();
    let inventory = StoreInventory::new(&store, Arc::new(ManualClock::new(noon())));
    for name in ["tea", "pot"] {
        let product = Product::new(sku(name), None, usd(100), 5);
        let shop = StorefrontId::default();
        inventory.put_product(&shop, &product).await.unwrap();
    }
    let mut given = history(1);
    support::applied(&store, given.change()).await;
    let mut host = database.connection().await;
    host.execute(
        "BEGIN; SELECT 1 FROM orders.orders FOR UPDATE; \
         SELECT 1 FROM orders.products WHERE sku = 'tea' FOR UPDATE",
    )
    .await
    .unwrap();
    let mut locked =
        Box::pin(store.commit(given.confirmed(order_testing::builders::at(5)).change()));
    let others: Vec<_> = (2..=9).map(|number| full(&mut history(number))).collect();
    let others = join_all(others.into_iter().map(|change| store.commit(change)));
    let key = call("reserve");
    let request = |number, name| {
        let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
        ReserveRequest::new(id, vec![units(name, 1)], Duration::from_secs(60))
    };
    let (tea, pot) = (request(1, "tea"), request(2, "pot"));
    let mut scarce = inventory.reserve(&key, &tea);
    let free = inventory.reserve(&key, &pot);
    // All are queued together; the host releases its locks only once the others are done.
    let done = futures::future::join(others, free);
    let first = futures::future::select(
        Box::pin(done),
        futures::future::join(&mut locked, &mut scarce),
    );
    let first = tokio::time::timeout(Duration::from_secs(60), first).await;
    let futures::future::Either::Left((done, waiting)) = first.unwrap() else {
        unreachable!("the host has not released its locks")
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
