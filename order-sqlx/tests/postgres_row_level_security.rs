//! With row-level security the database itself isolates storefronts, whatever the statement says.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use order_core::effect::{Effect, EffectId, EffectKind};
use order_core::ports::Inventory as _;
use order_core::ports::{
    CommitOutcome, ExternalEventRef, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate,
    NewEffect, OrderStore as _, Product, ReserveOutcome, ReserveRequest, StoreError,
};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, Version};
use order_testing::builders::{
    at, call_at, fact_id, idempotency, noon, order_id, place, sku, storefront, units, usd,
};
use order_testing::{ManualClock, OrderHistory};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use std::sync::Arc;
use std::time::Duration;
use support::applied;
use support::postgres::{Connection, Database, Store, StoreInventory};

/// The tables that belong to storefronts.
const TABLES: [&str; 10] = [
    "orders",
    "order_skus",
    "events",
    "effects",
    "outbox",
    "idempotency_keys",
    "inbox",
    "products",
    "reservations",
    "reservation_lines",
];

/// Commits one row in every table for each of two storefronts.
async fn given_two_storefronts(store: &Store) {
    for (number, name) in [(1, "one"), (2, "two")] {
        let shop = storefront(name);
        let mut given = OrderHistory::placed(number, place().storefront(name).build(), at(number));
        let mut change = given.change();
        let id = EffectId::new(given.id(), Version::INITIAL, 0);
        let effect = Effect::new(id, shop.clone(), EffectKind::VerifyCustomer);
        change.effects = vec![NewEffect::new(effect, None)];
        change.publish = true;
        change.external_event = Some(ExternalEventRef {
            source: "payments".to_owned(),
            id: fact_id("evt_1"),
        });
        change.idempotency = Some(IdempotencyUpdate::Claim {
            key: IdempotencyScope::new(shop.clone(), &idempotency("place", "k")),
            record: IdempotencyRecord::new(
                given.id(),
                [0; 32],
                Version::NONE,
                Version::INITIAL,
                None,
                at(3_600),
            ),
            now: at(0),
        });
        applied(store, change).await;
        let inventory = StoreInventory::new(store, Arc::new(ManualClock::new(noon())));
        let tea = Product::new(sku("tea"), None, usd(100), 1);
        inventory.put_product(&shop, &tea).await.unwrap();
        let id = Reference::Reservation(order_id(number), ReservationNo::FIRST);
        let request = ReserveRequest::new(id, vec![units("tea", 1)], Duration::from_secs(60));
        let outcome = inventory
            .reserve(&call_at(&shop, "k"), &request)
            .await
            .unwrap();
        assert!(matches!(outcome, ReserveOutcome::Reserved { .. }));
    }
}

/// Returns the storefronts whose rows are visible in a table.
async fn visible_storefronts(connection: &mut Connection, table: &str) -> Vec<String> {
    let statement = format!("SELECT DISTINCT storefront FROM orders.{table} ORDER BY storefront");
    let rows = connection.fetch_all(AssertSqlSafe(statement)).await;
    let rows = rows.unwrap();
    rows.iter().map(|row| row.get("storefront")).collect()
}

#[tokio::test]
async fn raw_sql_sees_the_storefronts_of_its_scope_only() {
    let database = Database::of_a_role().await;
    let store = database.with_row_level_security().await;
    given_two_storefronts(&store).await;
    let mut raw = database.connection().await;
    for table in TABLES {
        assert!(
            visible_storefronts(&mut raw, table).await.is_empty(),
            "{table}"
        );
        for (scope, storefronts) in [
            ("one", &["one"][..]),
            ("two", &["two"]),
            ("one,two", &["one", "two"]),
            ("*", &["one", "two"]),
            ("", &[]),
            ("three", &[]),
        ] {
            let mut transaction = raw.begin().await.unwrap();
            let statement = format!("SELECT set_config('orders.storefronts', '{scope}', true)");
            transaction.execute(AssertSqlSafe(statement)).await.unwrap();
            assert_eq!(
                visible_storefronts(&mut transaction, table).await,
                storefronts,
                "{table}, {scope}"
            );
            transaction.commit().await.unwrap();
        }
        // The scope ended with the transaction, and without one nothing is visible.
        assert!(
            visible_storefronts(&mut raw, table).await.is_empty(),
            "{table}"
        );
    }
    let mut transaction = raw.begin().await.unwrap();
    transaction
        .execute("SELECT set_config('orders.storefronts', 'one', true)")
        .await
        .unwrap();
    for view in ["order_heads", "order_lines", "order_history"] {
        assert_eq!(
            visible_storefronts(&mut transaction, view).await,
            ["one"],
            "{view}"
        );
    }
    let moved = transaction
        .execute("UPDATE orders.orders SET storefront = 'two'")
        .await;
    assert!(moved.is_err(), "nothing is moved to another storefront");
}

#[tokio::test]
async fn a_scope_ends_with_its_transaction() {
    let database = Database::of_a_role().await;
    database.with_row_level_security().await.close().await;
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect(&database.url())
        .await
        .unwrap();
    let store = Store::from_pool(pool.clone()).with_row_level_security();
    given_two_storefronts(&store).await;
    let found = store.find(&storefront("one"), order_id(1)).await.unwrap();
    assert!(found.is_some());
    let limit = pool
        .fetch_one("SELECT coalesce(current_setting('orders.storefronts', true), '') AS scope")
        .await
        .unwrap();
    assert_eq!(limit.get::<&str, _>("scope"), "");
}

#[tokio::test]
async fn concurrent_lookups_see_their_own_storefront_only() {
    let database = Database::of_a_role().await;
    let store = database.with_row_level_security().await;
    given_two_storefronts(&store).await;
    let looks = (0..40).map(|turn| {
        let (name, number) = (["one", "two"][turn % 2], if turn % 4 < 2 { 1 } else { 2 });
        let store = &store;
        async move {
            let found = store.find(&storefront(name), order_id(number)).await;
            (name, number, found.unwrap().is_some())
        }
    });
    for (name, number, found) in futures::future::join_all(looks).await {
        assert_eq!(found, (name == "one") == (number == 1), "{name}, {number}");
    }
}

#[tokio::test]
async fn commit_in_sets_the_scope_of_the_host_transaction() {
    let database = Database::of_a_role().await;
    let store = database.with_row_level_security().await;
    let mut host = database.connection().await;
    let mut transaction = host.begin().await.unwrap();
    let mut given = OrderHistory::placed(1, place().storefront("one").build(), at(1));
    let outcome = store.commit_in(&mut transaction, &given.change()).await;
    assert_eq!(outcome.unwrap(), CommitOutcome::Applied);
    transaction.commit().await.unwrap();
    let found = store.find(&storefront("one"), given.id()).await.unwrap();
    assert_eq!(found.as_ref(), Some(given.order()));
    assert_eq!(
        store.find(&storefront("two"), given.id()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_role_that_bypasses_row_level_security_is_refused() {
    let database = Database::of_a_role().await;
    let role = database.name();
    let another = Database::new().await;
    let mut server = another.connection().await;
    let statement = format!("ALTER ROLE {role} BYPASSRLS");
    server.execute(AssertSqlSafe(statement)).await.unwrap();
    let store = database.unmigrated().await.with_row_level_security();
    let refused = store.migrate().await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
}
