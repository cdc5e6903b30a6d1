//! An SQLite file for each test.

pub(crate) use order_sqlx::SqliteStore as Store;
pub(crate) use order_sqlx::sqlite::SqlInventory;
pub(crate) use sqlx::{SqliteConnection as Connection, SqlitePool as Pool};

use order_sqlx::SqliteOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How a host begins a transaction to commit an order in.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// What the names of ours begin with.
pub(crate) const PREFIX: &str = "order_";

/// Takes a name of ours for something of the host's.
pub(crate) const OCCUPY: &str = "CREATE TABLE order_events (of_the_host TEXT)";

/// Makes the database refuse orders of one customer.
pub(crate) const FAIL_ON_CUSTOMER: &str = "CREATE TRIGGER refuse BEFORE INSERT ON order_orders WHEN new.customer_id = 'refused' \
     BEGIN SELECT RAISE(ABORT, 'refused'); END";

/// A table of ours, as a host names it.
pub(crate) fn table(name: &str) -> String {
    format!("order_{name}")
}

/// A view of ours.
pub(crate) fn view(name: &str) -> String {
    format!("order_{name}")
}

/// A document with another value, in SQL.
pub(crate) fn with(field: &str, json: &str) -> String {
    format!("json_set(document, '$.{field}', json('{json}'))")
}

/// A file for one test.
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

    /// A store in it.
    pub(crate) async fn store(&self) -> Store {
        let store = self.unmigrated().await;
        store.migrate().await.unwrap();
        store
    }

    pub(crate) async fn unmigrated(&self) -> Store {
        open(&self.path()).await
    }

    /// A connection to it that knows nothing of the store.
    pub(crate) async fn connection(&self) -> Connection {
        SqliteConnectOptions::new()
            .filename(self.path())
            .create_if_missing(true)
            .connect()
            .await
            .unwrap()
    }

    /// A pool as a host has one.
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

/// Tables, indexes, views and triggers.
pub(crate) async fn names(pool: &Pool) -> BTreeSet<String> {
    pool.fetch_all("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("name"))
        .collect()
}
