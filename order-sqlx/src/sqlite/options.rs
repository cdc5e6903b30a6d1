//! How an SQLite file is opened.

use order_core::ports::StoreError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::str::FromStr;
use std::time::Duration;

/// After so many pages the log is written back to the file. A page that many commits change is then
/// written back once; the default of 1000 is reached every few commits.
const CHECKPOINT_PAGES: &str = "4000";
/// What the log is cut to once it is written back.
const LOG_BYTES: &str = "33554432";
/// What the writer keeps of the file in memory: 8 MiB, as SQLite writes it. That holds the upper levels
/// of every tree, and the pages that a group of commits changes; more saves less than one read from the
/// system's cache an order.
const CACHE_KIB: &str = "-8192";

/// How a [`SqliteStore`](super::SqliteStore) opens its file.
///
/// The defaults are made for orders: write-ahead log, `synchronous=FULL` (what was acknowledged
/// survives a power cut), one connection that writes, a few that read, five seconds of patience with
/// other writers in the same file, and deleted content overwritten where that costs no more I/O.
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
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            create: Create::IfMissing,
            synchronous: SqliteSynchronous::Full,
        }
    }

    /// So many connections that read side by side, at least one.
    pub const fn readers(mut self, readers: u32) -> Self {
        self.readers = if readers == 0 { 1 } else { readers };
        self
    }

    /// How long to wait while another process writes to the same file.
    pub const fn busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// The file must be there already.
    pub const fn existing_only(mut self) -> Self {
        self.create = Create::Never;
        self
    }

    /// `synchronous=NORMAL`: faster, and a power cut (not a crash of the process) may lose the last
    /// acknowledged commits. For tests and for data that can be had again.
    pub const fn relaxed_durability(mut self) -> Self {
        self.synchronous = SqliteSynchronous::Normal;
        self
    }

    /// Opens a file or a database in memory: the pool that writes, and the one that reads.
    pub(super) async fn open(self, place: &str) -> Result<(SqlitePool, SqlitePool), StoreError> {
        let named = if place.starts_with("sqlite:") {
            SqliteConnectOptions::from_str(place).map_err(super::dialect::store_error)?
        } else if place == ":memory:" {
            SqliteConnectOptions::new().in_memory(true)
        } else {
            SqliteConnectOptions::new().filename(place)
        };
        let in_memory = is_in_memory(place);
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
        let writer = pool(1)
            .connect_with(writing)
            .await
            .map_err(super::dialect::store_error)?;
        // A database in memory is its connection's own.
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

/// Connections are kept: a database in memory goes with its connection, and a file's cost nothing.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

fn is_in_memory(place: &str) -> bool {
    let place = place.strip_prefix("sqlite:").unwrap_or(place);
    let place = place.strip_prefix("//").unwrap_or(place);
    let (name, parameters) = place.split_once('?').unwrap_or((place, ""));
    name == ":memory:" || parameters.split('&').any(|one| one == "mode=memory")
}

#[cfg(test)]
mod tests {
    use super::is_in_memory;

    #[test]
    fn a_database_in_memory_is_told_from_a_file() {
        for place in [
            ":memory:",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://a?mode=memory",
        ] {
            assert!(is_in_memory(place), "{place}");
        }
        for place in [
            "memory",
            "sqlite:order.db",
            "sqlite://order.db?mode=rwc",
            "./:memory:.db",
        ] {
            assert!(!is_in_memory(place), "{place}");
        }
    }
}
