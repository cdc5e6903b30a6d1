//! Where the shared modules write on SQLite: one queue for all writes, since SQLite has one writer.
//!
//! A batch is one transaction. All its changes are committed by one call of [`commit_all`]; every
//! other write runs in a savepoint, so that one that fails is rolled back alone. If the batch fails
//! for the fault of one job, its jobs are written one by one.

use super::dialect::{BEGIN, Connection, Db, Pool};
use super::shared::commit::commit_all;
use super::shared::encode::EncodedChange;
use super::shared::error::{DbError, SharedError};
use super::shared::inventory::reserve::{ReservationRequest, ReserveResult, reserve};
use super::shared::queue::{
    self, BatchHandler, BatchJob, BatchQueue, ConflictKey, Reply, store_closed,
};
use super::shared::retry::{RetryBudget, TxFuture};
use order_core::ports::{Change, CommitOutcome, StoreError};
use sqlx::{Acquire as _, Transaction};
use std::sync::Arc;

/// Work within a transaction, whose result type is hidden from the queue.
pub(super) trait Work: Send + Sync {
    /// Runs the work, and keeps its result.
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> TxFuture<'c, ()>;

    /// Replies with the result, or with the error of the commit.
    fn reply(self: Box<Self>, committed: Result<(), StoreError>);
}

struct TypedWork<F, T> {
    work: F,
    result: Option<T>,
    reply: Reply<T>,
}

impl<F, T> Work for TypedWork<F, T>
where
    F: for<'c> Fn(&'c mut Connection) -> TxFuture<'c, T> + Send + Sync,
    T: Send + Sync,
{
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> TxFuture<'c, ()> {
        Box::pin(async move {
            self.result = Some((self.work)(connection).await?);
            Ok(())
        })
    }

    fn reply(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        // The caller may be gone.
        drop(reply.send(committed.and_then(|()| result.ok_or_else(store_closed))));
    }
}

/// A queued write.
pub(super) enum WriteJob {
    Commit {
        change: Box<EncodedChange>,
        outcome: Option<CommitOutcome>,
        reply: Reply<CommitOutcome>,
    },
    Other(Box<dyn Work>),
}

impl BatchJob for WriteJob {
    fn conflict_keys(&self) -> Vec<ConflictKey> {
        match self {
            Self::Commit { change, .. } => change.conflict_keys(),
            Self::Other(_) => Vec::new(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Commit { change, .. } => change.bytes(),
            Self::Other(_) => 0,
        }
    }
}

impl WriteJob {
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> TxFuture<'c, ()> {
        match self {
            Self::Commit {
                change, outcome, ..
            } => Box::pin(async move {
                *outcome = commit_all(connection, &[change]).await?.pop();
                Ok(())
            }),
            Self::Other(work) => work.run(connection),
        }
    }

    fn reply(self, committed: Result<(), StoreError>) {
        match self {
            Self::Commit { outcome, reply, .. } => {
                drop(reply.send(committed.and_then(|()| outcome.ok_or_else(store_closed))));
            }
            Self::Other(work) => work.reply(committed),
        }
    }
}

/// Writes one transaction at a time.
pub(super) struct Writer {
    pool: Pool,
    queue: BatchQueue<WriteJob>,
}

