//! The one writer: whatever arrived while the last transaction was under way goes out as the next.
//!
//! Each unit keeps its own outcome: one that fails is undone alone.

use super::commit::commit_all;
use super::dialect::{BEGIN, Connection, Db, Pool};
use super::failure::{Common, Failure};
use super::line::{self, About, Answer, Line, gone};
use super::prepared::Prepared;
use super::reservations::{self, Key, Reserved};
use super::unit::{Attempts, Running};
use order_core::order::SkuUnits;
use order_core::ports::{Change, CommitOutcome, StoreError};
use order_core::time::Timestamp;
use sqlx::{Acquire as _, Transaction};
use std::sync::Arc;

/// Something written as one, with an outcome of its own.
pub(super) trait Unit: Send + Sync {
    /// Does it, and keeps what came of it.
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> Running<'c, ()>;

    /// Tells whoever waits that it is stored, or why not.
    fn answer(self: Box<Self>, stored: Result<(), StoreError>);
}

struct Asked<F, T> {
    work: F,
    outcome: Option<T>,
    answer: Answer<T>,
}

impl<F, T> Unit for Asked<F, T>
where
    F: for<'c> Fn(&'c mut Connection) -> Running<'c, T> + Send + Sync,
    T: Send + Sync,
{
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> Running<'c, ()> {
        Box::pin(async move {
            self.outcome = Some((self.work)(connection).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, stored: Result<(), StoreError>) {
        let Self {
            outcome, answer, ..
        } = *self;
        // Whoever asked may have gone away.
        drop(answer.send(stored.and_then(|()| outcome.ok_or_else(gone))));
    }
}

/// What waits to be written.
pub(super) enum Job {
    /// A change.
    Commit {
        change: Box<Prepared>,
        outcome: Option<CommitOutcome>,
        answer: Answer<CommitOutcome>,
    },
    /// Anything else.
    Unit(Box<dyn Unit>),
}

impl line::Job for Job {
    fn about(&self) -> Vec<About> {
        match self {
            Self::Commit { change, .. } => change.about(),
            Self::Unit(_) => Vec::new(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Commit { change, .. } => change.bytes(),
            Self::Unit(_) => 0,
        }
    }
}

impl Job {
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> Running<'c, ()> {
        match self {
            Self::Commit {
                change, outcome, ..
            } => Box::pin(async move {
                *outcome = commit_all(connection, &[change]).await?.pop();
                Ok(())
            }),
            Self::Unit(unit) => unit.run(connection),
        }
    }

    fn answer(self, stored: Result<(), StoreError>) {
        match self {
            Self::Commit {
                outcome, answer, ..
            } => drop(answer.send(stored.and_then(|()| outcome.ok_or_else(gone)))),
            Self::Unit(unit) => unit.answer(stored),
        }
    }
}

/// Writes, in one transaction at a time.
pub(super) struct Writer {
    pool: Pool,
    line: Line<Job>,
}

impl Writer {
    /// A writer through connections of this pool, one at a time.
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            pool,
            line: Line::default(),
        }
    }

    /// Where it writes.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Writes what it was given, and nothing more.
    pub(super) async fn close(&self) {
        self.line.close().await;
    }

    /// Stores a change.
    pub(super) async fn commit(
        self: &Arc<Self>,
        change: Change,
    ) -> Result<CommitOutcome, StoreError> {
        let change = Box::new(Prepared::new(change)?);
        let job = |answer| Job::Commit {
            change,
            outcome: None,
            answer,
        };
        line::enter(self, job).await
    }

    /// Runs a unit of work. It may run more than once; its last run is the one that is stored.
    pub(super) async fn write<F, T>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Fn(&'c mut Connection) -> Running<'c, T> + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let job = |answer| {
            Job::Unit(Box::new(Asked {
                work,
                outcome: None,
                answer,
            }))
        };
        line::enter(self, job).await
    }

    /// Sets units aside.
    pub(super) async fn reserve(
        self: &Arc<Self>,
        key: Key,
        lines: Vec<SkuUnits>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Reserved, StoreError> {
        self.write(move |connection| {
            let (key, lines) = (key.clone(), lines.clone());
            Box::pin(async move {
                reservations::reserve(connection, &key, &lines, now, expires_at).await
            })
        })
        .await
    }

    /// Writes a group as one transaction.
    async fn together(&self, group: &mut [Job]) -> Together {
        let mut transaction = match self.pool.begin_with(BEGIN).await {
            Ok(transaction) => transaction,
            Err(error) => return Together::Failed(Failure::Sql(error).into()),
        };
        let mut outcomes = Vec::with_capacity(group.len());
        if let Err(failure) = commits(&mut transaction, group).await {
            return Together::Spoilt(failure);
        }
        for job in group.iter_mut() {
            let Job::Unit(unit) = job else {
                outcomes.push(Ok(()));
                continue;
            };
            match apart(&mut transaction, &mut **unit).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(failure) => return Together::Spoilt(failure),
            }
        }
        match transaction.commit().await {
            Ok(()) => Together::Stored(outcomes),
            Err(error) => Together::Failed(Failure::Sql(error).into()),
        }
    }

    /// Writes one unit as a transaction of its own.
    async fn alone(&self, mut job: Job) {
        let mut attempts = Attempts::of(&self.pool);
        let stored = loop {
            match self.once(&mut job).await {
                Err(failure) if attempts.again_after(&failure).await => {}
                stored => break stored,
            }
        };
        job.answer(stored.map_err(StoreError::from));
    }

    async fn once(&self, job: &mut Job) -> Result<(), Failure> {
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        job.run(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

impl line::Server for Writer {
    type Job = Job;
    type Held = ();

    fn line(&self) -> &Line<Job> {
        &self.line
    }

    async fn serve(&self, (): &mut (), mut group: Vec<Job>) {
        if group.len() > 1 {
            match self.together(&mut group).await {
                Together::Stored(outcomes) => {
                    for (job, outcome) in group.into_iter().zip(outcomes) {
                        match outcome {
                            Err(failure) if failure.is_conflict() => self.alone(job).await,
                            outcome => job.answer(outcome.map_err(StoreError::from)),
                        }
                    }
                    return;
                }
                Together::Failed(error) => {
                    let error = Common::new(error);
                    for job in group {
                        job.answer(Err(error.again()));
                    }
                    return;
                }
                Together::Spoilt(failure) => {
                    tracing::debug!(%failure, "a group of writes goes out one by one");
                }
            }
        }
        for job in group {
            self.alone(job).await;
        }
    }
}

/// What became of a group.
enum Together {
    /// It is stored, but for those units that failed.
    Stored(Vec<Result<(), Failure>>),
    /// It is not known to be stored.
    Failed(StoreError),
    /// Nothing is stored, for the fault of one of them.
    Spoilt(Failure),
}

/// Stores the changes of a group.
async fn commits(connection: &mut Connection, group: &mut [Job]) -> Result<(), Failure> {
    let (mut changes, mut slots) = (Vec::new(), Vec::new());
    for job in group {
        if let Job::Commit {
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

/// Runs a unit so that it can be undone alone.
async fn apart(
    transaction: &mut Transaction<'_, Db>,
    unit: &mut dyn Unit,
) -> Result<Result<(), Failure>, Failure> {
    let mut savepoint = transaction.begin().await?;
    Ok(match unit.run(&mut savepoint).await {
        Ok(()) => {
            savepoint.commit().await?;
            Ok(())
        }
        Err(failure) => {
            savepoint.rollback().await?;
            Err(failure)
        }
    })
}
