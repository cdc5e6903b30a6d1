//! What goes wrong with a store, as a test has planned it.

use crate::ports::StoreError;
use crate::testing::locked;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Mutex;

/// What goes wrong with the next calls of a [`MemoryStore`](super::MemoryStore).
///
/// ```
/// use order_core::testing::MemoryStore;
///
/// let store = MemoryStore::new();
/// store.faults().lose_answers(1); // the next commit is stored, and answered with an error
/// store.faults().fail("take", 2);
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
    stale: u32,
    race: Option<BoxFuture<'static, ()>>,
}

/// What goes wrong with one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommitFault {
    LoseAnswer,
    Stale,
}

impl StoreFaults {
    /// Everything fails until [`clear`](Self::clear).
    pub fn down(&self) {
        locked(&self.plans).down = true;
    }

    /// The next so many calls of one method of the ports fail and change nothing. Methods go by
    /// their names (`commit`, `find`, `take`), but for two of the outbox: `park_order` and
    /// `release_lane`.
    pub fn fail(&self, method: &'static str, times: u32) {
        locked(&self.plans).fail.insert(method, times);
    }

    /// The next so many commits that get that far are carried out, and then answered with an error.
    pub fn lose_answers(&self, times: u32) {
        locked(&self.plans).lose_answers = times;
    }

    /// The next so many commits find the order changed by somebody else, whose change reads as the
    /// version that is there.
    pub fn stale(&self, times: u32) {
        locked(&self.plans).stale = times;
    }

    /// Something that happens right before the next commit is carried out, commits of its own among
    /// it: a real race.
    pub fn race(&self, meanwhile: impl Future<Output = ()> + Send + 'static) {
        locked(&self.plans).race = Some(Box::pin(meanwhile));
    }

    /// All plans are dropped: everything goes well again.
    pub fn clear(&self) {
        *locked(&self.plans) = Plans::default();
    }

    /// Fails if this method is planned to.
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
        if used_up(Some(&mut plans.stale)) {
            Some(CommitFault::Stale)
        } else if used_up(Some(&mut plans.lose_answers)) {
            Some(CommitFault::LoseAnswer)
        } else {
            None
        }
    }
}

/// Uses up one of what is left. Answers whether there was one.
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
            .field("stale", &plans.stale)
            .finish_non_exhaustive()
    }
}
