//! How the store opens an SQLite file.

use super::dialect;
use order_core::ports::StoreError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::str::FromStr;
use std::time::Duration;

/// After how many pages the write-ahead log is checkpointed. A page that many commits change is written
/// back once then; the default of 1000 would be reached every few commits.
const CHECKPOINT_PAGES: &str = "4000";
/// What the write-ahead log is truncated to after a checkpoint, in bytes.
const LOG_BYTES: &str = "33554432";
/// The page cache of the writer: 8 MiB, negative because it is in KiB. That holds the upper levels of
/// every B-tree, and the pages that a batch changes; more would save less than one read from the page
/// cache of the operating system per order.
const CACHE_KIB: &str = "-8192";

/// How a [`SqliteStore`](super::SqliteStore) opens its file.
///
/// The defaults suit orders: write-ahead log, `synchronous=FULL` (acknowledged commits survive a power
/// cut), one connection that writes and four that read, a busy timeout of five seconds, and deleted
/// content overwritten where that costs no additional I/O.
///
/// ```
/// use order_sqlx::sqlite::SqliteOptions;
/// use std::time::Duration;
///
/// let options = SqliteOptions::new()
///     .readers(8)
///     .busy_timeout(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SqliteOptions {
    readers: u32,
    busy_timeout: Duration,
    create: Create,
    synchronous: SqliteSynchronous,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Create {
    IfMissing,
    Never,
}

impl SqliteOptions {
    /// Returns the defaults.
    pub const fn new() -> Self {
        Self {
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            create: Create::IfMissing,
            synchronous: SqliteSynchronous::Full,
        }
    }

    /// Sets how many connections read concurrently, at least 1.
    pub const fn readers(mut self, readers: u32) -> Self {
        self.readers = if readers == 0 { 1 } else { readers };
        self
    }

    /// Sets how long to wait while another process writes to the same file.
    pub const fn busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// Requires the file to exist, instead of creating it.
    pub const fn existing_only(mut self) -> Self {
        self.create = Create::Never;
        self
    }

    /// Sets `synchronous=NORMAL`: faster, but a power cut (not a crash of the process) may lose the last
    /// acknowledged commits. For tests, and for data that can be restored.
    pub const fn relaxed_durability(mut self) -> Self {
        self.synchronous = SqliteSynchronous::Normal;
        self
    }

    /// Opens a file or an in-memory database. Returns the pool that writes and the one that reads.
    pub(super) async fn open(self, location: &str) -> Result<(SqlitePool, SqlitePool), StoreError> {
        let named = if location.starts_with("sqlite:") {
            SqliteConnectOptions::from_str(location).map_err(super::dialect::store_error)?
        } else if location == ":memory:" {
            SqliteConnectOptions::new().in_memory(true)
        } else {
            SqliteConnectOptions::new().filename(location)
        };
        let in_memory = is_in_memory(location);
        let common = named
            .create_if_missing(self.create == Create::IfMissing)
            .busy_timeout(self.busy_timeout)
            .foreign_keys(true)
            .synchronous(self.synchronous)
            .pragma("secure_delete", "FAST");
        let writing = if in_memory {
            common.clone()
        } else {
            common
                .clone()
                .journal_mode(SqliteJournalMode::Wal)
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                .pragma("journal_size_limit", LOG_BYTES)
                .pragma("cache_size", CACHE_KIB)
        };
        let writer = connect_writer(writing, self.busy_timeout)
            .await
            .map_err(dialect::store_error)?;
        // An in-memory database belongs to its one connection.
        let reader = if in_memory {
            writer.clone()
        } else {
            pool(self.readers).connect_lazy_with(common.pragma("query_only", "ON"))
        };
        Ok((writer, reader))
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Keeps idle connections: an in-memory database ends with its connection, and those of a file cost
/// nothing.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Opens the connection that writes, and waits at most `busy_timeout` for other processes.
///
/// A new file is switched to WAL by whoever opens it first. SQLite does not wait for a process that is
/// just doing that, whatever the busy timeout, but fails at once: opening is retried.
async fn connect_writer(
    options: SqliteConnectOptions,
    busy_timeout: Duration,
) -> Result<SqlitePool, sqlx::Error> {
    const BACKOFF: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match pool(1).connect_with(options.clone()).await {
            Err(error) if dialect::is_busy(&error) && waited < busy_timeout => {
                tokio::time::sleep(BACKOFF).await;
                waited += BACKOFF;
            }
            result => return result,
        }
    }
}

fn is_in_memory(location: &str) -> bool {
    let location = location.strip_prefix("sqlite:").unwrap_or(location);
    let location = location.strip_prefix("//").unwrap_or(location);
    let (name, parameters) = location.split_once('?').unwrap_or((location, ""));
    name == ":memory:" || parameters.split('&').any(|one| one == "mode=memory")
}

#[cfg(test)]
mod tests {
    use super::is_in_memory;

    #[test]
    fn an_in_memory_database_is_told_from_a_file() {
        for location in [
            ":memory:",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://a?mode=memory",
        ] {
            assert!(is_in_memory(location), "{location}");
        }
        for location in [
            "memory",
            "sqlite:order.db",
            "sqlite://order.db?mode=rwc",
            "./:memory:.db",
        ] {
            assert!(!is_in_memory(location), "{location}");
        }
    }
}
