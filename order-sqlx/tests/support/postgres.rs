//! A Postgres database for each test, dropped afterwards.

pub(crate) use order_sqlx::PostgresStore as Store;
pub(crate) use order_sqlx::postgres::SqlInventory;
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

/// How a host begins a transaction to commit an order in.
pub(crate) const BEGIN: &str = "BEGIN";

/// What the names of ours begin with.
pub(crate) const PREFIX: &str = "orders.";

/// Takes a name of ours for something of the host's.
pub(crate) const OCCUPY: &str =
    "CREATE SCHEMA orders; CREATE TABLE orders.events (of_the_host TEXT)";

/// Makes the database refuse orders of one customer.
pub(crate) const FAIL_ON_CUSTOMER: &str = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
     'BEGIN RAISE EXCEPTION ''refused''; END'; \
     CREATE TRIGGER refuse BEFORE INSERT ON orders.orders FOR EACH ROW \
     WHEN (new.customer_id = 'refused') EXECUTE FUNCTION refuse()";

/// A table of ours, as a host names it.
pub(crate) fn table(name: &str) -> String {
    format!("orders.{name}")
}

/// A view of ours.
pub(crate) fn view(name: &str) -> String {
    format!("orders.order_{name}")
}

/// A document with another value, in SQL.
pub(crate) fn with(field: &str, json: &str) -> String {
    format!("jsonb_set(document::jsonb, '{{{field}}}', '{json}')::text")
}

/// The server that tests make their databases on.
#[expect(clippy::panic, reason = "without it there is nothing to test on")]
fn server() -> String {
    env::var("ORDER_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "ORDER_TEST_POSTGRES_URL is not set: run `scripts/test`, or `scripts/postgres with \
             cargo test`, which start a Postgres of their own where it is not set"
        )
    })
}

/// A database for one test.
pub(crate) struct Database {
    server: String,
    name: String,
    /// A role that owns it and may not do more than it must.
    role: Option<String>,
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self::on(server()).await
    }

    /// A database on this server.
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

    /// A database of a role that is no superuser.
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

    /// Its URL, for its role if it has one.
    pub(crate) fn url(&self) -> String {
        let (start, parameters) = match self.server.split_once('?') {
            Some((start, parameters)) => (start, format!("?{parameters}")),
            None => (self.server.as_str(), String::new()),
        };
        let (scheme, rest) = start.split_once("://").unwrap();
        let (place, _) = rest.rsplit_once('/').unwrap();
        let place = match (&self.role, place.rsplit_once('@')) {
            (Some(role), Some((_, place))) => format!("{role}:{role}@{place}"),
            (Some(role), None) => format!("{role}:{role}@{place}"),
            (None, _) => place.to_owned(),
        };
        format!("{scheme}://{place}/{}{parameters}", self.name)
    }

    /// Its name, and that of its role.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A store in it that keeps storefronts apart.
    pub(crate) async fn isolated(&self) -> Store {
        let store = self.unmigrated().await.isolated();
        store.migrate().await.unwrap();
        store
    }

    /// A store in it.
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

    /// A connection to it that knows nothing of the store.
    pub(crate) async fn connection(&self) -> Connection {
        PgConnectOptions::from_str(&self.url())
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    /// A pool as a host has one.
    pub(crate) async fn pool(&self) -> Pool {
        PgPoolOptions::new()
            .max_connections(3)
            .connect(&self.url())
            .await
            .unwrap()
    }
}

impl Drop for Database {
    /// Drops the database, whoever is still connected, and however the test has ended.
    fn drop(&mut self) {
        let server = self.server.clone();
        let mut statements = vec![format!(
            "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            self.name
        )];
        statements.extend(self.role.as_ref().map(|role| format!("DROP ROLE {role}")));
        // The test's runtime cannot be waited for from within.
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

/// Tables, indexes, views and functions, with their schema.
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
