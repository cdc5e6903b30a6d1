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
            Ok(stored) => {
                let events = change.events.iter();
                return Ok(stored
                    .iter()
                    .map(|(version, document)| (*version, &**document))
                    .eq(events.map(|event| (event.version, &*event.document))));
            }
        }
    }
}

/// Reads what is stored under the versions of a change: version and document.
async fn stored_events(
    pool: &ScopedPool,
    change: &EncodedChange,
) -> Result<Vec<(i64, String)>, DbError> {
    let versions: Vec<_> = change.events.iter().map(|event| event.version).collect();
    let mut reader = ReadConnection::begin(pool, Some(change.order().storefront())).await?;
    sqlx::query(concat!(
        "SELECT version, document FROM ",
        table!("events"),
        " WHERE storefront = $1 AND order_id = $2 AND version = ANY($3) ORDER BY version",
    ))
    .bind(change.storefront())
    .bind(bind_id(change.order().id()))
    .bind(versions)
    .fetch_all(&mut *reader)
    .await?
    .iter()
    .map(|row| Ok((row.try_get("version")?, row.try_get("document")?)))
    .collect()
}
