//! Gathers the outcomes of effects, so that a runner settles many of them together.

use crate::effect::EffectId;
use crate::ports::EffectSettlement;
use crate::value::StorefrontId;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The finished effects kept at most for a store that fails.
const MAX_KEPT: usize = 4_096;

/// The outcomes of effects that are stored without a commit.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) effects: EffectSettlement,
    /// Those of the parked effects whose orders were not closed.
    pub(super) parked_while_open: Vec<(StorefrontId, EffectId)>,
}

/// Outcomes that are not stored yet. Their effects stay leased until they are.
#[derive(Default)]
pub(super) struct Gathered(Mutex<Settled>);

impl Gathered {
    /// Adds outcomes.
    pub(super) fn add(&self, settled: Settled) {
        let mut gathered = self.lock();
        let effects = &mut gathered.effects;
        effects.finished.extend(settled.effects.finished);
        effects.postponed.extend(settled.effects.postponed);
        effects.parked.extend(settled.effects.parked);
        let parked = settled.parked_while_open;
        gathered.parked_while_open.extend(parked);
    }

    /// Takes all outcomes.
    pub(super) fn take(&self) -> Settled {
        std::mem::take(&mut *self.lock())
    }

    /// Keeps the finished effects of outcomes that could not be stored. The others are left to the
    /// expiry of their leases: stored later, they could release a lease that was claimed anew.
    pub(super) fn keep_finished(&self, failed: Settled) {
        let mut gathered = self.lock();
        let room = MAX_KEPT.saturating_sub(gathered.effects.finished.len());
        let finished = failed.effects.finished.into_iter().take(room);
        gathered.effects.finished.extend(finished);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().effects.is_empty()
    }

    /// Returns the number of effects gathered.
    #[cfg(feature = "tokio")]
    pub(super) fn len(&self) -> usize {
        self.lock().effects.len()
    }

    fn lock(&self) -> MutexGuard<'_, Settled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what is not settled when it is dropped, as when a runner is dropped while it works: settled
/// by a later round, it could release leases that were claimed anew.
pub(super) struct ForgetUnsettled<'g>(pub(super) &'g Gathered);

impl Drop for ForgetUnsettled<'_> {
    fn drop(&mut self) {
        self.0.keep_finished(self.0.take());
    }
}
