//! The one writer: whatever arrived while the last transaction was under way goes out as the next.
//!
//! Each unit keeps its own outcome: one that fails is undone alone. A unit runs in a task of its
//! own, so that a caller who goes away disturbs nothing and leaves no transaction open.

use super::commit::commit_all;
use super::dialect::{BEGIN, Connection, Db, Pool};
use super::failure::{Common, Failure};
use order_core::ports::{Change, CommitOutcome, KeyChange, StoreError};
use sqlx::{Acquire as _, Transaction};
use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The most units in one transaction. More gains nothing, and makes the first of them wait.
const GROUP: usize = 64;

/// How often a unit that another came in between of begins again.
const ATTEMPTS: u32 = 5;

/// A future that a unit of work runs as.
pub(super) type Running<'c, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'c>>;

/// Who waits for a unit's outcome.
type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// Something written as one, with an outcome of its own.
trait Unit: Send + Sync {
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

enum Job {
    Commit {
        change: Box<Change>,
        outcome: Option<CommitOutcome>,
        answer: Answer<CommitOutcome>,
    },
    Unit(Box<dyn Unit>),
}

impl Job {
    async fn run(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        match self {
            Self::Commit {
                change, outcome, ..
            } => {
                *outcome = commit_all(connection, &[change]).await?.pop();
                Ok(())
            }
            Self::Unit(unit) => unit.run(connection).await,
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

fn gone() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

/// Writes, in one transaction at a time.
pub(super) struct Writer {
    pool: Pool,
    line: Mutex<Line>,
}

/// Who waits to be written, and whether a task is at it.
#[derive(Default)]
struct Line {
    jobs: VecDeque<Job>,
    served: bool,
}

impl Writer {
    /// A writer through connections of this pool, one at a time.
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            pool,
            line: Mutex::default(),
        }
    }

    /// Where it writes.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Stores a change.
    pub(super) async fn commit(
        self: &Arc<Self>,
        change: Change,
    ) -> Result<CommitOutcome, StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.enter(Job::Commit {
            change: Box::new(change),
            outcome: None,
            answer,
        });
        outcome.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Runs a unit of work. It may run more than once; its last run is the one that is stored.
    pub(super) async fn write<F, T>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Fn(&'c mut Connection) -> Running<'c, T> + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        self.enter(Job::Unit(Box::new(Asked {
            work,
            outcome: None,
            answer,
        })));
        outcome.await.unwrap_or_else(|_| Err(gone()))
    }

    fn enter(self: &Arc<Self>, job: Job) {
        let mut line = self.line();
        line.jobs.push_back(job);
        if !line.served {
            line.served = true;
            drop(line);
            let service = Service {
                writer: Arc::clone(self),
                ended: false,
            };
            tokio::spawn(service.run());
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write_group(&self, mut group: Vec<Job>) {
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
        let mut attempt = 1;
        let stored = loop {
            match self.once(&mut job).await {
                Err(failure) if failure.is_conflict() && attempt < ATTEMPTS => attempt += 1,
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

/// The task that serves the line until nobody is in it.
struct Service {
    writer: Arc<Writer>,
    ended: bool,
}

impl Service {
    async fn run(mut self) {
        while let Some(group) = self.next_group() {
            self.writer.write_group(group).await;
            // Whoever was just answered may have more: one turn for them, and no waiting.
            tokio::task::yield_now().await;
        }
    }

    /// Who goes next: the first in line, and all behind who have nothing to do with each other.
    fn next_group(&mut self) -> Option<Vec<Job>> {
        let mut line = self.writer.line();
        let mut taken = Taken::default();
        let (mut group, mut later) = (Vec::new(), VecDeque::new());
        while group.len() < GROUP
            && let Some(job) = line.jobs.pop_front()
        {
            if taken.admits(&job) {
                group.push(job);
            } else {
                later.push_back(job);
            }
        }
        while let Some(job) = later.pop_back() {
            line.jobs.push_front(job);
        }
        line.served = !group.is_empty();
        self.ended = group.is_empty();
        line.served.then_some(group)
    }
}

impl Drop for Service {
    /// After a panic, or when its runtime stops, it leaves nobody waiting for ever.
    fn drop(&mut self) {
        if !self.ended {
            let mut line = self.writer.line();
            line.jobs.clear();
            line.served = false;
        }
    }
}

/// What a group's changes are about already.
#[derive(Default)]
struct Taken {
    seen: HashSet<(u8, String, String, String)>,
}

impl Taken {
    fn admits(&mut self, job: &Job) -> bool {
        let Job::Commit { change, .. } = job else {
            return true;
        };
        let storefront = change.order.storefront().as_str();
        let mut about = vec![(
            0,
            storefront.to_owned(),
            change.order.id().to_string(),
            String::new(),
        )];
        if let Some(
            KeyChange::Claim { key, .. }
            | KeyChange::Advance { key, .. }
            | KeyChange::Forget { key, .. },
        ) = &change.key
        {
            about.push((
                1,
                key.storefront.to_string(),
                key.operation.clone(),
                key.key.to_string(),
            ));
        }
        if let Some(receipt) = &change.receipt {
            about.push((
                2,
                storefront.to_owned(),
                receipt.source.clone(),
                receipt.id.to_string(),
            ));
        }
        if about.iter().any(|one| self.seen.contains(one)) {
            return false;
        }
        self.seen.extend(about);
        true
    }
}
