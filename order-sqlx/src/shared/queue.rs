//! The batch queue: jobs that arrive while a batch is being executed form the next batch.
//!
//! A batch is bounded in number and in bytes, and each job of it has an outcome of its own. A batch
//! takes at most half of the queued and just-answered jobs, so that one half is written while the
//! other half's callers prepare their next request; neither the database nor the callers idle.
//!
//! Batches are executed by spawned tasks: a caller that is dropped cancels nothing. The queue knows
//! nothing of SQL; a [`BatchHandler`] executes the batches.

use order_core::ports::StoreError;
use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// The most jobs in one batch. Larger batches gain no throughput and delay their first job.
const MAX_BATCH: usize = 64;

/// Fewer jobs than this go out as one batch, instead of half of them; and a second batch is started
/// for this many.
const MIN_SPLIT: usize = 16;

/// The most bytes in one batch, unless a single job exceeds it.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// Identifies a resource (order, idempotency key, inbox entry). Jobs that share one never run
/// concurrently. It is a hash: on a collision two jobs run one after the other without need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ConflictKey(u64);

impl ConflictKey {
    /// Identifies a resource by its kind and its key within that kind.
    pub(crate) fn new(kind: u8, key: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (kind, key).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Where the caller of a job waits for its outcome.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// A job that can be queued.
pub(crate) trait BatchJob: Send + 'static {
    /// Returns the resources that no concurrent job may share.
    fn conflict_keys(&self) -> Vec<ConflictKey>;

    /// Returns the approximate size of the job, in bytes sent to the database.
    fn bytes(&self) -> usize;
}

/// Executes the batches of a queue.
pub(crate) trait BatchHandler: Send + Sync + 'static {
    type Job: BatchJob;
    /// What a worker keeps from one batch to the next, such as a connection. Dropped when the
    /// queue has been empty for [`idle_timeout`](Self::idle_timeout).
    type Session: Default + Send;

    /// Returns how long the session is kept while the queue is empty.
    fn idle_timeout(&self) -> Duration {
        Duration::ZERO
    }

    /// Returns how many batches may be executed concurrently.
    fn max_concurrent_batches(&self) -> usize {
        1
    }

    /// Returns the queue whose batches this handler executes.
    fn queue(&self) -> &BatchQueue<Self::Job>;

    /// Executes a batch, and replies to each of its jobs.
    fn handle(
        &self,
        session: &mut Self::Session,
        batch: Vec<Self::Job>,
    ) -> impl Future<Output = ()> + Send;
}

/// Returns the error of a queue that is closed.
pub(crate) fn store_closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

/// Queued jobs, and the state of the workers that execute them.
pub(crate) struct BatchQueue<J> {
    shared: Arc<Shared<J>>,
}

struct Shared<J> {
    state: Mutex<State<J>>,
    /// Notified when a worker or a tracked task ends.
    ended: Notify,
    /// Notified when a job arrives while a worker is idle, or when the queue is closed.
    arrived: Notify,
}

struct State<J> {
    jobs: VecDeque<QueuedJob<J>>,
    workers: usize,
    /// Whether the only worker waits to be notified of the next job.
    has_idle_worker: bool,
    /// The resources of the jobs that are being executed.
    in_progress: HashSet<ConflictKey>,
    /// How many jobs the last batch had: their callers may soon submit again.
    last_batch: usize,
    tracked_tasks: usize,
    closed: bool,
}

struct QueuedJob<J> {
    job: J,
    conflict_keys: Vec<ConflictKey>,
}

impl<J> Default for BatchQueue<J> {
    fn default() -> Self {
        let state = State {
            jobs: VecDeque::new(),
            workers: 0,
            has_idle_worker: false,
            in_progress: HashSet::new(),
            last_batch: 0,
            tracked_tasks: 0,
            closed: false,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                ended: Notify::new(),
                arrived: Notify::new(),
            }),
        }
    }
}

impl<J> Shared<J> {
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J: BatchJob> BatchQueue<J> {
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.shared.state()
    }

    /// Spawns a task beside the batches that [`close`](Self::close) waits for.
    #[allow(dead_code, reason = "on SQLite every job fits into a batch")]
    pub(crate) fn spawn_tracked(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.state().tracked_tasks += 1;
        let tracked = TrackedTask(Arc::clone(&self.shared));
        tokio::spawn(async move {
            work.await;
            drop(tracked);
        });
    }

    /// Refuses new jobs, and waits until all accepted ones are executed.
    pub(crate) async fn close(&self) {
        let mut ended = std::pin::pin!(self.shared.ended.notified());
        loop {
            // Subscribes before it checks the state, so that no notification is missed in between.
            ended.as_mut().enable();
            {
                let mut state = self.state();
                state.closed = true;
                if state.workers == 0 && state.tracked_tasks == 0 {
                    return;
                }
            }
            self.shared.arrived.notify_one();
            ended.as_mut().await;
            ended.set(self.shared.ended.notified());
        }
    }

