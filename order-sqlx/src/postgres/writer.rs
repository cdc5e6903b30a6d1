//! Who writes: a line for changes, a line for reservations, and units of work beside them.

use super::access::Access;
use super::changes::{Changes, Committing};
use super::dialect::{Connection, Db, Pool, is_lost};
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
use std::time::Duration;

/// So many connections that four of them can be kept for lines.
const PLENTY: u32 = 8;

/// Writes through connections of one pool.
pub(super) struct Writer {
    access: Access,
    changes: Arc<Changes>,
    stock: Arc<Stock>,
}

impl Writer {
    /// A writer through connections of this pool.
    pub(super) fn new(access: Access) -> Self {
        Self {
            changes: Arc::new(Changes::new(access.clone())),
            stock: Arc::new(Stock::new(access.clone())),
            access,
        }
    }

    /// Writes what it was given, and nothing more.
    pub(super) async fn close(&self) {
        line::Server::line(&*self.changes).close().await;
        line::Server::line(&*self.stock).close().await;
    }

    /// Stores a change.
    pub(super) async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError> {
        let change = Box::new(Prepared::new(change)?);
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
        let access = self.access.clone();
        let unit = tokio::spawn(async move {
            let mut attempts = Attempts::of(access.pool());
            loop {
                match once(&access, &work).await {
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
    access: &Access,
    work: impl for<'c> Fn(&'c mut Connection) -> Running<'c, T>,
) -> Once<T> {
    let mut transaction = match access.begin().await {
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

/// How long a line keeps its connection while nobody waits: its statements, and what they touch, are
/// at hand there. Not where connections are few.
pub(super) fn patience(pool: &Pool) -> Duration {
    if are_plenty(pool) {
        Duration::from_millis(20)
    } else {
        Duration::ZERO
    }
}

/// Whether there are so many connections that some can be kept for lines.
pub(super) fn are_plenty(pool: &Pool) -> bool {
    pool.options().get_max_connections() >= PLENTY
}

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