impl Writer {
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            pool,
            queue: BatchQueue::default(),
        }
    }

    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Finishes the queued jobs, and refuses new ones.
    pub(super) async fn close(&self) {
        self.queue.close().await;
    }

    /// Commits a change, in a batch with others.
    pub(super) async fn commit(
        self: &Arc<Self>,
        change: Change,
    ) -> Result<CommitOutcome, StoreError> {
        let change = Box::new(EncodedChange::new(change)?);
        let job = |reply| WriteJob::Commit {
            change,
            outcome: None,
            reply,
        };
        queue::submit(self, job).await
    }

    /// Runs work in a transaction, in a batch with others. It may run more than once; the last run
    /// is the one that is committed.
    pub(super) async fn write<F, T>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Fn(&'c mut Connection) -> TxFuture<'c, T> + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let job = |reply| {
            WriteJob::Other(Box::new(TypedWork {
                work,
                result: None,
                reply,
            }))
        };
        queue::submit(self, job).await
    }

    /// Runs work that is a single statement and may be repeated, in a batch with others.
    pub(super) async fn write_statement<F, T>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Fn(&'c mut Connection) -> TxFuture<'c, T> + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        self.write(work).await
    }

    /// Reserves units, in a batch with other writes.
    pub(super) async fn reserve(
        self: &Arc<Self>,
        request: ReservationRequest,
    ) -> Result<ReserveResult, StoreError> {
        self.write(move |connection| {
            let request = request.clone();
            Box::pin(async move { reserve(connection, &request).await })
        })
        .await
    }

    /// Writes a batch in one transaction.
    async fn write_batch(&self, batch: &mut [WriteJob]) -> BatchResult {
        let mut transaction = match self.pool.begin_with(BEGIN).await {
            Ok(transaction) => transaction,
            Err(error) => return BatchResult::Failed(DbError::Sql(error).into()),
        };
        let mut results = Vec::with_capacity(batch.len());
        if let Err(error) = commit_changes(&mut transaction, batch).await {
            return BatchResult::RolledBack(error);
        }
        for job in batch.iter_mut() {
            let WriteJob::Other(work) = job else {
                results.push(Ok(()));
                continue;
            };
            match run_in_savepoint(&mut transaction, &mut **work).await {
                Ok(result) => results.push(result),
                Err(error) => return BatchResult::RolledBack(error),
            }
        }
        match transaction.commit().await {
            Ok(()) => BatchResult::Committed(results),
            Err(error) => BatchResult::Failed(DbError::Sql(error).into()),
        }
    }

    /// Writes one job in a transaction of its own, and retries it if that may help.
    async fn write_one(&self, mut job: WriteJob) {
        let mut budget = RetryBudget::for_pool(&self.pool);
        let committed = loop {
            match self.try_write(&mut job).await {
                Err(error) if budget.should_retry(&error).await => {}
                committed => break committed,
            }
        };
        job.reply(committed.map_err(StoreError::from));
    }

    async fn try_write(&self, job: &mut WriteJob) -> Result<(), DbError> {
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        job.run(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

impl BatchHandler for Writer {
    type Job = WriteJob;
    type Session = ();

    fn queue(&self) -> &BatchQueue<WriteJob> {
        &self.queue
    }

    async fn handle(&self, (): &mut (), mut batch: Vec<WriteJob>) {
        if batch.len() > 1 {
            match self.write_batch(&mut batch).await {
                BatchResult::Committed(results) => {
                    for (job, result) in batch.into_iter().zip(results) {
                        match result {
                            Err(error) if error.is_conflict() => self.write_one(job).await,
                            result => job.reply(result.map_err(StoreError::from)),
                        }
                    }
                    return;
                }
                BatchResult::Failed(error) => {
                    let error = SharedError::new(error);
                    for job in batch {
                        job.reply(Err(error.to_store_error()));
                    }
                    return;
                }
                BatchResult::RolledBack(error) => {
                    tracing::debug!(%error, "a batch of writes is written one by one");
                }
            }
        }
        for job in batch {
            self.write_one(job).await;
        }
    }
}

/// What became of a batch.
enum BatchResult {
    /// It is committed, without the jobs that failed.
    Committed(Vec<Result<(), DbError>>),
    /// It is not known to be committed.
    Failed(StoreError),
    /// Nothing is committed, for the fault of one job.
    RolledBack(DbError),
}

/// Commits the changes of a batch.
async fn commit_changes(
    connection: &mut Connection,
    batch: &mut [WriteJob],
) -> Result<(), DbError> {
    let (mut changes, mut slots) = (Vec::new(), Vec::new());
    for job in batch {
        if let WriteJob::Commit {
            change, outcome, ..
        } = job
        {
            changes.push(&**change);
            slots.push(outcome);
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let outcomes = commit_all(connection, &changes).await?;
    for (slot, outcome) in slots.into_iter().zip(outcomes) {
        *slot = Some(outcome);
    }
    Ok(())
}

/// Runs work in a savepoint. The inner result is that of the work, which is rolled back on an error.
async fn run_in_savepoint(
    transaction: &mut Transaction<'_, Db>,
    work: &mut dyn Work,
) -> Result<Result<(), DbError>, DbError> {
    let mut savepoint = transaction.begin().await?;
    Ok(match work.run(&mut savepoint).await {
        Ok(()) => {
            savepoint.commit().await?;
            Ok(())
        }
        Err(error) => {
            savepoint.rollback().await?;
            Err(error)
        }
    })
}
