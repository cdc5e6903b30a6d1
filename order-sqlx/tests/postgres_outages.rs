//! Crashes, lost connections, conflicts and outages: no acknowledged commit is lost, nothing is stored
//! twice, and the store recovers with the database.
#![cfg(all(feature = "postgres", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use futures::future::join_all;
use order_core::event::Event;
use order_core::ports::{
    Change, CommitOutcome, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate, Inventory as _,
    OrderStore as _, Product, ReserveOutcome, ReserveRequest, StockReservation, StoreError,
};
use order_core::reference::Reference;
use order_core::value::{OrderId, ReservationNo, StorefrontId, Version};
use order_sqlx::PostgresOptions;
use order_testing::ManualClock;
use order_testing::builders::{at, call, idempotency, noon, order_id, sku, units, usd};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use support::cluster::{Cluster, Cutter};
use support::postgres::{Database, Store, StoreInventory};
use support::{applied, full, history};

/// How many units there are of the product that every placed order reserves one of.
const STOCK: u32 = 1_000_000;

/// Puts the product in stock that placed orders reserve.
async fn stock(store: &Store) {
    let inventory = StoreInventory::new(store, Arc::new(ManualClock::new(noon())));
    let pot = Product::new(sku("pot"), None, usd(100), STOCK);
    let storefront = StorefrontId::default();
    inventory.put_product(&storefront, &pot).await.unwrap();
}

/// Returns a change that places an order, with an effect, a message, a key and a reservation, and its
/// events.
fn placing(number: u64) -> (OrderId, Change, Vec<Event>) {
    let mut given = history(number);
    let mut change = full(&mut given);
    let key = idempotency("place", &format!("key-{number}"));
    let record = IdempotencyRecord::new(
        given.id(),
        [7; 32],
        Version::NONE,
        Version::INITIAL,
        None,
        at(3_600),
    );
    change.idempotency = Some(IdempotencyUpdate::Claim {
        key: IdempotencyScope::new(StorefrontId::default(), &key),
        record,
        now: at(0),
    });
    let id = Reference::Reservation(given.id(), ReservationNo::new(2));
    change.reserve = Some(StockReservation::new(id, [units("pot", 1)], at(600)));
    (given.id(), change, given.events().to_vec())
}

/// The placed orders, by whether their commit was acknowledged.
#[derive(Default)]
struct Placed {
    acknowledged: Vec<(OrderId, Vec<Event>)>,
    unknown: Vec<(OrderId, Vec<Event>)>,
}

/// Places orders, each once, until `enough` are acknowledged.
async fn place_until(store: &Store, enough: u64, acknowledged: &Arc<AtomicU64>) -> Placed {
    let next = Arc::new(AtomicU64::new(1));
    let tasks = (0..16).map(|_| {
        let (store, next) = (store.clone(), Arc::clone(&next));
        let acknowledged = Arc::clone(acknowledged);
        tokio::spawn(async move {
            let mut placed = Placed::default();
            while acknowledged.load(Ordering::Relaxed) < enough {
                let (id, change, events) = placing(next.fetch_add(1, Ordering::Relaxed));
                match store.commit(change).await {
                    Ok(outcome) => {
                        // Nobody else writes these: only the change itself can be a conflict.
                        assert_eq!(outcome, CommitOutcome::Applied);
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                        placed.acknowledged.push((id, events));
                    }
                    Err(error) => {
                        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
                        placed.unknown.push((id, events));
                    }
                }
            }
            placed
        })
    });
    let mut all = Placed::default();
    for placed in join_all(tasks).await {
        let placed = placed.unwrap();
        all.acknowledged.extend(placed.acknowledged);
        all.unknown.extend(placed.unknown);
    }
    all
}

async fn count(database: &Database, what: &str) -> i64 {
    let mut connection = database.connection().await;
    let statement = format!("SELECT count(*) AS n FROM orders.{what}");
    let row = connection.fetch_one(AssertSqlSafe(statement)).await;
    row.unwrap().get("n")
}

