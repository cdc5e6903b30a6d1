//! The queue of commits, and which write path a change takes on Postgres.
//!
//! - **The hot path.** A batch of changes is one call of the SQL function `commit_changes`
//!   ([`commit_call`](super::commit_call)), without an explicit transaction: the statement is atomic by itself. It
//!   checks each change, and writes those that apply. Where another writer came in between, the whole
//!   statement fails with a conflict and is sent again. With row-level security it runs in a
//!   transaction that is limited to the storefronts of the batch.
//! - **Beside the queue.** A change that is not batchable, one for which the function answers
//!   "needs a transaction", and each change of a batch that was refused as a whole, goes by itself:
//!   a transaction with the shared [`commit_all`], in a
//!   task of its own, so that the next batch does not wait.
//! - **Locked rows.** A batch waits 250 ms for rows that others have locked. Then it is refused, and
//!   only the change that needs the row waits on, by itself.
//! - **Stock.** The function takes the units that its batch reserves, summed by product. A change whose
//!   product is short for the batch as a whole goes by itself, as does one whose reservation is there
//!   already.
//! - **In-doubt commits.** If the connection is lost before the answer, the batch is sent again; a
//!   change that is refused then is compared with what is stored ([`in_doubt`](super::in_doubt)).
//! - **Leases.** New effects are inserted with the lease their change asks for, on every path.
//!
//! Two batches may be written concurrently, since one Postgres backend uses one core. They never
//! share an order, an idempotency key, an inbox entry or a reservation.

use super::super::analyze::{self, AnalyzeSchedule};
use super::super::dialect::{Connection, is_unavailable};
use super::super::pool::ScopedPool;
use super::super::shared::commit::commit_all;
use super::super::shared::encode::EncodedChange;
use super::super::shared::error::{DbError, SharedError};
use super::super::shared::queue::{self, BatchHandler, BatchJob, BatchQueue, ConflictKey, Reply};
use super::super::shared::retry::RetryBudget;
use super::super::tx::{ScopedConnection, TxOutcome, run_in_tx};
use super::commit_call::{self, BatchedOutcome};
use super::in_doubt::InDoubt;
use super::{CachedConnection, cached_connection, has_spare_connections, idle_timeout};
use order_core::ports::{Change, CommitOutcome, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// A change, and the caller that waits for its outcome.
pub(in super::super) struct CommitJob {
    change: Box<EncodedChange>,
    reply: Reply<CommitOutcome>,
}

impl BatchJob for CommitJob {
    fn conflict_keys(&self) -> Vec<ConflictKey> {
        self.change.conflict_keys()
    }

    fn bytes(&self) -> usize {
        self.change.bytes()
    }
}

impl CommitJob {
    fn reply(self, outcome: Result<CommitOutcome, StoreError>) {
        // The caller may be gone.
        drop(self.reply.send(outcome));
    }
}

pub(in super::super) struct CommitQueue {
    pool: ScopedPool,
    queue: BatchQueue<CommitJob>,
    analyze_schedule: AnalyzeSchedule,
}

/// What became of a batch.
enum BatchResult {
    /// The outcome of each change.
    Decided(Vec<BatchedOutcome>),
    /// Nothing is stored, and each change may succeed by itself.
    Refused,
    /// Nothing is known to be stored.
    Failed(DbError),
}

impl BatchHandler for CommitQueue {
    type Job = CommitJob;
    type Session = CachedConnection;

    fn queue(&self) -> &BatchQueue<CommitJob> {
        &self.queue
    }

    fn max_concurrent_batches(&self) -> usize {
        if has_spare_connections(self.pool.pool()) {
            2
        } else {
            1
        }
    }

    fn idle_timeout(&self) -> Duration {
        idle_timeout(self.pool.pool())
    }

    async fn handle(&self, session: &mut CachedConnection, batch: Vec<CommitJob>) {
        let (batchable, mut single): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|job| commit_call::is_batchable(&job.change));
        let commits = batchable.len().try_into().unwrap_or_default();
        if self.analyze_schedule.is_due_after(commits) {
            let pool = self.pool.pool().clone();
            self.queue.spawn_tracked(analyze::analyze(pool));
        }
        let mut in_doubt = InDoubt::default();
        let mut short_of_stock = Vec::new();
        match self.commit_batch(session, &batchable, &mut in_doubt).await {
            BatchResult::Decided(outcomes) => {
                for (job, outcome) in batchable.into_iter().zip(outcomes) {
                    match outcome {
                        BatchedOutcome::Decided(CommitOutcome::Applied) => {
                            job.reply(Ok(CommitOutcome::Applied));
                        }
                        BatchedOutcome::Decided(outcome) => {
                            let outcome = in_doubt.settle(&self.pool, &job.change, outcome).await;
                            job.reply(outcome.map_err(StoreError::from));
                        }
                        BatchedOutcome::NeedsTransaction if job.change.reserve.is_some() => {
                            short_of_stock.push(job);
                        }
                        BatchedOutcome::NeedsTransaction => single.push(job),
                    }
                }
            }
            BatchResult::Refused => single.extend(batchable),
            BatchResult::Failed(error) => {
                let error = SharedError::new(error.into());
                for job in batchable {
                    job.reply(Err(error.to_store_error()));
                }
            }
        }
        for job in single {
            let pool = self.pool.clone();
            self.queue
                .spawn_tracked(async move { commit_one(&pool, job, in_doubt).await });
        }
        if !short_of_stock.is_empty() {
            let pool = self.pool.clone();
            // One after the other, so that they do not wait for each other's locks.
            self.queue.spawn_tracked(async move {
                for job in short_of_stock {
                    commit_one(&pool, job, in_doubt).await;
                }
            });
        }
    }
}

