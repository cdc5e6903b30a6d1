//! An SQLite file for each test.

pub(crate) use order_sqlx::SqliteStore as Store;
pub(crate) use order_sqlx::sqlite::SqliteInventory as StoreInventory;
pub(crate) use sqlx::{SqliteConnection as Connection, SqlitePool as Pool};

use order_sqlx::SqliteOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Begins a transaction of a host for `commit_in`.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// The prefix of all names of the store.
pub(crate) const PREFIX: &str = "order_";

/// Creates a table of the host with a name of the store.
pub(crate) const OCCUPY: &str = "CREATE TABLE order_events (of_the_host TEXT)";

/// Lets a test change events.
pub(crate) const ALLOW_EVENT_UPDATES: &str = "DROP TRIGGER order_events_are_immutable";

/// Creates a trigger that refuses orders of one customer.
pub(crate) const FAIL_ON_CUSTOMER: &str = "CREATE TRIGGER refuse BEFORE INSERT ON order_orders WHEN new.customer_id = 'refused' \
     BEGIN SELECT RAISE(ABORT, 'refused'); END";

/// Returns the full name of a table of the store.
pub(crate) fn table(name: &str) -> String {
    match name {
        "order_skus" => name.to_owned(),
        _ => format!("order_{name}"),
    }
}

/// Returns the full name of a view of the store.
pub(crate) fn view(name: &str) -> String {
    format!("order_{name}")
}

/// Returns an SQL expression for the document with another value.
pub(crate) fn with(field: &str, json: &str) -> String {
    format!("json_set(document, '$.{field}', json('{json}'))")
}

/// Sends what the process logs to a subscriber, for ever: the driver of SQLite logs on a thread of its
/// own. One test of a process may do so.
pub(crate) fn subscribe(
    subscriber: impl tracing::Subscriber + Send + Sync,
) -> Option<tracing::subscriber::DefaultGuard> {
    tracing::subscriber::set_global_default(subscriber).unwrap();
    None
}

/// A file for one test, deleted with it.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("order.db")
    }

    /// Returns a migrated store in it: there is one writer at a time, and no row to wait for.
    pub(crate) async fn patient_store(&self) -> Store {
        self.store().await
    }

    /// Returns a migrated store in it.
    pub(crate) async fn store(&self) -> Store {
        let store = self.unmigrated().await;
        store.migrate().await.unwrap();
        store
    }

    pub(crate) async fn unmigrated(&self) -> Store {
        open(&self.path()).await
    }

    /// Returns a plain connection to it.
    pub(crate) async fn connection(&self) -> Connection {
        SqliteConnectOptions::new()
            .filename(self.path())
            .create_if_missing(true)
            .connect()
            .await
            .unwrap()
    }

    /// Returns a pool as a host has one.
    pub(crate) async fn pool(&self) -> Pool {
        let options = SqliteConnectOptions::new()
            .filename(self.path())
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(5));
        SqlitePoolOptions::new()
            .max_connections(3)
            .connect_with(options)
            .await
            .unwrap()
    }
}

pub(crate) async fn open(path: &Path) -> Store {
    Store::connect(path.to_str().unwrap(), SqliteOptions::new())
        .await
        .unwrap()
}

/// Returns the names of all tables, indexes, views and triggers.
pub(crate) async fn names(pool: &Pool) -> BTreeSet<String> {
    pool.fetch_all("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("name"))
        .collect()
}
