//! A Postgres database for each test, dropped afterwards.

pub(crate) use order_sqlx::PostgresStore as Store;
pub(crate) use order_sqlx::postgres::PostgresInventory as StoreInventory;
pub(crate) use sqlx::{PgConnection as Connection, PgPool as Pool};

use order_sqlx::PostgresOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _};
use std::collections::BTreeSet;
use std::env;
use std::process;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Begins a transaction of a host for `commit_in`.
pub(crate) const BEGIN: &str = "BEGIN";

/// The prefix of all names of the store.
pub(crate) const PREFIX: &str = "orders.";

/// Creates a table of the host with a name of the store.
pub(crate) const OCCUPY: &str =
    "CREATE SCHEMA orders; CREATE TABLE orders.events (of_the_host TEXT)";

/// Lets a test change events.
pub(crate) const ALLOW_EVENT_UPDATES: &str = "DROP TRIGGER events_are_immutable ON orders.events";

/// Creates a trigger that refuses orders of one customer.
pub(crate) const FAIL_ON_CUSTOMER: &str = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
     'BEGIN RAISE EXCEPTION ''refused''; END'; \
     CREATE TRIGGER refuse BEFORE INSERT ON orders.orders FOR EACH ROW \
     WHEN (new.customer_id = 'refused') EXECUTE FUNCTION refuse()";

/// Returns the full name of a table of the store.
pub(crate) fn table(name: &str) -> String {
    format!("orders.{name}")
}

/// Returns the full name of a view of the store.
pub(crate) fn view(name: &str) -> String {
    format!("orders.order_{name}")
}

/// Returns an SQL expression for the document with another value.
pub(crate) fn with(field: &str, json: &str) -> String {
    format!("jsonb_set(document::jsonb, '{{{field}}}', '{json}')::text")
}

/// Sends what this thread logs to a subscriber until the guard is dropped. The driver of Postgres logs
/// on the thread of the test.
pub(crate) fn subscribe(
    subscriber: impl tracing::Subscriber + Send + Sync,
) -> Option<tracing::subscriber::DefaultGuard> {
    Some(tracing::subscriber::set_default(subscriber))
}

/// Returns the URL of the server that tests create their databases on.
#[expect(clippy::panic, reason = "without it there is nothing to test on")]
fn server() -> String {
    env::var("ORDER_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "ORDER_TEST_POSTGRES_URL is not set: run `scripts/test`, or `scripts/postgres with \
             cargo test`, which start a Postgres of their own where it is not set"
        )
    })
}

/// A database for one test, dropped with it.
pub(crate) struct Database {
    server: String,
    name: String,
    /// A role that owns it and is no superuser, if the test wants one.
    role: Option<String>,
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self::on(server()).await
    }

    /// Creates a database on this server.
    #[expect(clippy::disallowed_methods, reason = "a name that no other run has")]
    pub(crate) async fn on(server: String) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let name = format!(
            "order_test_{}_{}_{}",
            started.as_nanos(),
            process::id(),
            MADE.fetch_add(1, Ordering::Relaxed)
        );
        let mut connection = Connection::connect(&server).await.unwrap();
        let statement = format!("CREATE DATABASE {name}");
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
        connection.close().await.unwrap();
        Self {
            server,
            name,
            role: None,
        }
    }

    /// Creates a database owned by a role that is no superuser.
    pub(crate) async fn of_a_role() -> Self {
        let mut database = Self::new().await;
        let role = database.name.clone();
        let mut connection = Connection::connect(&database.server).await.unwrap();
        for statement in [
            format!("CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{role}'"),
            format!("ALTER DATABASE {role} OWNER TO {role}"),
        ] {
            connection.execute(AssertSqlSafe(statement)).await.unwrap();
        }
        connection.close().await.unwrap();
        database.role = Some(role);
        database
    }

    /// Returns its URL, for its role if it has one.
    pub(crate) fn url(&self) -> String {
        let (start, parameters) = match self.server.split_once('?') {
            Some((start, parameters)) => (start, format!("?{parameters}")),
            None => (self.server.as_str(), String::new()),
        };
        let (scheme, rest) = start.split_once("://").unwrap();
        let (authority, _) = rest.rsplit_once('/').unwrap();
        let authority = match (&self.role, authority.rsplit_once('@')) {
            (Some(role), Some((_, authority))) => format!("{role}:{role}@{authority}"),
            (Some(role), None) => format!("{role}:{role}@{authority}"),
            (None, _) => authority.to_owned(),
        };
        format!("{scheme}://{authority}/{}{parameters}", self.name)
    }

    /// Returns its name, which is that of its role as well.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns a migrated store in it with row-level security.
    pub(crate) async fn with_row_level_security(&self) -> Store {
        let store = self.unmigrated().await.with_row_level_security();
        store.migrate().await.unwrap();
        store
    }

    /// Returns a migrated store in it that waits for locked rows as long as a slow machine needs.
    pub(crate) async fn patient_store(&self) -> Store {
        let options = PostgresOptions::new().lock_timeout(std::time::Duration::from_secs(60));
        let store = Store::connect(&self.url(), options).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    /// Returns a migrated store in it.
    pub(crate) async fn store(&self) -> Store {
        let store = self.unmigrated().await;
        store.migrate().await.unwrap();
        store
    }

    pub(crate) async fn unmigrated(&self) -> Store {
        Store::connect(&self.url(), PostgresOptions::new())
            .await
            .unwrap()
    }

    /// Returns a plain connection to it.
    pub(crate) async fn connection(&self) -> Connection {
        PgConnectOptions::from_str(&self.url())
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    /// Returns a pool as a host has one.
    pub(crate) async fn pool(&self) -> Pool {
        PgPoolOptions::new()
            .max_connections(3)
            .connect(&self.url())
            .await
            .unwrap()
    }
}

impl Drop for Database {
    /// Drops the database, even with open connections or after a panic.
    fn drop(&mut self) {
        let server = self.server.clone();
        let mut statements = vec![format!(
            "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            self.name
        )];
        statements.extend(self.role.as_ref().map(|role| format!("DROP ROLE {role}")));
        // The test's runtime cannot be blocked from within, so a thread drops the database.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let mut connection = Connection::connect(&server).await?;
                for statement in statements {
                    connection.execute(AssertSqlSafe(statement)).await?;
                }
                connection.close().await
            })
        });
        let dropped: Result<(), sqlx::Error> = dropping.join().unwrap();
        if !std::thread::panicking() {
            dropped.unwrap();
        }
    }
}

/// Returns the names of all tables, indexes, views and functions, with their schema.
pub(crate) async fn names(pool: &Pool) -> BTreeSet<String> {
    pool.fetch_all(
        "SELECT n.nspname || '.' || c.relname AS name FROM pg_class AS c \
         JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
         UNION ALL SELECT n.nspname || '.' || p.proname FROM pg_proc AS p \
         JOIN pg_namespace AS n ON n.oid = p.pronamespace \
         WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'",
    )
    .await
    .unwrap()
    .iter()
    .map(|row| row.get("name"))
    .collect()
}
