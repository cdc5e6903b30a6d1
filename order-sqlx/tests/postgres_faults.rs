//! What goes wrong with a database: nothing that was acknowledged is lost, nothing is written twice,
//! and everything goes on once the database is back.
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
    Change, CommitOutcome, Inventory as _, KeyChange, KeyRecord, OrderStore as _, Product, Reserve,
    ReserveOutcome, ScopedKey, StoreError,
};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::builders::{at, call, idempotency, noon, order_id, sku, units, usd};
use order_core::value::{OrderId, ReservationNo, StorefrontId, Version};
use order_sqlx::PostgresOptions;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use support::cluster::{Cluster, Cutter};
use support::postgres::{Database, SqlInventory, Store};
use support::{applied, full, story};

/// A change of a new order with all that a change can bring, and the events it stores.
fn placing(number: u64) -> (OrderId, Change, Vec<Event>) {
    let mut told = story(number);
    let mut change = full(&mut told);
    let key = idempotency("place", &format!("key-{number}"));
    let record = KeyRecord::new(
        told.id(),
        [7; 32],
        Version::NONE,
        Version::INITIAL,
        None,
        at(3_600),
    );
    change.key = Some(KeyChange::Claim {
        key: ScopedKey::new(StorefrontId::default(), &key),
        record,
        now: at(0),
    });
    (told.id(), change, told.events().to_vec())
}

/// What became of the orders that were placed.
#[derive(Default)]
struct Placed {
    acknowledged: Vec<(OrderId, Vec<Event>)>,
    unknown: Vec<(OrderId, Vec<Event>)>,
}

/// Places orders, each once, until so many are acknowledged.
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
                        // Nobody else writes these: whatever stands in the way is the change itself.
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

/// What was acknowledged is there, what was not is there or not, and each is there as a whole.
async fn hold_to_account(store: &Store, database: &Database, placed: &Placed) {
    let storefront = StorefrontId::default();
    let mut there = 0;
    for (id, events) in &placed.acknowledged {
        let found = store.find(&storefront, *id).await.unwrap();
        assert!(found.is_some(), "{id} was acknowledged and is lost");
        assert_eq!(store.events(&storefront, *id).await.unwrap(), *events);
        there += 1;
    }
    for (id, events) in &placed.unknown {
        if store.find(&storefront, *id).await.unwrap().is_some() {
            assert_eq!(store.events(&storefront, *id).await.unwrap(), *events);
            there += 1;
        }
    }
    for what in ["orders", "events", "effects", "outbox", "keys", "skus"] {
        assert_eq!(count(database, what).await, there, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_stored_twice_when_postgres_crashes_under_load() {
    let cluster = Cluster::start().await;
    let database = Database::on(cluster.url()).await;
    let store = database.store().await;
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
    hold_to_account(&store, &database, &placed).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_stored_twice_when_connections_are_cut_before_they_answer() {
    let cluster = Cluster::start().await;
    let database = Database::on(cluster.url()).await;
    let direct = database.store().await;
    let cutter = Cutter::before(cluster.address(), 900).await;
    let url = database
        .url()
        .replace(&cluster.address().to_string(), &cutter.address.to_string());
    let store = Store::connect(&url, PostgresOptions::new().connections(4))
        .await
        .unwrap();
    let placed = place_until(&store, 4_000, &Arc::default()).await;
    assert!(cutter.cuts() > 20, "{} cuts", cutter.cuts());
    hold_to_account(&direct, &database, &placed).await;

    // Stock the same way: nobody takes units twice.
    let clock = Arc::new(ManualClock::new(noon()));
    let (stock, certain) = (
        SqlInventory::new(&store, clock.clone()),
        SqlInventory::new(&direct, clock),
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
        let wish = Reserve::new(id, vec![units("tea", 1)], Duration::from_secs(60));
        let outcome = loop {
            if let Ok(outcome) = stock.reserve(&key, &wish).await {
                break outcome;
            }
        };
        assert!(matches!(outcome, ReserveOutcome::Reserved { .. }));
        held += 1;
    }
    assert!(cutter.cuts() > cuts);
    let left = certain.products(&key, &[sku("tea")]).await.unwrap();
    assert_eq!(left[0].available, 1_000 - held);

    // What cannot be told from another is not tried again once it may have been done.
    let (cuts, mut asked, mut done) = (cutter.cuts(), 0, 0);
    while cutter.cuts() < cuts + 15 {
        asked += 1;
        let restocked = stock
            .restock(&StorefrontId::default(), &sku("tea"), 1)
            .await;
        done += u32::from(restocked.is_ok());
    }
    let now = certain.products(&key, &[sku("tea")]).await.unwrap();
    let came = now[0].available - left[0].available;
    assert!(done <= came && came <= asked, "{done} <= {came} <= {asked}");
    store.close().await;
    direct.close().await;
}

#[tokio::test]
async fn connections_that_died_while_idle_are_not_noticed() {
    let database = Database::new().await;
    let store = database.store().await;
    let (id, change, _) = placing(1);
    applied(&store, change).await;
    let storefront = StorefrontId::default();
    let stock = SqlInventory::new(&store, Arc::new(ManualClock::new(noon())));
    let tea = Product::new(sku("tea"), None, usd(100), 5);
    stock.put_product(&storefront, &tea).await.unwrap();
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
                let left = stock.restock(&storefront, &sku("tea"), 1).await.unwrap();
                assert_eq!(left, Some(6));
            }
            _ => {
                let id = Reference::Reservation(order_id(1), ReservationNo::FIRST);
                let wish = Reserve::new(id, vec![units("tea", 1)], Duration::from_secs(60));
                let outcome = stock.reserve(&call("reserve"), &wish).await.unwrap();
                assert!(matches!(outcome, ReserveOutcome::Reserved { .. }));
            }
        }
    }
}

/// Raises this error at some of the statements that write to a table.
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
async fn conflicts_with_others_are_tried_again_until_they_are_none() {
    let database = Database::new().await;
    let store = database.store().await;
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
    hold_to_account(&store, &database, &placed).await;

    // The long way as well: a cancel hurries its effects.
    for number in 1_001..=1_050 {
        let mut told = story(number);
        applied(&store, told.change()).await;
        let mut change = told.cancelled(at(5)).change();
        change.hurry = true;
        applied(&store, change).await;
    }
    let stock = SqlInventory::new(&store, Arc::new(ManualClock::new(noon())));
    let storefront = StorefrontId::default();
    let tea = Product::new(sku("tea"), None, usd(100), 0);
    stock.put_product(&storefront, &tea).await.unwrap();
    for units in 1..=50 {
        let now = stock.restock(&storefront, &sku("tea"), 1).await.unwrap();
        assert_eq!(now, Some(units));
    }
}

#[tokio::test]
async fn a_database_that_cannot_write_is_unavailable_and_nothing_is_stored() {
    let database = Database::new().await;
    let store = database.store().await;
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
        change.hurry = true;
        let outcome = store.commit(change).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
    };
    // The disk is full, and is not any more.
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

    // A standby took over that may only be read from.
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
async fn readiness_tells_the_truth_and_all_recovers() {
    let cluster = Cluster::start().await;
    let database = Database::on(cluster.url()).await;
    database.store().await.close().await;
    let options = PostgresOptions::new().acquire_timeout(Duration::from_secs(1));
    let store = Store::connect(&database.url(), options).await.unwrap();
    store.ping().await.unwrap();
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
