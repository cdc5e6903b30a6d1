//! Fault injection: every call to an adapter passes here, and is counted, delayed or made to fail.

use order_core::ports::{ServiceError, StoreError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// How one call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InjectedFault {
    /// The call is not processed, and the caller knows.
    Unavailable,
    /// The call is not processed, and the caller cannot know.
    LostRequest,
    /// The call is processed, and the caller cannot know.
    LostAnswer,
    /// The process dies before the call.
    CrashBefore,
    /// The process dies after the call.
    CrashAfter,
}

impl InjectedFault {
    pub(crate) const ALL: [Self; 5] = [
        Self::Unavailable,
        Self::LostRequest,
        Self::LostAnswer,
        Self::CrashBefore,
        Self::CrashAfter,
    ];
}

/// Injects faults into the calls of every process of a world. Clones share their state.
///
/// A process that has crashed never gets an answer again: the test drops it.
#[derive(Clone, Default)]
pub(crate) struct FaultInjector {
    state: Arc<Mutex<State>>,
    crashed: Arc<Notify>,
    /// Whether every call yields, so that concurrent requests interleave.
    yields: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    log: Vec<&'static str>,
    plan: Option<(usize, InjectedFault)>,
    /// The state of the random numbers, while one call in eight fails.
    random: Option<u64>,
}

impl State {
    /// Draws the fault of the next call, if any.
    fn draw(&mut self) -> Option<InjectedFault> {
        let state = self.random.as_mut()?;
        // SplitMix64.
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let drawn = usize::try_from((drawn ^ (drawn >> 31)) >> 33).unwrap();
        (drawn % 8 == 0).then(|| InjectedFault::ALL[drawn / 8 % InjectedFault::ALL.len()])
    }
}

impl FaultInjector {
    /// Makes the call with this index fail; 0 is the next call.
    pub(crate) fn inject_at(&self, number: usize, fault: InjectedFault) {
        let mut state = self.state();
        state.log.clear();
        state.plan = Some((number, fault));
    }

    /// Makes one call in eight fail, until [`clear`](Self::clear).
    pub(crate) fn inject_randomly(&self, seed: u64) {
        self.state().random = Some(seed);
    }

    /// Returns the calls since the last [`inject_at`](Self::inject_at).
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.state().log.clone()
    }

    /// Returns whether the planned fault has happened.
    pub(crate) fn was_injected(&self) -> bool {
        self.state().plan.is_none()
    }

    /// Drops all plans.
    pub(crate) fn clear(&self) {
        *self.state() = State::default();
    }

    /// Makes every call yield, so that concurrent requests interleave.
    pub(crate) fn interleave_calls(&self) {
        self.yields.store(true, Ordering::Relaxed);
    }

    /// Runs the work of a process. Returns `None` if the process crashes.
    pub(crate) async fn unless_crashed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.crashed.notified() => None,
            done = work => Some(done),
        }
    }

    pub(super) async fn service_call<T>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<T, ServiceError> {
        let refused = || ServiceError::unavailable("connection refused", None);
        self.pass(method, call, refused, || ServiceError::unknown("no answer"))
            .await
    }

    pub(super) async fn store<T>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let unavailable = || StoreError::Unavailable("as planned by the test".into());
        self.pass(method, call, unavailable, unavailable).await
    }

    async fn pass<T, E>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, E>>,
        refused: impl Fn() -> E,
        lost: impl Fn() -> E,
    ) -> Result<T, E> {
        let fault = self.next(method);
        self.wait().await;
        match fault {
            Some(InjectedFault::Unavailable) => return Err(refused()),
            Some(InjectedFault::LostRequest) => return Err(lost()),
            Some(InjectedFault::CrashBefore) => self.crash().await,
            Some(InjectedFault::LostAnswer | InjectedFault::CrashAfter) | None => {}
        }
        let answer = call.await;
        match fault {
            Some(InjectedFault::LostAnswer) => return Err(lost()),
            Some(InjectedFault::CrashAfter) => self.crash().await,
            Some(_) | None => {}
        }
        self.wait().await;
        answer
    }

    fn next(&self, method: &'static str) -> Option<InjectedFault> {
        let mut state = self.state();
        let number = state.log.len();
        state.log.push(method);
        if let Some(fault) = state.draw() {
            return Some(fault);
        }
        let (planned, fault) = state.plan?;
        (planned == number).then(|| {
            state.plan = None;
            fault
        })
    }

    async fn wait(&self) {
        if self.yields.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
    }

    async fn crash(&self) {
        self.crashed.notify_one();
        std::future::pending::<()>().await;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
