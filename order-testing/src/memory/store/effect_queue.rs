//! The queue of effects.

use super::{MemoryStore, State};
use async_trait::async_trait;
use order_core::effect::{Effect, EffectId};
use order_core::ports::{
    DeadLetter, DeadLetterPage, EffectQueue, EffectSettlement, Lease, LeasedEffect, NewEffect,
    StoreError, Worker,
};
use order_core::time::Timestamp;
use order_core::value::{OrderId, StorefrontId};
use std::ops::Bound;

/// An effect in the queue of a [`MemoryStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuedEffect {
    /// The effect.
    pub effect: Effect,
    /// It is not claimed before this instant.
    pub due: Timestamp,
    /// How often it was claimed.
    pub attempts: u32,
    /// The current lease, or the last one if that has expired.
    pub lease: Option<Lease>,
    /// The error of the last attempt; `None` while none has failed.
    pub error: Option<String>,
    /// When it was parked as a dead letter; `None` while it is not.
    pub parked_at: Option<Timestamp>,
}

impl QueuedEffect {
    fn is_free(&self, now: Timestamp) -> bool {
        self.parked_at.is_none()
            && self.due <= now
            && self.lease.as_ref().is_none_or(|lease| lease.until <= now)
    }

    fn is_leased_to(&self, worker: &Worker) -> bool {
        self.lease
            .as_ref()
            .is_some_and(|lease| &lease.worker == worker)
    }

    fn dead_letter(&self) -> Option<DeadLetter> {
        Some(DeadLetter::new(
            self.effect.clone(),
            self.attempts,
            self.error.clone().unwrap_or_default(),
            self.parked_at?,
        ))
    }
}

impl State {
    pub(super) fn enqueue(&mut self, new: NewEffect, now: Timestamp) {
        let queued = QueuedEffect {
            due: now,
            attempts: u32::from(new.lease.is_some()),
            lease: new.lease,
            error: None,
            parked_at: None,
            effect: new.effect,
        };
        self.effects.insert(queued.effect.id, queued);
    }

    /// Makes the effects of this order due now, dead letters included.
    pub(super) fn expedite(&mut self, storefront: &StorefrontId, order: OrderId, now: Timestamp) {
        for queued in self.effects.values_mut() {
            if queued.effect.id.order == order && &queued.effect.storefront == storefront {
                queued.due = queued.due.min(now);
                queued.parked_at = None;
            }
        }
    }

    /// Returns the effect if it is leased to this worker.
    fn leased_to(&mut self, worker: &Worker, id: EffectId) -> Option<&mut QueuedEffect> {
        self.effects
            .get_mut(&id)
            .filter(|queued| queued.is_leased_to(worker))
    }
}

#[async_trait]
impl EffectQueue for MemoryStore {
    async fn claim(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEffect>, StoreError> {
        self.faults.check("claim")?;
        let mut state = self.state();
        let mut free: Vec<&mut QueuedEffect> = state
            .effects
            .values_mut()
            .filter(|queued| queued.is_free(now))
            .collect();
        free.sort_by_key(|queued| (queued.due, queued.effect.id));
        Ok(free
            .into_iter()
            .zip(0..limit)
            .map(|(queued, _)| {
                queued.attempts += 1;
                queued.lease = Some(Lease::new(worker.clone(), until));
                LeasedEffect::new(queued.effect.clone(), queued.attempts)
            })
            .collect())
    }

    async fn settle(
        &self,
        worker: &Worker,
        now: Timestamp,
        settlement: &EffectSettlement,
    ) -> Result<(), StoreError> {
        self.faults.check("settle")?;
        let mut state = self.state();
        for effect in &settlement.finished {
            state.effects.remove(effect);
        }
        for postponed in &settlement.postponed {
            if let Some(queued) = state.leased_to(worker, postponed.effect) {
                queued.lease = None;
                queued.due = postponed.due;
                queued.error = Some(postponed.error.clone());
            }
        }
        for parked in &settlement.parked {
            if let Some(queued) = state.leased_to(worker, parked.effect) {
                queued.lease = None;
                queued.parked_at = Some(now);
                queued.error = Some(parked.error.clone());
            }
        }
        Ok(())
    }

    async fn release(&self, worker: &Worker) -> Result<u64, StoreError> {
        self.faults.check("release")?;
        let mut released = 0;
        for queued in self.state().effects.values_mut() {
            if queued.is_leased_to(worker) {
                queued.lease = None;
                released += 1;
            }
        }
        Ok(released)
    }

    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, StoreError> {
        self.faults.check("dead_letters")?;
        let state = self.state();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut letters = state
            .effects
            .range((from, Bound::Unbounded))
            .map(|(_, queued)| queued)
            .filter(|queued| &queued.effect.storefront == storefront)
            .filter_map(QueuedEffect::dead_letter);
        // The limit comes first in the zip, so that a full page consumes no further dead letter.
        let page: Vec<DeadLetter> = (0..limit)
            .zip(letters.by_ref())
            .map(|(_, letter)| letter)
            .collect();
        let next = page
            .last()
            .map(|letter| letter.effect.id)
            .filter(|_| letters.next().is_some());
        Ok(DeadLetterPage::new(page, next))
    }

    async fn retry(
        &self,
        storefront: &StorefrontId,
        effect: EffectId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.faults.check("retry")?;
        let mut state = self.state();
        let parked = state
            .effects
            .get_mut(&effect)
            .filter(|queued| &queued.effect.storefront == storefront && queued.parked_at.is_some());
        let Some(queued) = parked else {
            return Ok(false);
        };
        queued.parked_at = None;
        queued.due = now;
        Ok(true)
    }
}
