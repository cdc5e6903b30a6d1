//! What every call passes: counted, interrupted at others' convenience, and gone wrong with as a
//! test wants.

use order_core::ports::{OutsideError, StoreError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is not processed, and the caller knows.
    Unavailable,
    /// It is not processed, and the caller cannot know.
    LostRequest,
    /// It is processed, and the caller cannot know.
    LostAnswer,
    /// The process dies before it.
    CrashBefore,
    /// The process dies after it.
    CrashAfter,
}

impl Trouble {
    pub(crate) const ALL: [Self; 5] = [
        Self::Unavailable,
        Self::LostRequest,
        Self::LostAnswer,
        Self::CrashBefore,
        Self::CrashAfter,
    ];
}

/// Passed by every call of every process of a world. Clones are the same gate.
///
/// A process that has crashed never gets an answer again: the test drops it.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    state: Arc<Mutex<State>>,
    crashed: Arc<Notify>,
    /// Calls let others go first, so that work on one thread is mixed.
    polite: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    log: Vec<&'static str>,
    plan: Option<(usize, Trouble)>,
    /// The state of the dice, while one call in eight goes wrong.
    storm: Option<u64>,
}

impl State {
    /// What a storm does to the next call.
    fn blow(&mut self) -> Option<Trouble> {
        let dice = self.storm.as_mut()?;
        // SplitMix64.
        *dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut thrown = (*dice ^ (*dice >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        thrown = (thrown ^ (thrown >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let thrown = usize::try_from((thrown ^ (thrown >> 31)) >> 33).unwrap();
        (thrown % 8 == 0).then(|| Trouble::ALL[thrown / 8 % Trouble::ALL.len()])
    }
}

impl Gate {
    /// The call of this number from now, 0 being the next, goes wrong.
    pub(crate) fn plan(&self, number: usize, trouble: Trouble) {
        let mut state = self.state();
        state.log.clear();
        state.plan = Some((number, trouble));
    }

    /// From now on one call in eight goes wrong, until all is [clear](Self::clear).
    pub(crate) fn storm(&self, seed: u64) {
        self.state().storm = Some(seed);
    }

    /// What was called since the last plan.
    pub(crate) fn log(&self) -> Vec<&'static str> {
        self.state().log.clone()
    }

    /// Whether what was planned has happened, or will not any more.
    pub(crate) fn is_used_up(&self) -> bool {
        self.state().plan.is_none()
    }

    /// Nothing goes wrong any more.
    pub(crate) fn clear(&self) {
        *self.state() = State::default();
    }

    /// From now on every call lets others go first.
    pub(crate) fn mix(&self) {
        self.polite.store(true, Ordering::Relaxed);
    }

    /// Carries work of a process on until it is done, or the process crashes: then none.
    pub(crate) async fn unless_crashed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.crashed.notified() => None,
            done = work => Some(done),
        }
    }

    pub(super) async fn outside<T>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, OutsideError>>,
    ) -> Result<T, OutsideError> {
        let refused = || OutsideError::unavailable("connection refused", None);
        self.pass(method, call, refused, || OutsideError::unknown("no answer"))
            .await
    }

    pub(super) async fn store<T>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let away = || StoreError::Unavailable("as planned by the test".into());
        self.pass(method, call, away, away).await
    }

    async fn pass<T, E>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<T, E>>,
        refused: impl Fn() -> E,
        lost: impl Fn() -> E,
    ) -> Result<T, E> {
        let trouble = self.next(method);
        self.wait().await;
        match trouble {
            Some(Trouble::Unavailable) => return Err(refused()),
            Some(Trouble::LostRequest) => return Err(lost()),
            Some(Trouble::CrashBefore) => self.crash().await,
            Some(Trouble::LostAnswer | Trouble::CrashAfter) | None => {}
        }
        let answer = call.await;
        match trouble {
            Some(Trouble::LostAnswer) => return Err(lost()),
            Some(Trouble::CrashAfter) => self.crash().await,
            Some(_) | None => {}
        }
        self.wait().await;
        answer
    }

    fn next(&self, method: &'static str) -> Option<Trouble> {
        let mut state = self.state();
        let number = state.log.len();
        state.log.push(method);
        if let Some(trouble) = state.blow() {
            return Some(trouble);
        }
        let (planned, trouble) = state.plan?;
        (planned == number).then(|| {
            state.plan = None;
            trouble
        })
    }

    async fn wait(&self) {
        if self.polite.load(Ordering::Relaxed) {
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
