//! Planned failures of the store.

use crate::lock::locked;
use futures::future::BoxFuture;
use order_core::ports::StoreError;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Mutex;

/// Planned failures of the next calls of a [`MemoryStore`](super::MemoryStore).
///
/// ```
/// use order_testing::MemoryStore;
///
/// let store = MemoryStore::new();
/// store.faults().lose_answers(1); // the next commit is applied, and its caller gets an error
/// store.faults().fail("claim", 2);
/// store.faults().clear();
/// ```
#[derive(Default)]
pub struct StoreFaults {
    plans: Mutex<Plans>,
}

#[derive(Default)]
struct Plans {
    down: bool,
    fail: HashMap<&'static str, u32>,
    lose_answers: u32,
    conflicts: u32,
    race: Option<BoxFuture<'static, ()>>,
}

/// The planned failure of one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommitFault {
    LoseAnswer,
    Conflict,
}

impl StoreFaults {
    /// Makes every call fail, until [`clear`](Self::clear).
    pub fn down(&self) {
        locked(&self.plans).down = true;
    }

    /// Makes the next `times` calls of a method fail without effect. A method is named as in its port:
    /// `commit`, `find`, `fetch`.
    pub fn fail(&self, method: &'static str, times: u32) {
        locked(&self.plans).fail.insert(method, times);
    }

    /// Loses the answers to the next `times` commits: the change is applied, the caller gets an
    /// error.
    pub fn lose_answers(&self, times: u32) {
        locked(&self.plans).lose_answers = times;
    }

    /// Makes the next `times` commits fail as version conflicts, without a change by anybody else.
    pub fn conflict(&self, times: u32) {
        locked(&self.plans).conflicts = times;
    }

    /// Runs `meanwhile` right before the next commit is applied. If it commits as well, that is a
    /// real race.
    pub fn race(&self, meanwhile: impl Future<Output = ()> + Send + 'static) {
        locked(&self.plans).race = Some(Box::pin(meanwhile));
    }

    /// Drops all plans.
    pub fn clear(&self) {
        *locked(&self.plans) = Plans::default();
    }

    /// Fails if a failure of this method is planned.
    pub(super) fn check(&self, method: &'static str) -> Result<(), StoreError> {
        let mut plans = locked(&self.plans);
        if plans.down || used_up(plans.fail.get_mut(method)) {
            return Err(unavailable());
        }
        Ok(())
    }

    pub(super) fn take_race(&self) -> Option<BoxFuture<'static, ()>> {
        locked(&self.plans).race.take()
    }

    pub(super) fn take_commit_fault(&self) -> Option<CommitFault> {
        let mut plans = locked(&self.plans);
        if used_up(Some(&mut plans.conflicts)) {
            Some(CommitFault::Conflict)
        } else if used_up(Some(&mut plans.lose_answers)) {
            Some(CommitFault::LoseAnswer)
        } else {
            None
        }
    }
}

/// Counts down. Returns whether any was left.
fn used_up(left: Option<&mut u32>) -> bool {
    match left {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        Some(_) | None => false,
    }
}

pub(super) fn unavailable() -> StoreError {
    StoreError::Unavailable("as planned by the test".into())
}

impl fmt::Debug for StoreFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plans = locked(&self.plans);
        f.debug_struct("StoreFaults")
            .field("down", &plans.down)
            .field("fail", &plans.fail)
            .field("lose_answers", &plans.lose_answers)
            .field("conflicts", &plans.conflicts)
            .finish_non_exhaustive()
    }
}
