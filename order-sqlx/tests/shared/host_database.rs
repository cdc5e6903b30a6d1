//! A database that holds tables of the host as well.

use order_core::ports::{CommitOutcome, OrderStore as _, StoreError};
use order_core::value::Version;
use order_testing::builders::at;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Executor as _, Row as _, SqlSafeStr as _};
use std::sync::Arc;
use std::time::Duration;

use super::database::{BEGIN, Database, OCCUPY, PREFIX, Pool, Store, names, table};
use super::support::{applied, history};

/// The host's migrations, with the same numbers as the store's.
fn migrations() -> Migrator {
    let one = |version, sql: &'static str| {
        Migration::new(
            version,
            "of the host".into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(vec![
        one(
            1,
            "CREATE TABLE invoices (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL)",
        ),
        one(
            2,
            "INSERT INTO invoices (id, order_id) VALUES (1, 'before')",
        ),
    ])
}

async fn invoices(pool: &Pool) -> i64 {
    pool.fetch_one("SELECT count(*) AS invoices FROM invoices")
        .await
        .unwrap()
        .get("invoices")
}

#[tokio::test]
async fn the_tables_and_migrations_of_the_host_are_left_alone() {
    let database = Database::new().await;
    let pool = database.pool().await;
    migrations().run(&pool).await.unwrap();
    let before = names(&pool).await;
    let store = Store::from_pool(pool.clone());
    store.migrate().await.unwrap();
    // Both again, in the other order: each finds its own.
    store.migrate().await.unwrap();
    migrations().run(&pool).await.unwrap();
    applied(&store, history(1).change()).await;
    assert_eq!(invoices(&pool).await, 1);
    let ours: Vec<_> = names(&pool).await.difference(&before).cloned().collect();
    assert!(!ours.is_empty());
    assert!(ours.iter().all(|name| name.starts_with(PREFIX)), "{ours:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_may_migrate_at_the_same_time() {
    let database = Database::new().await;
    let database = Arc::new(database);
    let starts: Vec<_> = (0..6)
        .map(|_| {
            let database = Arc::clone(&database);
            tokio::spawn(async move {
                let store = database.unmigrated().await;
                store.migrate().await.unwrap();
                store.ping().await.unwrap();
            })
        })
        .collect();
    for start in starts {
        start.await.unwrap();
    }
}

#[tokio::test]
async fn tables_of_a_newer_version_are_refused() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut connection = database.connection().await;
    let statement = format!(
        "INSERT INTO {} (version, description, success, checksum, execution_time) \
         VALUES (9999, 'of the future', TRUE, '', 0)",
        table("migrations")
    );
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, StoreError::Failed(_)), "{refused}");
}

#[tokio::test]
async fn a_table_of_the_host_with_a_name_of_the_store_stops_the_migration_and_is_kept() {
    let database = Database::new().await;
    let pool = database.pool().await;
    pool.execute(OCCUPY).await.unwrap();
    let before = names(&pool).await;
    let store = Store::from_pool(pool.clone());
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, StoreError::Failed(_)), "{refused}");
    assert_eq!(names(&pool).await, before);
}

#[tokio::test]
async fn a_change_is_committed_with_the_transaction_of_the_host() {
    let database = Database::new().await;
    let pool = database.pool().await;
    migrations().run(&pool).await.unwrap();
    let store = Store::from_pool(pool.clone());
    store.migrate().await.unwrap();
    let mut given = history(1);
    let change = given.change();

    let mut transaction = pool.begin_with(BEGIN).await.unwrap();
    transaction
        .execute("INSERT INTO invoices (id, order_id) VALUES (2, '1')")
        .await
        .unwrap();
    let outcome = store.commit_in(&mut transaction, &change).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Applied);
    transaction.rollback().await.unwrap();
    assert_eq!(
        store.find(given.storefront(), given.id()).await.unwrap(),
        None
    );

    let mut transaction = pool.begin_with(BEGIN).await.unwrap();
    transaction
        .execute("INSERT INTO invoices (id, order_id) VALUES (2, '1')")
        .await
        .unwrap();
    store.commit_in(&mut transaction, &change).await.unwrap();
    transaction.commit().await.unwrap();
    let found = store.find(given.storefront(), given.id()).await.unwrap();
    assert_eq!(found.as_ref(), Some(given.order()));
    assert_eq!(invoices(&pool).await, 2);
}

#[tokio::test]
async fn a_change_that_is_not_applied_leaves_the_transaction_of_the_host_as_it_was() {
    let database = Database::new().await;
    let pool = database.pool().await;
    migrations().run(&pool).await.unwrap();
    let store = Store::from_pool(pool.clone());
    store.migrate().await.unwrap();
    let mut given = history(1);
    applied(&store, given.change()).await;
    let mut ahead = given.then(at(9), order_core::event::EventPayload::CustomerVerified);
    let mut change = ahead.change();
    change.expected_version = Version::new(9);
    let mut stale = history(1);

    let mut transaction = pool.begin_with(BEGIN).await.unwrap();
    transaction
        .execute("INSERT INTO invoices (id, order_id) VALUES (2, '1')")
        .await
        .unwrap();
    let outcome = store.commit_in(&mut transaction, &stale.change()).await;
    let found = Version::INITIAL;
    assert_eq!(outcome.unwrap(), CommitOutcome::VersionConflict { found });
    let broken = store.commit_in(&mut transaction, &change).await;
    assert!(matches!(broken, Err(StoreError::Failed(_))));
    transaction.commit().await.unwrap();
    assert_eq!(invoices(&pool).await, 2);
}

#[tokio::test]
async fn a_commit_waits_for_a_transaction_of_the_host() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut given = history(1);
    applied(&store, given.change()).await;
    let mut host = database.connection().await;
    host.execute(BEGIN).await.unwrap();
    let touch = format!("UPDATE {} SET version = version", table("orders"));
    host.execute(AssertSqlSafe(touch)).await.unwrap();
    let commit = tokio::spawn({
        let (store, change) = (store.clone(), given.confirmed(at(5)).change());
        async move { store.commit(change).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!commit.is_finished());
    host.execute("COMMIT").await.unwrap();
    assert_eq!(commit.await.unwrap().unwrap(), CommitOutcome::Applied);
}
