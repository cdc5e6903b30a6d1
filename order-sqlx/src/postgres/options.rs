//! How a Postgres database is reached.

use super::dialect::{Pool, store_error};
use order_core::ports::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;

/// What the store prepares on a connection: each of its statements, once.
const STATEMENTS: usize = 256;

/// How every statement of the store is planned: once for all its parameters, row by row by an index.
/// A plan made while the tables were small must be right when they have grown.
const PLANNED: [(&str, &str); 10] = [
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

/// How a [`PostgresStore`](super::PostgresStore) reaches its database.
///
/// Where the database is, who connects, TLS and a Unix socket are in the URL, as
/// [libpq has it](https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING):
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
    /// The defaults: up to 16 connections, five seconds to get one, ten for a statement, five for a
    /// lock.
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

    /// At most so many connections, at least two: one is often busy with what is being written.
    pub const fn connections(mut self, connections: u32) -> Self {
        self.connections = if connections < 2 { 2 } else { connections };
        self
    }

    /// How long to wait for a connection, or for the database to come back.
    pub const fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long a statement may run. It is counted in milliseconds; zero: for ever.
    pub const fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// How long a statement may wait for a row that another transaction has locked, such as a
    /// host's own. It is counted in milliseconds; zero: for ever.
    pub const fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// After how long the database ends a transaction that nobody goes on with. It is counted in
    /// milliseconds; zero: never.
    pub const fn idle_in_transaction_timeout(mut self, timeout: Duration) -> Self {
        self.idle_in_transaction_timeout = timeout;
        self
    }

    /// What the connections are called in `pg_stat_activity`.
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = name.into();
        self
    }

    /// A pool that opens its connections when they are needed.
    pub(super) fn pool(self, url: &str) -> Result<Pool, StoreError> {
        let millis = |timeout: Duration| timeout.as_millis().to_string();
        let database = PgConnectOptions::from_str(url)
            .map_err(store_error)?
            .application_name(&self.application_name)
            .statement_cache_capacity(STATEMENTS)
            .options(PLANNED)
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
            // A connection that was lost is found out when it is used.
            .test_before_acquire(false)
            .connect_lazy_with(database))
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self::new()
    }
}
