//! A file that the host has tables of its own in.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use order_core::ports::{CommitOutcome, OrderStore as _, StoreError};
use order_core::testing::builders::at;
use order_core::value::Version;
use order_sqlx::SqliteStore;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Executor as _, Row as _, SqlSafeStr as _, SqlitePool};
use std::collections::BTreeSet;
use std::time::Duration;
use support::{File, applied, story};

async fn pool(file: &File) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(file.path())
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(5));
    SqlitePoolOptions::new()
        .max_connections(3)
        .connect_with(options)
        .await
        .unwrap()
}

/// The host's migrations, whose numbers are those of ours.
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

async fn names(pool: &SqlitePool) -> BTreeSet<String> {
    pool.fetch_all("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("name"))
        .collect()
}

async fn invoices(pool: &SqlitePool) -> i64 {
    pool.fetch_one("SELECT count(*) AS invoices FROM invoices")
        .await
        .unwrap()
        .get("invoices")
}

#[tokio::test]
async fn the_tables_and_migrations_of_the_host_are_left_alone() {
    let file = File::new();
    let pool = pool(&file).await;
    migrations().run(&pool).await.unwrap();
    let before = names(&pool).await;
    let store = SqliteStore::from_pool(pool.clone());
    store.migrate().await.unwrap();
    // Both again, in the other order: each finds its own.
    store.migrate().await.unwrap();
    migrations().run(&pool).await.unwrap();
    applied(&store, story(1).change()).await;
    assert_eq!(invoices(&pool).await, 1);
    let ours: Vec<_> = names(&pool).await.difference(&before).cloned().collect();
    assert!(!ours.is_empty());
    assert!(
        ours.iter().all(|name| name.starts_with("order_")),
        "{ours:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_start_at_the_same_time() {
    let file = File::new();
    let starts: Vec<_> = (0..6)
        .map(|_| {
            let path = file.path();
            tokio::spawn(async move {
                let store = support::open(&path).await;
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
async fn tables_of_a_newer_version_are_not_touched() {
    let file = File::new();
    let store = file.store().await;
    let mut connection = file.connection().await;
    connection
        .execute(
            "INSERT INTO order_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'of the future', TRUE, x'00', 0)",
        )
        .await
        .unwrap();
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, StoreError::Failed(_)), "{refused}");
}

#[tokio::test]
async fn a_table_of_the_host_with_our_name_stops_the_migration_and_is_kept() {
    let file = File::new();
    let pool = pool(&file).await;
    pool.execute("CREATE TABLE order_events (of_the_host TEXT)")
        .await
        .unwrap();
    let store = SqliteStore::from_pool(pool.clone());
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, StoreError::Failed(_)), "{refused}");
    assert_eq!(
        names(&pool).await,
        BTreeSet::from(["order_events".to_owned()])
    );
}

#[tokio::test]
async fn a_change_is_committed_with_the_transaction_of_the_host() {
    let file = File::new();
    let pool = pool(&file).await;
    migrations().run(&pool).await.unwrap();
    let store = SqliteStore::from_pool(pool.clone());
    store.migrate().await.unwrap();
    let mut told = story(1);
    let change = told.change();

    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    transaction
        .execute("INSERT INTO invoices (order_id) VALUES ('1')")
        .await
        .unwrap();
    let outcome = store.commit_in(&mut transaction, &change).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Applied);
    transaction.rollback().await.unwrap();
    assert_eq!(
        store.find(told.storefront(), told.id()).await.unwrap(),
        None
    );

    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    transaction
        .execute("INSERT INTO invoices (order_id) VALUES ('1')")
        .await
        .unwrap();
    store.commit_in(&mut transaction, &change).await.unwrap();
    transaction.commit().await.unwrap();
    let found = store.find(told.storefront(), told.id()).await.unwrap();
    assert_eq!(found.as_ref(), Some(told.order()));
    assert_eq!(invoices(&pool).await, 2);
}

#[tokio::test]
async fn a_change_that_is_not_applied_leaves_the_transaction_of_the_host_as_it_was() {
    let file = File::new();
    let pool = pool(&file).await;
    migrations().run(&pool).await.unwrap();
    let store = SqliteStore::from_pool(pool.clone());
    store.migrate().await.unwrap();
    let mut told = story(1);
    applied(&store, told.change()).await;
    let mut ahead = told.then(at(9), order_core::event::Happening::CustomerVerified);
    let mut change = ahead.change();
    change.expected = Version::new(9);
    let mut stale = story(1);

    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    transaction
        .execute("INSERT INTO invoices (order_id) VALUES ('1')")
        .await
        .unwrap();
    let outcome = store.commit_in(&mut transaction, &stale.change()).await;
    let found = Version::INITIAL;
    assert_eq!(outcome.unwrap(), CommitOutcome::Stale { found });
    let broken = store.commit_in(&mut transaction, &change).await;
    assert!(matches!(broken, Err(StoreError::Failed(_))));
    transaction.commit().await.unwrap();
    assert_eq!(invoices(&pool).await, 2);
}

#[tokio::test]
async fn writers_of_the_host_are_waited_for() {
    let file = File::new();
    let store = file.store().await;
    let mut host = file.connection().await;
    host.execute("BEGIN IMMEDIATE").await.unwrap();
    let commit = tokio::spawn({
        let store = store.clone();
        async move { store.commit(story(1).change()).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!commit.is_finished());
    host.execute("COMMIT").await.unwrap();
    assert_eq!(commit.await.unwrap().unwrap(), CommitOutcome::Applied);
}