impl CommitQueue {
    pub(in super::super) fn new(pool: ScopedPool) -> Self {
        Self {
            pool,
            queue: BatchQueue::default(),
            analyze_schedule: AnalyzeSchedule::default(),
        }
    }

    /// Commits a change, in a batch with others.
    pub(in super::super) async fn commit(
        self: &Arc<Self>,
        change: Change,
    ) -> Result<CommitOutcome, StoreError> {
        let change = Box::new(EncodedChange::new(change)?);
        queue::submit(self, |reply| CommitJob { change, reply }).await
    }

    /// Finishes the queued changes, and refuses new ones.
    pub(in super::super) async fn close(&self) {
        self.queue.close().await;
    }

    /// Sends a batch as one statement.
    async fn send(
        &self,
        connection: &mut Connection,
        changes: &[&EncodedChange],
    ) -> Result<Vec<BatchedOutcome>, DbError> {
        let storefronts = changes.iter().flat_map(|change| change.storefronts());
        let scope = self.pool.scope(storefronts);
        let mut scoped = ScopedConnection::begin(connection, scope).await?;
        let outcomes = commit_call::call(scoped.connection(), changes).await?;
        scoped.commit().await?;
        Ok(outcomes)
    }

    /// Commits a batch as one statement, and retries it if that may help.
    async fn commit_batch(
        &self,
        session: &mut CachedConnection,
        jobs: &[CommitJob],
        in_doubt: &mut InDoubt,
    ) -> BatchResult {
        if jobs.is_empty() {
            return BatchResult::Decided(Vec::new());
        }
        let changes: Vec<_> = jobs.iter().map(|job| &*job.change).collect();
        let mut budget = RetryBudget::for_pool(self.pool.pool());
        loop {
            let sent = match cached_connection(session, self.pool.pool()).await {
                Ok(connection) => self.send(connection, &changes).await,
                Err(error) => return BatchResult::Failed(error),
            };
            match sent {
                Ok(outcomes) => return BatchResult::Decided(outcomes),
                Err(error) => {
                    if error.is_connection_lost() {
                        in_doubt.connection_lost();
                        *session = None;
                    }
                    if budget.should_retry(&error).await {
                        continue;
                    }
                    let is_outage = matches!(&error, DbError::Sql(error) if is_unavailable(error));
                    let one_is_at_fault = !is_outage && jobs.len() > 1;
                    return if error.is_conflict() || error.is_lock_timeout() || one_is_at_fault {
                        tracing::debug!(%error, "a batch of changes is committed one by one");
                        BatchResult::Refused
                    } else {
                        BatchResult::Failed(error)
                    };
                }
            }
        }
    }
}

/// Commits one change beside the queue, in a transaction of several statements.
async fn commit_one(pool: &ScopedPool, job: CommitJob, mut in_doubt: InDoubt) {
    let change = Arc::<EncodedChange>::from(job.change);
    let mut budget = RetryBudget::for_pool(pool.pool());
    let outcome = loop {
        let committed = run_in_tx(pool, |connection| {
            let change = Arc::clone(&change);
            Box::pin(async move { Ok(commit_all(connection, &[&change]).await?.pop()) })
        });
        let error = match committed.await {
            TxOutcome::Committed(Some(CommitOutcome::Applied)) => break Ok(CommitOutcome::Applied),
            TxOutcome::Committed(Some(outcome)) => {
                break in_doubt.settle(pool, &change, outcome).await;
            }
            TxOutcome::Committed(None) => {
                break Err(DbError::ContractViolation("a change without an outcome"));
            }
            TxOutcome::InDoubt(error) => {
                in_doubt.connection_lost();
                error
            }
            TxOutcome::Failed(error) => error,
        };
        if !budget.should_retry(&error).await {
            break Err(error);
        }
    };
    drop(job.reply.send(outcome.map_err(StoreError::from)));
}
