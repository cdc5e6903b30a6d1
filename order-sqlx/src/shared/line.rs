//! A line of writes: whatever arrived while the last group was being written goes out as the next.
//!
//! Of those who come again and again, half go out at a time: what the others want is written while
//! these are answered, so that neither the database nor the callers wait for each other.
//!
//! A group is written by a task of its own, so that a caller who goes away disturbs nothing.

use order_core::ports::StoreError;
use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// The most jobs in one group. More gains nothing, and makes the first of them wait.
const GROUP: usize = 64;

/// So few are not parted.
const FEW: usize = 16;

/// The most bytes in one group, unless one job alone has more.
const BYTES: usize = 1 << 20;

/// What two jobs that are written at the same time must not have in common. Two that merely look
/// alike are written one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct About(u64);

impl About {
    /// Something of a kind, by its key.
    pub(super) fn of(kind: u8, key: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (kind, key).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Who waits for an outcome.
pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What can wait in a line.
pub(super) trait Job: Send + 'static {
    /// What it is about, where that must not be written twice at the same time.
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

    /// How many groups may be under way at once.
    fn at_once(&self) -> usize {
        1
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

/// Who waits to be written, and who is at it.
pub(super) struct Line<J> {
    shared: Arc<Shared<J>>,
}

struct Shared<J> {
    state: Mutex<State<J>>,
    changed: Notify,
    arrived: Notify,
}

struct State<J> {
    jobs: VecDeque<Waiting<J>>,
    /// How many tasks serve it.
    serving: usize,
    /// Whether the one that serves it has nothing to do, and is to be told of who arrives.
    rests: bool,
    /// What those are about that are being written.
    busy: HashSet<About>,
    /// How many the last group had: they may be back soon.
    answered: usize,
    /// How many are at what did not fit a group.
    beside: usize,
    closed: bool,
}

struct Waiting<J> {
    job: J,
    about: Vec<About>,
}

impl<J> Default for Line<J> {
    fn default() -> Self {
        let state = State {
            jobs: VecDeque::new(),
            serving: 0,
            rests: false,
            busy: HashSet::new(),
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
                if state.serving == 0 && state.beside == 0 {
                    return;
                }
            }
            self.shared.arrived.notify_one();
            changed.as_mut().await;
            changed.set(self.shared.changed.notified());
        }
    }

    /// Who goes next: the first in line, and all behind who have nothing to do with each other, or
    /// with those who are being written.
    fn next_group(&self) -> Group<J> {
        let mut state = self.state();
        let most = match state.answered {
            0 => GROUP,
            answered => GROUP.min(FEW.max((state.jobs.len() + answered).div_ceil(2))),
        };
        let (mut jobs, mut about, mut later) = (Vec::new(), Vec::new(), VecDeque::new());
        let mut bytes = 0_usize;
        while jobs.len() < most
            && bytes < BYTES
            && let Some(next) = state.jobs.pop_front()
        {
            if next.about.iter().any(|one| state.busy.contains(one)) {
                later.push_back(next);
            } else {
                bytes = bytes.saturating_add(next.job.bytes());
                state.busy.extend(&next.about);
                about.extend(next.about);
                jobs.push(next.job);
            }
        }
        while let Some(next) = later.pop_back() {
            state.jobs.push_front(next);
        }
        state.answered = jobs.len();
        drop(state);
        let shared = Arc::clone(&self.shared);
        Group {
            jobs,
            under_way: UnderWay { shared, about },
        }
    }

    /// Waits until somebody arrives, for so long. Answers whether somebody has; if not, whoever asks
    /// does not serve the line any more. One of several who serve it does not wait.
    async fn rest(&self, patience: Duration) -> bool {
        {
            let mut state = self.state();
            let alone = state.serving == 1;
            let stays = alone && !(state.jobs.is_empty() && (state.closed || patience.is_zero()));
            if !stays {
                state.serving -= 1;
                return false;
            }
            state.rests = state.jobs.is_empty();
            if !state.rests {
                return true;
            }
        }
        // Whether it was told or ran out of patience, what counts is who is there.
        drop(tokio::time::timeout(patience, self.shared.arrived.notified()).await);
        let mut state = self.state();
        state.rests = false;
        let somebody = !state.jobs.is_empty();
        state.serving -= usize::from(!somebody);
        somebody
    }
}

/// Those who go together.
struct Group<J> {
    jobs: Vec<J>,
    under_way: UnderWay<J>,
}

/// What is being written, until this is dropped.
struct UnderWay<J> {
    shared: Arc<Shared<J>>,
    about: Vec<About>,
}

impl<J> Drop for UnderWay<J> {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        for one in &self.about {
            state.busy.remove(one);
        }
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
    let job = job(answer);
    let about = job.about();
    let begins = {
        let mut state = server.line().state();
        if state.closed {
            return Err(gone());
        }
        state.jobs.push_back(Waiting { job, about });
        if std::mem::take(&mut state.rests) {
            server.line().shared.arrived.notify_one();
        }
        let begins = match state.serving {
            0 => true,
            // Another begins where there is enough for it.
            serving => serving < server.at_once() && state.jobs.len() >= FEW,
        };
        state.serving += usize::from(begins);
        begins
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

/// A task that serves a line until nobody is in it.
struct Service<S: Server> {
    server: Arc<S>,
    ended: bool,
}

impl<S: Server> Service<S> {
    async fn run(mut self) {
        let mut held = S::Held::default();
        let line = self.server.line();
        loop {
            let Group { jobs, under_way } = line.next_group();
            if !jobs.is_empty() {
                self.server.serve(&mut held, jobs).await;
                drop(under_way);
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
                state.serving -= 1;
            }
            line.shared.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    struct Told {
        number: u64,
        about: u64,
        answer: Answer<()>,
    }

    impl Job for Told {
        fn about(&self) -> Vec<About> {
            vec![About::of(0, self.about)]
        }

        fn bytes(&self) -> usize {
            1
        }
    }

    /// Writes a group once it may.
    struct Gate {
        line: Line<Told>,
        at_once: usize,
        groups: Mutex<Vec<Vec<u64>>>,
        may: Semaphore,
    }

    impl Gate {
        fn of(at_once: usize) -> Arc<Self> {
            Arc::new(Self {
                line: Line::default(),
                at_once,
                groups: Mutex::default(),
                may: Semaphore::new(0),
            })
        }

        fn groups(&self) -> Vec<Vec<u64>> {
            let groups = self.groups.lock();
            groups.unwrap_or_else(PoisonError::into_inner).clone()
        }
    }

    impl Server for Gate {
        type Job = Told;
        type Held = ();

        fn at_once(&self) -> usize {
            self.at_once
        }

        fn line(&self) -> &Line<Told> {
            &self.line
        }

        async fn serve(&self, (): &mut (), group: Vec<Told>) {
            let numbers = group.iter().map(|one| one.number).collect();
            let groups = self.groups.lock();
            groups.unwrap_or_else(PoisonError::into_inner).push(numbers);
            if let Ok(permit) = self.may.acquire().await {
                permit.forget();
            }
            for one in group {
                drop(one.answer.send(Ok(())));
            }
        }
    }

    /// Has jobs of these numbers wait in line, each about a thing of its number, or of `as_of`.
    async fn arrive(gate: &Arc<Gate>, numbers: std::ops::Range<u64>, as_of: Option<u64>) {
        for number in numbers {
            let gate = Arc::clone(gate);
            let about = as_of.unwrap_or(number);
            tokio::spawn(async move {
                enter(&gate, |answer| Told {
                    number,
                    about,
                    answer,
                })
                .await
            });
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn of_those_who_come_again_half_go_out_at_a_time() {
        let gate = Gate::of(1);
        arrive(&gate, 0..20, None).await;
        arrive(&gate, 20..80, None).await;
        assert_eq!(gate.groups(), [(0..20).collect::<Vec<_>>()]);
        gate.may.add_permits(9);
        gate.line.close().await;
        let sizes: Vec<_> = gate.groups().iter().map(Vec::len).collect();
        assert_eq!(sizes, [20, 40, 20]);
    }

    #[tokio::test]
    async fn a_second_group_is_under_way_where_there_is_enough_for_it() {
        let gate = Gate::of(2);
        arrive(&gate, 0..1, None).await;
        arrive(&gate, 1..10, None).await;
        assert_eq!(gate.groups().len(), 1, "too few for another");
        arrive(&gate, 10..20, None).await;
        assert_eq!(gate.groups().len(), 2);
        arrive(&gate, 20..60, None).await;
        assert_eq!(gate.groups().len(), 2, "no more than two");
        gate.may.add_permits(9);
        gate.line.close().await;
        assert_eq!(gate.groups().concat().len(), 60);
    }

    #[tokio::test]
    async fn what_is_being_written_is_not_written_a_second_time_beside_it() {
        let gate = Gate::of(2);
        arrive(&gate, 0..1, None).await;
        arrive(&gate, 100..101, Some(0)).await;
        arrive(&gate, 1..20, None).await;
        let groups = gate.groups();
        assert_eq!(groups.len(), 2);
        assert!(!groups[1].contains(&100), "{groups:?}");
        gate.may.add_permits(9);
        gate.line.close().await;
        assert!(gate.groups().concat().contains(&100));
    }
}
