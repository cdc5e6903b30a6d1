//! How the database is used: through one pool, and limited to storefronts where that is wanted.
//!
//! Row-level security compares the storefront of each row with a setting of the transaction. It is
//! set within the transaction, and gone with it.

use super::dialect::{BEGIN, Connection, Db, Pool};
use super::failure::Failure;
use order_core::ports::StoreError;
use order_core::value::StorefrontId;
use sqlx::pool::PoolConnection;
use sqlx::{Executor as _, Row as _, Transaction};
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};

/// What work that is for all storefronts is limited to.
const ALL: &str = "*";

/// Turns row-level security on, for the tables' owner as well. Running it again changes nothing.
const ISOLATE: &str = include_str!("isolate.sql");

/// A pool, and whether what is done through it is limited to storefronts.
#[derive(Clone)]
pub(super) struct Access {
    pool: Pool,
    isolated: bool,
}

impl Access {
    /// Through this pool, unlimited.
    pub(super) const fn new(pool: Pool) -> Self {
        Self {
            pool,
            isolated: false,
        }
    }

    /// Through the same pool, limited.
    pub(super) fn isolated(self) -> Self {
        Self {
            isolated: true,
            ..self
        }
    }

    /// Whether what is done is limited.
    pub(super) const fn is_isolated(&self) -> bool {
        self.isolated
    }

    /// The pool.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What work for these storefronts is limited to, if it is.
    pub(super) fn scope<'a>(
        &self,
        storefronts: impl Iterator<Item = &'a StorefrontId>,
    ) -> Option<String> {
        self.isolated.then(|| {
            let distinct: BTreeSet<&str> = storefronts.map(StorefrontId::as_str).collect();
            distinct.into_iter().collect::<Vec<_>>().join(",")
        })
    }

    /// Begins a transaction for all storefronts.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Db>, sqlx::Error> {
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        if self.isolated {
            limit(&mut transaction, ALL).await?;
        }
        Ok(transaction)
    }

    /// A connection to read what belongs to this storefront; none: to all.
    pub(super) async fn reader(
        &self,
        storefront: Option<&StorefrontId>,
    ) -> Result<Reader, Failure> {
        if !self.isolated {
            return Ok(Reader::Free(self.pool.acquire().await?));
        }
        let scope = storefront.map_or(ALL, StorefrontId::as_str).to_owned();
        let pool = self.pool.clone();
        // A task of its own: a caller who goes away while it begins leaves no transaction open.
        let begun = tokio::spawn(async move {
            let mut transaction = pool.begin_with(BEGIN).await?;
            limit(&mut transaction, &scope).await?;
            Ok(transaction)
        });
        match begun.await {
            Ok(Ok(transaction)) => Ok(Reader::Limited(transaction)),
            Ok(Err(error)) => Err(Failure::Sql(error)),
            Err(_) => Err(Failure::Sql(sqlx::Error::WorkerCrashed)),
        }
    }

    /// Turns row-level security on, if it is wanted.
    pub(super) async fn isolate(&self, connection: &mut Connection) -> Result<(), StoreError> {
        if !self.isolated {
            return Ok(());
        }
        let passes: bool = connection
            .fetch_one("SELECT rolsuper OR rolbypassrls AS passes FROM pg_roles WHERE rolname = current_user")
            .await
            .and_then(|row| row.try_get("passes"))
            .map_err(super::dialect::store_error)?;
        if passes {
            let why =
                "storefronts cannot be isolated: the database role passes over row-level security";
            return Err(StoreError::Failed(why.into()));
        }
        connection
            .execute(ISOLATE)
            .await
            .map_err(super::dialect::store_error)?;
        Ok(())
    }
}

/// Limits a transaction to storefronts, until it ends.
pub(super) async fn limit(connection: &mut Connection, scope: &str) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT set_config('orders.storefronts', $1, true)")
        .bind(scope)
        .execute(connection)
        .await?;
    Ok(())
}

/// A connection to read through.
pub(super) enum Reader {
    /// All that is there.
    Free(PoolConnection<Db>),
    /// What belongs to some storefronts.
    Limited(Transaction<'static, Db>),
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Self::Free(connection) => connection,
            Self::Limited(transaction) => transaction,
        }
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Connection {
        match self {
            Self::Free(connection) => connection,
            Self::Limited(transaction) => transaction,
        }
    }
}
