//! Batches the changes of concurrent callers: those that arrive while one batch is being synced
//! share the next transaction, and with it the next fsync.
//!
//! There is no writer thread: each caller makes its own change inside the open transaction, and the
//! last one in the queue commits for all.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use super::failure::{Failure, NotSaved};
use super::transaction::Transaction;
use crate::lock::lock;

/// Changes in one transaction, at most; it bounds its memory, and the wait of the first caller.
const MAX_BATCH: usize = 256;

/// The callers that make changes, and the transaction they share.
#[derive(Default)]
pub(super) struct BatchQueue {
    /// Callers who have announced a change and not made it yet.
    queued: AtomicUsize,
    /// The transaction that queued callers join; absent when nobody has begun one.
    open: Mutex<Option<Batch>>,
}

struct Batch {
    transaction: Transaction,
    changes: usize,
    outcome: Outcome,
}

impl BatchQueue {
    /// Makes a change in the transaction that is open, or in a new one from `begin`, and waits
    /// until that is committed. `finish` commits it.
    ///
    /// # Errors
    ///
    /// What `make` refuses, or [`NotSaved`].
    pub(super) fn submit<T, E: From<NotSaved>>(
        &self,
        begin: impl FnOnce() -> Result<Transaction, Failure>,
        make: impl FnOnce(&Transaction) -> Result<T, E>,
        finish: impl FnOnce(Transaction) -> Result<(), Failure>,
    ) -> Result<T, E> {
        let queued = Queued::enter(&self.queued);
        // Waits here while the previous batch is synced.
        let mut open = lock(&self.open);
        let mut batch = match open.take() {
            Some(batch) => batch,
            None => Batch {
                transaction: begin().map_err(NotSaved::from)?,
                changes: 0,
                outcome: Outcome::default(),
            },
        };
        // If it panics, the transaction is dropped, and with it the whole batch.
        let made = make(&batch.transaction);
        batch.changes += 1;
        let committed = batch.outcome.watch();
        if queued.leave() == 0 || batch.changes >= MAX_BATCH {
            let Batch {
                transaction,
                outcome,
                ..
            } = batch;
            if finish(transaction).is_ok() {
                outcome.set_committed();
            }
        } else {
            *open = Some(batch);
        }
        drop(open);
        // A refusal may rest on what others in the batch have changed, so it waits as well.
        if *committed.wait() {
            made
        } else {
            Err(NotSaved.into())
        }
    }
}

/// Counts a caller as queued until it leaves, or is dropped because of a panic or an error.
struct Queued<'q>(&'q AtomicUsize);

impl<'q> Queued<'q> {
    fn enter(queued: &'q AtomicUsize) -> Self {
        queued.fetch_add(1, Ordering::SeqCst);
        Self(queued)
    }

    /// Leaves the queue, and returns how many are left in it.
    fn leave(self) -> usize {
        let before = self.0.fetch_sub(1, Ordering::SeqCst);
        std::mem::forget(self);
        before.saturating_sub(1)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether a batch was committed. Dropped unset, it reports that it was not.
#[derive(Default)]
struct Outcome(Arc<OnceLock<bool>>);

impl Outcome {
    fn watch(&self) -> Arc<OnceLock<bool>> {
        Arc::clone(&self.0)
    }

    fn set_committed(&self) {
        let _ = self.0.set(true);
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        let _ = self.0.set(false);
    }
}
