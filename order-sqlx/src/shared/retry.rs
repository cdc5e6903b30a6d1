//! When a read or a transaction is tried again, and how long it backs off before.

use super::dialect::Pool;
use super::error::DbError;
use order_core::ports::StoreError;
use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _};
use std::pin::Pin;
use std::time::Duration;

/// How often a transaction is tried that conflicts with others, at most.
const MAX_CONFLICT_ATTEMPTS: u32 = 6;

/// The longest back-off before the second attempt, in microseconds. It doubles with each attempt.
const INITIAL_MAX_BACKOFF: u64 = 2_000;

/// The future of work within a transaction, on the connection `'c`.
pub(crate) type TxFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T, DbError>> + Send + 'c>>;

/// How many attempts are left, by the cause of failure.
pub(crate) struct RetryBudget {
    conflicts: u32,
    lost_connections: u32,
}

impl RetryBudget {
    pub(crate) fn for_pool(pool: &Pool) -> Self {
        Self {
            conflicts: MAX_CONFLICT_ATTEMPTS,
            // Every pooled connection may be dead, and a new one may die as well.
            lost_connections: pool.size().saturating_add(2),
        }
    }

    /// Returns whether to try again after this error, which left nothing stored. Backs off first
    /// if the error was a conflict.
    pub(crate) async fn should_retry(&mut self, error: &DbError) -> bool {
        if error.is_conflict() {
            self.conflicts = self.conflicts.saturating_sub(1);
            if self.conflicts > 0 {
                tokio::time::sleep(backoff(MAX_CONFLICT_ATTEMPTS - self.conflicts)).await;
            }
            self.conflicts > 0
        } else if error.is_connection_lost() {
            self.lost_connections = self.lost_connections.saturating_sub(1);
            self.lost_connections > 0
        } else {
            false
        }
    }
}

/// Returns a random back-off (full jitter) after so many attempts, so that two transactions that
/// conflicted do not meet again.
fn backoff(attempts: u32) -> Duration {
    let longest = INITIAL_MAX_BACKOFF << attempts.min(8);
    // A fresh `RandomState` is randomly seeded: the hash of nothing is a random number.
    Duration::from_micros(RandomState::new().build_hasher().finish() % longest)
}

/// Runs a read, and retries it on another connection if its own was lost.
pub(crate) async fn retry_read<T, F>(pool: &Pool, read: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, DbError>>,
{
    let mut budget = RetryBudget::for_pool(pool);
    loop {
        match read().await {
            Err(error) if budget.should_retry(&error).await => {}
            result => return Ok(result?),
        }
    }
}
