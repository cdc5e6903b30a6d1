//! Units of work: what they run as, and when they are begun again.

use super::Store;
use super::dialect::Pool;
use super::failure::Failure;
use order_core::ports::StoreError;
use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _};
use std::pin::Pin;
use std::time::Duration;

/// How often something that another came in between of is begun, at most.
const ATTEMPTS: u32 = 6;

/// The longest pause before the second try, in microseconds. Each pause may be twice as long.
const PAUSE: u64 = 2_000;

/// A future that a unit of work runs as.
pub(super) type Running<'c, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'c>>;

/// How often something is tried, and why no more.
pub(super) struct Attempts {
    conflicts: u32,
    lost: u32,
}

impl Attempts {
    /// None yet, on connections of this pool.
    pub(super) fn of(pool: &Pool) -> Self {
        Self {
            conflicts: ATTEMPTS,
            // All that the pool has may be dead, and one more may die.
            lost: pool.size().saturating_add(2),
        }
    }

    /// Whether to try again after this failure, which left nothing written. Waits a little where
    /// others were in the way.
    pub(super) async fn again_after(&mut self, failure: &Failure) -> bool {
        if failure.is_conflict() {
            self.conflicts = self.conflicts.saturating_sub(1);
            if self.conflicts > 0 {
                tokio::time::sleep(pause(ATTEMPTS - self.conflicts)).await;
            }
            self.conflicts > 0
        } else if failure.is_lost() {
            self.lost = self.lost.saturating_sub(1);
            self.lost > 0
        } else {
            false
        }
    }
}

/// Any time up to the longest pause after so many tries, so that two do not meet again.
fn pause(tries: u32) -> Duration {
    let longest = PAUSE << tries.min(8);
    // A fresh state hashes nothing to any number.
    Duration::from_micros(RandomState::new().build_hasher().finish() % longest)
}

impl Store {
    /// Asks until there is an answer, where a connection was lost since it was last used.
    pub(super) async fn ask<T, F>(&self, question: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut attempts = Attempts::of(self.reads());
        loop {
            match question().await {
                Err(failure) if attempts.again_after(&failure).await => {}
                answer => return Ok(answer?),
            }
        }
    }
}
