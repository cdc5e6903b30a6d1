//! In-doubt commits: a connection that is lost before the answer leaves it unknown whether a change
//! is stored.
//!
//! The change is sent again. If it is refused then, the change itself may be the cause: that is so
//! if its events are stored exactly as they are in it.

use super::super::dialect::bind_id;
use super::super::pool::ScopedPool;
use super::super::shared::encode::EncodedChange;
use super::super::shared::error::DbError;
use super::super::shared::retry::RetryBudget;
use super::super::tx::ReadConnection;
use order_core::ports::CommitOutcome;
use sqlx::Row as _;

/// Whether an earlier attempt to store the same changes may have succeeded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct InDoubt(bool);

impl InDoubt {
    /// Records that a connection was lost before its answer.
    pub(super) fn connection_lost(&mut self) {
        self.0 = true;
    }

    /// Returns the outcome of a change: `Applied` if it was refused because an earlier attempt had
    /// stored it.
    pub(super) async fn settle(
        self,
        pool: &ScopedPool,
        change: &EncodedChange,
        outcome: CommitOutcome,
    ) -> Result<CommitOutcome, DbError> {
        if self.0 && is_stored(pool, change).await? {
            Ok(CommitOutcome::Applied)
        } else {
            Ok(outcome)
        }
    }
}

/// Returns whether the events of a change are stored exactly as they are in it.
async fn is_stored(pool: &ScopedPool, change: &EncodedChange) -> Result<bool, DbError> {
    let mut budget = RetryBudget::for_pool(pool.pool());
    loop {
        match stored_events(pool, change).await {
            Err(error) if budget.should_retry(&error).await => {}
            Err(error) => return Err(error),
            Ok(stored) => return Ok(stored.as_ref() == Some(&change.events.documents)),
        }
    }
}

/// Reads the documents of the events that are stored from the first version of a change on.
async fn stored_events(
    pool: &ScopedPool,
    change: &EncodedChange,
) -> Result<Option<String>, DbError> {
    let (first_version, _) = change.version_range();
    let mut reader = ReadConnection::begin(pool, Some(change.order().storefront())).await?;
    let stored = sqlx::query(concat!(
        "SELECT documents FROM ",
        table!("events"),
        " WHERE storefront = $1 AND order_id = $2 AND first_version = $3",
    ))
    .bind(change.storefront())
    .bind(bind_id(change.order().id()))
    .bind(first_version)
    .fetch_optional(&mut *reader)
    .await?;
    Ok(stored.map(|row| row.try_get("documents")).transpose()?)
}
