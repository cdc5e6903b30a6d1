//! Everything that runs a transaction: begun, limited to its scope, committed, retried.
//!
//! The scope is the storefronts that row-level security lets a transaction see; it is set only
//! where that is on. What a transaction does is passed in; nothing here knows a table.

use super::dialect::{BEGIN, Connection, Db, is_connection_lost};
use super::pool::ScopedPool;
use super::shared::error::DbError;
use super::shared::queue::store_closed;
use super::shared::retry::{RetryBudget, TxFuture, retry_read};
use order_core::ports::StoreError;
use order_core::value::StorefrontId;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Transaction};
use std::ops::{Deref, DerefMut};

/// The scope of work for all storefronts.
const ALL_STOREFRONTS: &str = "*";

/// Limits a transaction to the storefronts of a scope, until it ends.
pub(super) async fn set_scope(connection: &mut Connection, scope: &str) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT set_config('orders.storefronts', $1, true)")
        .bind(scope)
        .execute(connection)
        .await?;
    Ok(())
}

/// How a transaction ended.
pub(super) enum TxOutcome<T> {
    Committed(T),
    /// Nothing is stored.
    Failed(DbError),
    /// The connection was lost during the commit: it is unknown whether anything is stored.
    InDoubt(DbError),
}

/// Runs work in a transaction of its own, for all storefronts, once.
pub(super) async fn run_in_tx<T>(
    pool: &ScopedPool,
    work: impl for<'c> Fn(&'c mut Connection) -> TxFuture<'c, T>,
) -> TxOutcome<T> {
    let mut transaction = match begin(pool).await {
        Ok(transaction) => transaction,
        Err(error) => return TxOutcome::Failed(error.into()),
    };
    let result = match work(&mut transaction).await {
        Ok(result) => result,
        Err(error) => return TxOutcome::Failed(error),
    };
    match transaction.commit().await {
        Ok(()) => TxOutcome::Committed(result),
        Err(error) if is_connection_lost(&error) => TxOutcome::InDoubt(error.into()),
        Err(error) => TxOutcome::Failed(error.into()),
    }
}

async fn begin(pool: &ScopedPool) -> Result<Transaction<'static, Db>, sqlx::Error> {
    let mut transaction = pool.pool().begin_with(BEGIN).await?;
    if pool.has_row_level_security() {
        set_scope(&mut transaction, ALL_STOREFRONTS).await?;
    }
    Ok(transaction)
}

/// Runs work in a transaction of its own, in a spawned task, and retries it if that may help. Work
/// that may already be stored is not retried: not every work is idempotent.
pub(super) async fn run_with_retry<F, T>(pool: &ScopedPool, work: F) -> Result<T, StoreError>
where
    F: for<'c> Fn(&'c mut Connection) -> TxFuture<'c, T> + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let pool = pool.clone();
    let task = tokio::spawn(async move {
        let mut budget = RetryBudget::for_pool(pool.pool());
        loop {
            match run_in_tx(&pool, &work).await {
                TxOutcome::Committed(result) => return Ok(result),
                TxOutcome::Failed(error) if budget.should_retry(&error).await => {}
                TxOutcome::Failed(error) | TxOutcome::InDoubt(error) => {
                    return Err(StoreError::from(error));
                }
            }
        }
    });
    task.await.unwrap_or_else(|_| Err(store_closed()))
}

/// Runs work that is a single statement and may be repeated, in a spawned task. The statement is a
/// transaction by itself, which saves two round trips. It is retried if that may help, also where it
/// may have been executed before its connection was lost.
pub(super) async fn run_statement_with_retry<F, T>(
    pool: &ScopedPool,
    work: F,
) -> Result<T, StoreError>
where
    F: for<'c> Fn(&'c mut Connection) -> TxFuture<'c, T> + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let pool = pool.pool().clone();
    let task = tokio::spawn(async move {
        retry_read(&pool, async || work(&mut *pool.acquire().await?).await).await
    });
    task.await.unwrap_or_else(|_| Err(store_closed()))
}

/// A connection for one statement: within a transaction only if it has a scope.
pub(super) enum ScopedConnection<'c> {
    Plain(&'c mut Connection),
    Scoped(Transaction<'c, Db>),
}

impl<'c> ScopedConnection<'c> {
    /// Begins a transaction on a connection if there is a scope.
    pub(super) async fn begin(
        connection: &'c mut Connection,
        scope: Option<String>,
    ) -> Result<Self, sqlx::Error> {
        let Some(scope) = scope else {
            return Ok(Self::Plain(connection));
        };
        let mut transaction = connection.begin_with(BEGIN).await?;
        set_scope(&mut transaction, &scope).await?;
        Ok(Self::Scoped(transaction))
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        match self {
            Self::Plain(connection) => connection,
            Self::Scoped(transaction) => transaction,
        }
    }

    /// Commits the transaction, if one was begun.
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Scoped(transaction) => transaction.commit().await,
        }
    }
}

/// A pooled connection to read through: within a transaction only if row-level security is on.
pub(super) enum ReadConnection {
    Plain(PoolConnection<Db>),
    Scoped(Transaction<'static, Db>),
}

impl ReadConnection {
    /// Returns a connection to read the rows of a storefront; `None`: of all storefronts.
    pub(super) async fn begin(
        pool: &ScopedPool,
        storefront: Option<&StorefrontId>,
    ) -> Result<Self, DbError> {
        if !pool.has_row_level_security() {
            return Ok(Self::Plain(pool.pool().acquire().await?));
        }
        let scope = storefront.map_or(ALL_STOREFRONTS, StorefrontId::as_str);
        let (pool, scope) = (pool.pool().clone(), scope.to_owned());
        // In a spawned task: a caller that is dropped while it begins leaves no transaction open.
        let begun = tokio::spawn(async move {
            let mut transaction = pool.begin_with(BEGIN).await?;
            set_scope(&mut transaction, &scope).await?;
            Ok(transaction)
        });
        match begun.await {
            Ok(Ok(transaction)) => Ok(Self::Scoped(transaction)),
            Ok(Err(error)) => Err(DbError::Sql(error)),
            Err(_) => Err(DbError::Sql(sqlx::Error::WorkerCrashed)),
        }
    }
}

impl Deref for ReadConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Self::Plain(connection) => connection,
            Self::Scoped(transaction) => transaction,
        }
    }
}

impl DerefMut for ReadConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        match self {
            Self::Plain(connection) => connection,
            Self::Scoped(transaction) => transaction,
        }
    }
}
