//! How the store connects to Postgres, and how its statements are planned.

use super::dialect::{Pool, store_error};
use order_core::ports::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;

/// How many prepared statements a connection caches: more than the store has.
const STATEMENT_CACHE: usize = 256;

/// Plan mode of the connections: each statement is planned once for all parameters (generic plan), with
/// index scans and nested loops. A plan made while the tables were small stays right when they grow.
const PLAN_MODE: [(&str, &str); 10] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_material", "off"),
    ("enable_sort", "off"),
    ("enable_incremental_sort", "off"),
    ("random_page_cost", "1.1"),
    ("jit", "off"),
];

/// How a [`PostgresStore`](super::PostgresStore) connects to its database.
///
/// Host, role, TLS and Unix socket are in the URL, in the
/// [format of libpq](https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING):
/// `postgres://user:password@host/name?sslmode=verify-full&sslrootcert=/etc/ca.pem`,
/// `postgres:///name?host=/run/postgresql`.
///
/// ```
/// use order_sqlx::postgres::PostgresOptions;
/// use std::time::Duration;
///
/// let options = PostgresOptions::new()
///     .connections(32)
///     .application_name("shop")
///     .statement_timeout(Duration::from_secs(5));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct PostgresOptions {
    connections: u32,
    idle_connections: u32,
    acquire_timeout: Duration,
    statement_timeout: Duration,
    lock_timeout: Duration,
    idle_in_transaction_timeout: Duration,
    application_name: String,
}

impl PostgresOptions {
    /// Returns the defaults: up to 16 connections, and timeouts of 5 s to acquire one, 10 s for a
    /// statement, 5 s for a lock and 10 s for an idle transaction.
    pub fn new() -> Self {
        Self {
            connections: 16,
            idle_connections: 1,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(10),
            application_name: "order".to_owned(),
        }
    }

    /// Sets the size of the connection pool, at least 2: one is often busy with a batch. With fewer
    /// than 8, batches do not run concurrently and keep no idle connection.
    pub const fn connections(mut self, connections: u32) -> Self {
        self.connections = if connections < 2 { 2 } else { connections };
        self
    }

    /// Sets how long to wait for a connection, or for the database to come back.
    pub const fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Sets how long a statement may run, in whole milliseconds; zero: without limit.
    pub const fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// Sets how long a statement may wait for a row that another transaction has locked, such as a
    /// host's, in whole milliseconds; zero: without limit.
    pub const fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Sets after how long the database ends an idle transaction, in whole milliseconds; zero: never.
    pub const fn idle_in_transaction_timeout(mut self, timeout: Duration) -> Self {
        self.idle_in_transaction_timeout = timeout;
        self
    }

    /// Sets the name of the connections in `pg_stat_activity`.
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = name.into();
        self
    }

    /// Creates a pool that opens its connections on demand.
    pub(super) fn pool(self, url: &str) -> Result<Pool, StoreError> {
        let millis = |timeout: Duration| timeout.as_millis().to_string();
        let database = PgConnectOptions::from_str(url)
            .map_err(store_error)?
            .application_name(&self.application_name)
            .statement_cache_capacity(STATEMENT_CACHE)
            .options(PLAN_MODE)
            .options([
                ("statement_timeout", millis(self.statement_timeout)),
                ("lock_timeout", millis(self.lock_timeout)),
                (
                    "idle_in_transaction_session_timeout",
                    millis(self.idle_in_transaction_timeout),
                ),
            ]);
        Ok(PgPoolOptions::new()
            .max_connections(self.connections)
            .min_connections(self.idle_connections)
            .acquire_timeout(self.acquire_timeout)
            // A lost connection is detected when it is used, and the statement retried.
            .test_before_acquire(false)
            .connect_lazy_with(database))
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self::new()
    }
}
