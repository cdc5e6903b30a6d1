//! Who writes: a line for changes, a line for reservations, and units of work beside them.

use super::changes::{Changes, Committing};
use super::dialect::{BEGIN, Connection, Db, Pool, is_lost};
use super::failure::Failure;
use super::line::{self, gone};
use super::prepared::Prepared;
use super::reservations::{Key, Reserved};
use super::stock::{Stock, Wish, Wishing};
use super::unit::{Attempts, Running};
use order_core::order::SkuUnits;
use order_core::ports::{Change, CommitOutcome, StoreError};
use order_core::time::Timestamp;
use sqlx::pool::PoolConnection;
use std::sync::Arc;

/// Writes through connections of one pool.
pub(super) struct Writer {
    pool: Pool,
    changes: Arc<Changes>,
    stock: Arc<Stock>,
}

impl Writer {
    /// A writer through connections of this pool.
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            changes: Arc::new(Changes::new(pool.clone())),
            stock: Arc::new(Stock::new(pool.clone())),
            pool,
        }
    }

    /// Where it writes.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Writes what it was given, and nothing more.
    pub(super) async fn close(&self) {
        line::Server::line(&*self.changes).close().await;
        line::Server::line(&*self.stock).close().await;
    }

    /// Stores a change.
    pub(super) async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError> {
        let change = Prepared::new(change)?;
        line::enter(&self.changes, |answer| Committing { change, answer }).await
    }

    /// Sets units aside.
    pub(super) async fn reserve(
        &self,
        key: Key,
        lines: Vec<SkuUnits>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Reserved, StoreError> {
        let wish = Wish {
            key,
            lines,
            now,
            expires_at,
        };
        line::enter(&self.stock, |answer| Wishing { wish, answer }).await
    }

    /// Runs a unit of work. It may run more than once; its last run is the one that is stored.
    pub(super) async fn write<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Fn(&'c mut Connection) -> Running<'c, T> + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let pool = self.pool.clone();
        let unit = tokio::spawn(async move {
            let mut attempts = Attempts::of(&pool);
            loop {
                match once(&pool, &work).await {
                    Once::Stored(outcome) => return Ok(outcome),
                    Once::Failed(failure) if attempts.again_after(&failure).await => {}
                    Once::Failed(failure) | Once::InDoubt(failure) => {
                        return Err(StoreError::from(failure));
                    }
                }
            }
        });
        unit.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// What became of a transaction.
pub(super) enum Once<T> {
    /// It is stored.
    Stored(T),
    /// Nothing is stored.
    Failed(Failure),
    /// The connection was lost as it was to be committed: nobody knows.
    InDoubt(Failure),
}

/// Does it once, as a transaction of its own.
pub(super) async fn once<T>(
    pool: &Pool,
    work: impl for<'c> Fn(&'c mut Connection) -> Running<'c, T>,
) -> Once<T> {
    let mut transaction = match pool.begin_with(BEGIN).await {
        Ok(transaction) => transaction,
        Err(error) => return Once::Failed(error.into()),
    };
    let outcome = match work(&mut transaction).await {
        Ok(outcome) => outcome,
        Err(failure) => return Once::Failed(failure),
    };
    match transaction.commit().await {
        Ok(()) => Once::Stored(outcome),
        Err(error) if is_lost(&error) => Once::InDoubt(error.into()),
        Err(error) => Once::Failed(error.into()),
    }
}

/// The connection a line writes through, while there is something to write.
pub(super) type Held = Option<PoolConnection<Db>>;

/// The connection that is held, or a new one.
pub(super) async fn connection<'h>(
    held: &'h mut Held,
    pool: &Pool,
) -> Result<&'h mut Connection, Failure> {
    let connection = match held.take() {
        Some(connection) => connection,
        None => pool.acquire().await?,
    };
    Ok(held.insert(connection))
}