/// Expects every acknowledged order to be stored, and each stored order to be complete.
async fn expect_all_or_nothing_of_each(store: &Store, database: &Database, placed: &Placed) {
    let storefront = StorefrontId::default();
    let mut stored_orders = 0;
    for (id, events) in &placed.acknowledged {
        let found = store.find(&storefront, *id).await.unwrap();
        assert!(found.is_some(), "{id} was acknowledged and is lost");
        assert_eq!(store.events(&storefront, *id).await.unwrap(), *events);
        stored_orders += 1;
    }
    for (id, events) in &placed.unknown {
        if store.find(&storefront, *id).await.unwrap().is_some() {
            assert_eq!(store.events(&storefront, *id).await.unwrap(), *events);
            stored_orders += 1;
        }
    }
    for what in [
        "orders",
        "events",
        "effects",
        "outbox",
        "idempotency_keys",
        "order_skus",
        "reservations",
        "reservation_lines",
    ] {
        assert_eq!(count(database, what).await, stored_orders, "{what}");
    }
    let inventory = StoreInventory::new(store, Arc::new(ManualClock::new(noon())));
    let left = inventory.products(&call("p"), &[sku("pot")]).await.unwrap();
    assert_eq!(i64::from(STOCK - left[0].available), stored_orders);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_stored_twice_when_postgres_crashes_under_load() {
    let cluster = Cluster::start().await;
    let database = Database::on(cluster.url()).await;
    let store = database.store().await;
    stock(&store).await;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let placing = tokio::spawn({
        let (store, acknowledged) = (store.clone(), Arc::clone(&acknowledged));
        async move { place_until(&store, 1_500, &acknowledged).await }
    });
    for crash in 1..=3 {
        while acknowledged.load(Ordering::Relaxed) < 300 * crash {
            tokio::task::yield_now().await;
        }
        cluster.crash().await;
    }
    let placed = placing.await.unwrap();
    expect_all_or_nothing_of_each(&store, &database, &placed).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_stored_twice_when_connections_are_cut_before_the_answer() {
    let cluster = Cluster::start().await;
    let database = Database::on(cluster.url()).await;
    let direct = database.store().await;
    stock(&direct).await;
    let cutter = Cutter::before(cluster.address(), 900).await;
    let url = database
        .url()
        .replace(&cluster.address().to_string(), &cutter.address.to_string());
    let store = Store::connect(&url, PostgresOptions::new().connections(4))
        .await
        .unwrap();
    let placed = place_until(&store, 4_000, &Arc::default()).await;
    assert!(cutter.cuts() > 20, "{} cuts", cutter.cuts());
    expect_all_or_nothing_of_each(&direct, &database, &placed).await;

    // Reservations likewise: no unit is reserved twice.
    let clock = Arc::new(ManualClock::new(noon()));
    let (inventory, certain) = (
        StoreInventory::new(&store, clock.clone()),
        StoreInventory::new(&direct, clock),
    );
    let tea = Product::new(sku("tea"), None, usd(100), 1_000);
    certain
        .put_product(&StorefrontId::default(), &tea)
        .await
        .unwrap();
    let key = call("reserve");
    let cuts = cutter.cuts();
    let mut held = 0_u32;
    for number in 1..=300 {
        let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
        let request = ReserveRequest::new(id, vec![units("tea", 1)], Duration::from_secs(60));
        let outcome = loop {
            if let Ok(outcome) = inventory.reserve(&key, &request).await {
                break outcome;
            }
        };
        assert!(matches!(outcome, ReserveOutcome::Reserved { .. }));
        held += 1;
    }
    assert!(cutter.cuts() > cuts);
    let left = certain.products(&key, &[sku("tea")]).await.unwrap();
    assert_eq!(left[0].available, 1_000 - held);

    // A restock that may have been applied is not retried: a second one could not be detected.
    let (cuts, mut attempted, mut done) = (cutter.cuts(), 0, 0);
    while cutter.cuts() < cuts + 15 {
        attempted += 1;
        let restocked = inventory
            .restock(&StorefrontId::default(), &sku("tea"), 1)
            .await;
        done += u32::from(restocked.is_ok());
    }
    let now = certain.products(&key, &[sku("tea")]).await.unwrap();
    let stored = now[0].available - left[0].available;
    assert!(
        done <= stored && stored <= attempted,
        "{done} <= {stored} <= {attempted}"
    );
    store.close().await;
    direct.close().await;
}

#[tokio::test]
async fn connections_that_died_while_idle_are_replaced_unnoticed() {
    let database = Database::new().await;
    let store = database.store().await;
    stock(&store).await;
    let (id, change, _) = placing(1);
    applied(&store, change).await;
    let storefront = StorefrontId::default();
    let inventory = StoreInventory::new(&store, Arc::new(ManualClock::new(noon())));
    let tea = Product::new(sku("tea"), None, usd(100), 5);
    inventory.put_product(&storefront, &tea).await.unwrap();
    let mut other = database.connection().await;
    for number in 2..=6 {
        // As many connections as the pool may have.
        join_all((0..16).map(|_| store.find(&storefront, id))).await;
        other
            .execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await
            .unwrap();
        match number {
            2 => assert!(store.find(&storefront, id).await.unwrap().is_some()),
            3 => applied(&store, placing(number).1).await,
            4 => store.ping().await.unwrap(),
            5 => {
                let left = inventory
                    .restock(&storefront, &sku("tea"), 1)
                    .await
                    .unwrap();
                assert_eq!(left, Some(6));
            }
            _ => {
                let id = Reference::Reservation(order_id(1), ReservationNo::FIRST);
                let request =
                    ReserveRequest::new(id, vec![units("tea", 1)], Duration::from_secs(60));
                let outcome = inventory.reserve(&call("reserve"), &request).await.unwrap();
                assert!(matches!(outcome, ReserveOutcome::Reserved { .. }));
            }
        }
    }
}

/// Returns the SQL of a trigger that raises an error for a share of the writes to a table.
fn raising(table: &str, share: &str, sqlstate: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "CREATE OR REPLACE FUNCTION raise_{sqlstate}() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN IF random() < {share} THEN \
         RAISE EXCEPTION 'planned' USING ERRCODE = '{sqlstate}'; END IF; RETURN NULL; END $$; \
         CREATE TRIGGER raise_{sqlstate}_{table} AFTER INSERT OR UPDATE ON orders.{table} \
         FOR EACH STATEMENT EXECUTE FUNCTION raise_{sqlstate}()"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_retried_until_they_pass() {
    let database = Database::new().await;
    let store = database.store().await;
    stock(&store).await;
    let mut other = database.connection().await;
    for table in ["orders", "products", "reservations"] {
        other
            .execute(raising(table, "0.05", "40001"))
            .await
            .unwrap();
        other
            .execute(raising(table, "0.05", "40P01"))
            .await
            .unwrap();
    }
    let placed = place_until(&store, 600, &Arc::default()).await;
    assert!(placed.unknown.is_empty());
    expect_all_or_nothing_of_each(&store, &database, &placed).await;

    // In a transaction as well: a change that expedites effects is not batchable.
    for number in 1_001..=1_050 {
        let mut given = history(number);
        applied(&store, given.change()).await;
        let mut change = given.cancelled(at(5)).change();
        change.expedite_effects = true;
        applied(&store, change).await;
    }
    let inventory = StoreInventory::new(&store, Arc::new(ManualClock::new(noon())));
    let storefront = StorefrontId::default();
    let tea = Product::new(sku("tea"), None, usd(100), 0);
    inventory.put_product(&storefront, &tea).await.unwrap();
    for units in 1..=50 {
        let now = inventory
            .restock(&storefront, &sku("tea"), 1)
            .await
            .unwrap();
        assert_eq!(now, Some(units));
    }
}

#[tokio::test]
async fn a_database_that_cannot_write_is_unavailable_and_nothing_is_stored() {
    let database = Database::new().await;
    let store = database.store().await;
    stock(&store).await;
    let mut other = database.connection().await;
    let expect_unavailable = async |first: u64| {
        let changes = (first..first + 5).map(|number| placing(number).1);
        for outcome in join_all(changes.map(|change| store.commit(change))).await {
            assert!(
                matches!(outcome, Err(StoreError::Unavailable(_))),
                "{outcome:?}"
            );
        }
        let mut change = placing(first + 5).1;
        change.expedite_effects = true;
        let outcome = store.commit(change).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
    };
    // The disk is full for a while.
    other
        .execute(raising("events", "1.1", "53100"))
        .await
        .unwrap();
    expect_unavailable(1).await;
    other
        .execute("DROP TRIGGER raise_53100_events ON orders.events")
        .await
        .unwrap();
    applied(&store, placing(10).1).await;

    // A read-only standby takes over for a while.
    let name: String = other
        .fetch_one("SELECT current_database()::text AS name")
        .await
        .unwrap()
        .get("name");
    for setting in ["on", "off"] {
        let statement =
            format!("ALTER DATABASE {name} SET default_transaction_read_only = {setting}");
        other
            .execute(AssertSqlSafe(format!(
                "BEGIN READ WRITE; {statement}; COMMIT"
            )))
            .await
            .unwrap();
        other
            .execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await
            .unwrap();
        if setting == "on" {
            expect_unavailable(20).await;
            let found = store.find(&StorefrontId::default(), order_id(10)).await;
            assert!(found.unwrap().is_some());
        }
    }
    applied(&store, placing(30).1).await;
    assert_eq!(count(&database, "orders").await, 2);
}

#[tokio::test]
async fn ping_reports_an_outage_and_the_store_recovers_from_it() {
    let cluster = Cluster::start().await;
    let database = Database::on(cluster.url()).await;
    database.store().await.close().await;
    let options = PostgresOptions::new().acquire_timeout(Duration::from_secs(1));
    let store = Store::connect(&database.url(), options).await.unwrap();
    store.ping().await.unwrap();
    stock(&store).await;
    applied(&store, placing(1).1).await;
    for number in 2..=3 {
        cluster.stop().await;
        let pinged = store.ping().await;
        assert!(matches!(pinged, Err(StoreError::Unavailable(_))));
        let outcome = store.commit(placing(100 + number).1).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
        cluster.start_again().await;
        store.ping().await.unwrap();
        applied(&store, placing(number).1).await;
    }
    assert_eq!(count(&database, "orders").await, 3);
    store.close().await;
}