    /// Takes the next batch: the first queued job, and those behind it that share no resource with
    /// each other or with a job in progress.
    fn next_batch(&self) -> Batch<J> {
        let mut state = self.state();
        let max_jobs = match state.last_batch {
            0 => MAX_BATCH,
            answered => {
                let half = (state.jobs.len() + answered).div_ceil(2);
                MAX_BATCH.min(MIN_SPLIT.max(half))
            }
        };
        let (mut jobs, mut claimed, mut postponed) = (Vec::new(), Vec::new(), VecDeque::new());
        let mut bytes = 0_usize;
        while jobs.len() < max_jobs
            && bytes < MAX_BATCH_BYTES
            && let Some(next) = state.jobs.pop_front()
        {
            let mut keys = next.conflict_keys.iter();
            if keys.any(|key| state.in_progress.contains(key)) {
                postponed.push_back(next);
            } else {
                bytes = bytes.saturating_add(next.job.bytes());
                state.in_progress.extend(&next.conflict_keys);
                claimed.extend(next.conflict_keys);
                jobs.push(next.job);
            }
        }
        while let Some(next) = postponed.pop_back() {
            state.jobs.push_front(next);
        }
        state.last_batch = jobs.len();
        drop(state);
        let in_progress = InProgress {
            shared: Arc::clone(&self.shared),
            conflict_keys: claimed,
        };
        Batch { jobs, in_progress }
    }

    /// Waits for a job until the timeout. Returns whether there is one; if not, the worker that
    /// asked is deregistered and must end. With several workers, the one that finds no job ends at
    /// once.
    async fn wait_for_work(&self, timeout: Duration) -> bool {
        {
            let mut state = self.state();
            let is_only_worker = state.workers == 1;
            let must_end = state.jobs.is_empty() && (state.closed || timeout.is_zero());
            if !is_only_worker || must_end {
                state.workers -= 1;
                return false;
            }
            state.has_idle_worker = state.jobs.is_empty();
            if !state.has_idle_worker {
                return true;
            }
        }
        // Whether it was notified or timed out, only the state counts.
        drop(tokio::time::timeout(timeout, self.shared.arrived.notified()).await);
        let mut state = self.state();
        state.has_idle_worker = false;
        let has_work = !state.jobs.is_empty();
        state.workers -= usize::from(!has_work);
        has_work
    }
}

/// Jobs that are executed together.
struct Batch<J> {
    jobs: Vec<J>,
    in_progress: InProgress<J>,
}

/// Blocks the resources of a batch until it is dropped.
struct InProgress<J> {
    shared: Arc<Shared<J>>,
    conflict_keys: Vec<ConflictKey>,
}

impl<J> Drop for InProgress<J> {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        for key in &self.conflict_keys {
            state.in_progress.remove(key);
        }
    }
}

/// Counts a task of [`BatchQueue::spawn_tracked`] until it is dropped.
struct TrackedTask<J>(Arc<Shared<J>>);

impl<J> Drop for TrackedTask<J> {
    fn drop(&mut self) {
        self.0.state().tracked_tasks -= 1;
        self.0.ended.notify_waiters();
    }
}

/// Queues a job, and waits for its outcome.
pub(crate) async fn submit<H: BatchHandler, T>(
    handler: &Arc<H>,
    job: impl FnOnce(Reply<T>) -> H::Job,
) -> Result<T, StoreError> {
    let (reply, outcome) = oneshot::channel();
    let job = job(reply);
    let conflict_keys = job.conflict_keys();
    let starts_worker = {
        let mut state = handler.queue().state();
        if state.closed {
            return Err(store_closed());
        }
        state.jobs.push_back(QueuedJob { job, conflict_keys });
        if std::mem::take(&mut state.has_idle_worker) {
            handler.queue().shared.arrived.notify_one();
        }
        let starts_worker = match state.workers {
            0 => true,
            workers => workers < handler.max_concurrent_batches() && state.jobs.len() >= MIN_SPLIT,
        };
        state.workers += usize::from(starts_worker);
        starts_worker
    };
    if starts_worker {
        let worker = BatchWorker {
            handler: Arc::clone(handler),
            has_ended: false,
        };
        tokio::spawn(worker.run());
    }
    outcome.await.unwrap_or_else(|_| Err(store_closed()))
}

/// A task that executes batches until the queue is empty.
struct BatchWorker<H: BatchHandler> {
    handler: Arc<H>,
    has_ended: bool,
}

impl<H: BatchHandler> BatchWorker<H> {
    async fn run(mut self) {
        let mut session = H::Session::default();
        let queue = self.handler.queue();
        loop {
            let Batch { jobs, in_progress } = queue.next_batch();
            if !jobs.is_empty() {
                self.handler.handle(&mut session, jobs).await;
                drop(in_progress);
                if !queue.state().jobs.is_empty() {
                    continue;
                }
                // The callers that were just answered may submit again: lets them run first.
                tokio::task::yield_now().await;
            } else if !queue.wait_for_work(self.handler.idle_timeout()).await {
                break;
            }
        }
        drop(session);
        self.has_ended = true;
        self.handler.queue().shared.ended.notify_waiters();
    }
}

impl<H: BatchHandler> Drop for BatchWorker<H> {
    /// After a panic, or when its runtime stops: drops the queued jobs, so that their callers get
    /// an error instead of waiting for ever.
    fn drop(&mut self) {
        if !self.has_ended {
            let queue = self.handler.queue();
            {
                let mut state = queue.state();
                state.jobs.clear();
                state.workers -= 1;
            }
            queue.shared.ended.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
