//! Temporary databases on the given Postgres server.

use crate::Outcome;
use order_sqlx::postgres::{PostgresOptions, PostgresStore};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use std::str::FromStr;

/// A Postgres server on which databases may be created.
pub(crate) struct Cluster {
    url: String,
    options: PgConnectOptions,
}

impl Cluster {
    pub(crate) fn new(url: &str) -> Outcome<Self> {
        Ok(Self {
            url: url.to_owned(),
            options: PgConnectOptions::from_str(url)?,
        })
    }

    /// Returns the process of a backend of this server.
    pub(crate) async fn backend(&self) -> Outcome<u32> {
        let mut server = PgConnection::connect_with(&self.options).await?;
        let row = server.fetch_one("SELECT pg_backend_pid()").await?;
        Ok(u32::try_from(row.try_get::<i32, _>(0)?)?)
    }

    /// Creates an empty database with this name, replacing one left from an earlier run.
    pub(crate) async fn database(&self, name: &str) -> Outcome<Database> {
        let mut server = PgConnection::connect_with(&self.options).await?;
        for statement in [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name}"),
        ] {
            server.execute(AssertSqlSafe(statement)).await?;
        }
        Ok(Database {
            url: renamed(&self.url, name),
            options: self.options.clone().database(name),
        })
    }

    /// Removes a database.
    pub(crate) async fn remove(&self, name: &str) -> Outcome {
        let mut server = PgConnection::connect_with(&self.options).await?;
        let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        server.execute(AssertSqlSafe(statement)).await?;
        Ok(())
    }
}

/// Returns the URL of another database on the same server.
fn renamed(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, ""), |(a, p)| (a, p));
    let host = address.rfind('/').map_or(address, |at| &address[..at]);
    if parameters.is_empty() {
        format!("{host}/{name}")
    } else {
        format!("{host}/{name}?{parameters}")
    }
}

impl Cluster {
    /// Creates an empty database owned by a role of the same name, which is no superuser.
    pub(crate) async fn database_of_a_role(&self, name: &str) -> Outcome<Database> {
        let mut database = self.database(name).await?;
        let mut server = PgConnection::connect_with(&self.options).await?;
        for statement in [
            format!("DROP ROLE IF EXISTS {name}"),
            format!("CREATE ROLE {name} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{name}'"),
            format!("ALTER DATABASE {name} OWNER TO {name}"),
        ] {
            server.execute(AssertSqlSafe(statement)).await?;
        }
        let sign = if database.url.contains('?') { '&' } else { '?' };
        database.url = format!("{}{sign}user={name}&password={name}", database.url);
        Ok(database)
    }

    /// Removes such a database and its role.
    pub(crate) async fn remove_with_role(&self, name: &str) -> Outcome {
        self.remove(name).await?;
        let mut server = PgConnection::connect_with(&self.options).await?;
        let statement = format!("DROP ROLE IF EXISTS {name}");
        server.execute(AssertSqlSafe(statement)).await?;
        Ok(())
    }
}

/// One database.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) options: PgConnectOptions,
}

impl Database {
    pub(crate) async fn connection(&self) -> Outcome<PgConnection> {
        Ok(PgConnection::connect_with(&self.options).await?)
    }

    /// Returns a migrated store in it.
    pub(crate) async fn store(&self) -> Outcome<PostgresStore> {
        let store = PostgresStore::connect(&self.url, PostgresOptions::new()).await?;
        store.migrate().await?;
        Ok(store)
    }
}
