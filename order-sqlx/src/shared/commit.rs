//! The transactional commit of changes: check, reserve stock, then write, within a transaction of the
//! caller.
//!
//! # Which write path runs when
//!
//! A change is stored by one of these paths. All are atomic, and check the idempotency key, the
//! inbox, the version (the optimistic lock) and the stock of each change by itself.
//!
//! | database | change | path |
//! |---|---|---|
//! | SQLite | any, from the queue | one transaction per batch, with [`commit_all`] for all its changes (`sqlite/writer.rs`) |
//! | SQLite | of a batch that failed as a whole | a transaction of its own, with [`commit_all`] |
//! | Postgres | batchable: the hot path | one call of the SQL function `commit_changes` for the whole batch, without an explicit transaction (`postgres/batch/commits.rs`, `migrations/postgres/0002_commit_changes.sql`). **The code in this module does not run.** |
//! | Postgres | not batchable, or of a batch that was refused | a transaction of its own, beside the queue, with [`commit_all`] |
//! | both | given to `commit_in` by the host | a savepoint in the host's transaction, with [`commit_all`] |
//!
//! So whoever changes what a commit stores changes [`mod@write`] or [`stock`] and the SQL function.
//!
//! Not batchable is what few changes do: erase personal data, expedite effects, claim an idempotency
//! key that is expired or released, or change the SKUs, the deletion or the time of an order that is
//! stored already; and reserve stock that is short for the batch as a whole, or under an id that is
//! known.
//!
//! # Leases
//!
//! A commit inserts effects free or leased to the process that wrote them, which executes them at
//! once. A lease is two columns of the row, a worker and a deadline; one that lapses is anybody's
//! ([`effects`](super::effects)). Partitions of the outbox are leased the same way
//! ([`outbox`](super::outbox)).
//!
//! # In-doubt commits
//!
//! On Postgres, a connection that is lost before the answer leaves it unknown whether the change
//! is stored. It is sent again, and its version keeps it from being stored twice; a refusal is
//! compared with the stored events (`postgres/batch/in_doubt.rs`). A file has no connection to lose.

mod check;
pub(crate) mod keys;
mod stock;
pub(crate) mod write;

use super::dialect::Connection;
use super::encode::EncodedChange;
use super::error::DbError;
use order_core::ports::CommitOutcome;

/// Commits changes that share no order, idempotency key, inbox entry or reservation, each with an outcome of its
/// own: those that apply are written, the others leave nothing.
///
/// The connection must be in a transaction, which must be rolled back on an error.
pub(crate) async fn commit_all(
    connection: &mut Connection,
    changes: &[&EncodedChange],
) -> Result<Vec<CommitOutcome>, DbError> {
    let (mut outcomes, mut accepted) = check::check(connection, changes).await?;
    let mut refused = stock::reserve(connection, &accepted).await?;
    accepted.retain(|one| !refused.contains_key(&one.item));
    for (outcome, item) in outcomes.iter_mut().zip(0..) {
        if let Some(refused) = refused.remove(&item) {
            *outcome = refused;
        }
    }
    write::write(connection, &accepted).await?;
    Ok(outcomes)
}
