//! A line of writes: whatever arrived while the last group was being written goes out as the next.
//!
//! Of those who come again and again, half go out at a time: what the others want is written while
//! these are answered, so that neither the database nor the callers wait for each other.
//!
//! A group is written by a task of its own, so that a caller who goes away disturbs nothing.

use order_core::ports::StoreError;
use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// The most jobs in one group. More gains nothing, and makes the first of them wait.
const GROUP: usize = 64;

/// So few are not parted.
const FEW: usize = 16;

/// The most bytes in one group, unless one job alone has more.
const BYTES: usize = 1 << 20;

/// What two jobs of one group must not have in common: what kind of thing it is, and its key.
pub(super) type About = (u8, String, String, String);

/// Who waits for an outcome.
pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What can wait in a line.
pub(super) trait Job: Send + 'static {
    /// What it is about, where that must not be in a group twice.
    fn about(&self) -> Vec<About>;

    /// About how many bytes it comes to.
    fn bytes(&self) -> usize;
}

/// Who serves a line, group by group.
pub(super) trait Server: Send + Sync + 'static {
    /// What waits.
    type Job: Job;
    /// What is kept from one group to the next, until nobody has waited for a while.
    type Held: Default + Send;

    /// How long it is kept while nobody waits.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// The line.
    fn line(&self) -> &Line<Self::Job>;

    /// Writes a group, and answers whoever waits for it.
    fn serve(
        &self,
        held: &mut Self::Held,
        group: Vec<Self::Job>,
    ) -> impl Future<Output = ()> + Send;
}

/// The answer of a line that takes nothing any more.
pub(super) fn gone() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

/// Who waits to be written, and whether a task is at it.
pub(super) struct Line<J> {
    shared: Arc<Shared<J>>,
}

struct Shared<J> {
    state: Mutex<State<J>>,
    changed: Notify,
    arrived: Notify,
}

struct State<J> {
    jobs: VecDeque<J>,
    served: bool,
    /// Whether the task that serves it has nothing to do, and is to be told of who arrives.
    rests: bool,
    /// How many the last group had: they may be back soon.
    answered: usize,
    /// How many are at what did not fit a group.
    beside: usize,
    closed: bool,
}

impl<J> Default for Line<J> {
    fn default() -> Self {
        let state = State {
            jobs: VecDeque::new(),
            served: false,
            rests: false,
            answered: 0,
            beside: 0,
            closed: false,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Notify::new(),
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

impl<J: Job> Line<J> {
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.shared.state()
    }

    /// Does something in a task of its own, which [`close`](Self::close) waits for.
    #[allow(
        dead_code,
        reason = "where everything fits a group, nothing is done beside it"
    )]
    pub(super) fn beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.state().beside += 1;
        let leaving = Beside(Arc::clone(&self.shared));
        tokio::spawn(async move {
            work.await;
            drop(leaving);
        });
    }

    /// Takes nothing more, and waits until all that was taken is written.
    pub(super) async fn close(&self) {
        let mut changed = std::pin::pin!(self.shared.changed.notified());
        loop {
            // Listens before it looks, so that nothing is missed in between.
            changed.as_mut().enable();
            {
                let mut state = self.state();
                state.closed = true;
                if !state.served && state.beside == 0 {
                    return;
                }
            }
            self.shared.arrived.notify_one();
            changed.as_mut().await;
            changed.set(self.shared.changed.notified());
        }
    }

    /// Who goes next: the first in line, and all behind who have nothing to do with each other.
    fn next_group(&self) -> Vec<J> {
        let mut state = self.state();
        let most = match state.answered {
            0 => GROUP,
            answered => GROUP.min(FEW.max((state.jobs.len() + answered).div_ceil(2))),
        };
        let (mut seen, mut bytes) = (HashSet::new(), 0_usize);
        let (mut group, mut later) = (Vec::new(), VecDeque::new());
        while group.len() < most
            && bytes < BYTES
            && let Some(job) = state.jobs.pop_front()
        {
            let about = job.about();
            if about.iter().any(|one| seen.contains(one)) {
                later.push_back(job);
            } else {
                bytes = bytes.saturating_add(job.bytes());
                seen.extend(about);
                group.push(job);
            }
        }
        while let Some(job) = later.pop_back() {
            state.jobs.push_front(job);
        }
        state.answered = group.len();
        group
    }

    /// Waits until somebody arrives, for so long. Answers whether somebody has; if not, the line is
    /// not served any more.
    async fn rest(&self, patience: Duration) -> bool {
        {
            let mut state = self.state();
            state.rests = state.jobs.is_empty() && !state.closed && !patience.is_zero();
            if !state.rests {
                state.served = !state.jobs.is_empty();
                return state.served;
            }
        }
        // Whether it was told or ran out of patience, what counts is who is there.
        drop(tokio::time::timeout(patience, self.shared.arrived.notified()).await);
        let mut state = self.state();
        state.rests = false;
        state.served = !state.jobs.is_empty();
        state.served
    }
}

/// Something beside a line, until it is dropped.
struct Beside<J>(Arc<Shared<J>>);

impl<J> Drop for Beside<J> {
    fn drop(&mut self) {
        self.0.state().beside -= 1;
        self.0.changed.notify_waiters();
    }
}

/// Puts a job in line, and waits for its outcome.
pub(super) async fn enter<S: Server, T>(
    server: &Arc<S>,
    job: impl FnOnce(Answer<T>) -> S::Job,
) -> Result<T, StoreError> {
    let (answer, outcome) = oneshot::channel();
    let begins = {
        let mut state = server.line().state();
        if state.closed {
            return Err(gone());
        }
        state.jobs.push_back(job(answer));
        if std::mem::take(&mut state.rests) {
            server.line().shared.arrived.notify_one();
        }
        !std::mem::replace(&mut state.served, true)
    };
    if begins {
        let service = Service {
            server: Arc::clone(server),
            ended: false,
        };
        tokio::spawn(service.run());
    }
    outcome.await.unwrap_or_else(|_| Err(gone()))
}

/// The task that serves a line until nobody is in it.
struct Service<S: Server> {
    server: Arc<S>,
    ended: bool,
}

impl<S: Server> Service<S> {
    async fn run(mut self) {
        let mut held = S::Held::default();
        let line = self.server.line();
        loop {
            let group = line.next_group();
            if !group.is_empty() {
                self.server.serve(&mut held, group).await;
                if !line.state().jobs.is_empty() {
                    continue;
                }
                // Whoever was just answered may have more: one turn for them.
                tokio::task::yield_now().await;
            } else if !line.rest(self.server.patience()).await {
                break;
            }
        }
        drop(held);
        self.ended = true;
        self.server.line().shared.changed.notify_waiters();
    }
}

impl<S: Server> Drop for Service<S> {
    /// After a panic, or when its runtime stops, it leaves nobody waiting for ever.
    fn drop(&mut self) {
        if !self.ended {
            let line = self.server.line();
            {
                let mut state = line.state();
                state.jobs.clear();
                state.served = false;
            }
            line.shared.changed.notify_waiters();
        }
    }
}
