//! Where the shared modules write on Postgres: a queue of commits, a queue of reservations, and
//! transactions beside them.

use super::batch::commits::CommitQueue;
use super::batch::reserves::ReserveQueue;
use super::dialect::Connection;
use super::pool::ScopedPool;
use super::shared::inventory::reserve::{ReservationRequest, ReserveResult};
use super::shared::retry::TxFuture;
use super::tx;
use order_core::ports::{Change, CommitOutcome, StoreError};
use std::sync::Arc;

pub(super) struct Writer {
    pool: ScopedPool,
    commits: Arc<CommitQueue>,
    reserves: Arc<ReserveQueue>,
}

impl Writer {
    pub(super) fn new(pool: ScopedPool) -> Self {
        Self {
            commits: Arc::new(CommitQueue::new(pool.clone())),
            reserves: Arc::new(ReserveQueue::new(pool.clone())),
            pool,
        }
    }

    /// Finishes the queued jobs, and refuses new ones.
    pub(super) async fn close(&self) {
        self.commits.close().await;
        self.reserves.close().await;
    }

    /// Commits a change, in a batch with others.
    pub(super) async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError> {
        self.commits.commit(change).await
    }

    /// Reserves units, in a batch with others.
    pub(super) async fn reserve(
        &self,
        request: ReservationRequest,
    ) -> Result<ReserveResult, StoreError> {
        self.reserves.reserve(request).await
    }

    /// Runs work in a transaction. It may run more than once; the last run is the one that is
    /// committed.
    pub(super) async fn write<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Fn(&'c mut Connection) -> TxFuture<'c, T> + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        tx::run_with_retry(&self.pool, work).await
    }

    /// Runs work that is a single statement and may be repeated: without an explicit transaction,
    /// unless row-level security is on. It may be executed more than once.
    pub(super) async fn write_statement<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Fn(&'c mut Connection) -> TxFuture<'c, T> + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        if self.pool.has_row_level_security() {
            return self.write(work).await;
        }
        tx::run_statement_with_retry(&self.pool, work).await
    }
}
