//! The queue of effects.

use super::{MemoryStore, State};
use crate::effect::{Effect, EffectId};
use crate::ports::{
    DeadLetter, DeadLetterPage, EffectQueue, Lease, NewEffect, StoreError, TakenEffect, Worker,
};
use crate::time::Timestamp;
use crate::value::{OrderId, StorefrontId};
use async_trait::async_trait;
use std::ops::Bound;

/// An effect as it stands in the queue of a [`MemoryStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuedEffect {
    /// The effect.
    pub effect: Effect,
    /// From when on it is handed out.
    pub due: Timestamp,
    /// How often it was handed out.
    pub tries: u32,
    /// Who has it, or had it last until that lapsed.
    pub lease: Option<Lease>,
    /// How the last try failed.
    pub error: Option<String>,
    /// When it was given up on, if it was.
    pub parked_at: Option<Timestamp>,
}

impl QueuedEffect {
    fn is_free(&self, now: Timestamp) -> bool {
        self.parked_at.is_none()
            && self.due <= now
            && self.lease.as_ref().is_none_or(|lease| lease.until <= now)
    }

    fn is_with(&self, worker: &Worker) -> bool {
        self.lease
            .as_ref()
            .is_some_and(|lease| &lease.worker == worker)
    }

    fn letter(&self) -> Option<DeadLetter> {
        Some(DeadLetter::new(
            self.effect.clone(),
            self.tries,
            self.error.clone().unwrap_or_default(),
            self.parked_at?,
        ))
    }
}

impl State {
    pub(super) fn enqueue(&mut self, new: NewEffect, now: Timestamp) {
        let queued = QueuedEffect {
            due: now,
            tries: u32::from(new.lease.is_some()),
            lease: new.lease,
            error: None,
            parked_at: None,
            effect: new.effect,
        };
        self.effects.insert(queued.effect.id, queued);
    }

    /// Makes what waits for this order due now, parked or not.
    pub(super) fn hurry(&mut self, storefront: &StorefrontId, order: OrderId, now: Timestamp) {
        for queued in self.effects.values_mut() {
            if queued.effect.id.order == order && &queued.effect.storefront == storefront {
                queued.due = queued.due.min(now);
                queued.parked_at = None;
            }
        }
    }

    /// The effect, if this worker has it.
    fn with_worker(&mut self, worker: &Worker, id: EffectId) -> Option<&mut QueuedEffect> {
        self.effects
            .get_mut(&id)
            .filter(|queued| queued.is_with(worker))
    }
}

#[async_trait]
impl EffectQueue for MemoryStore {
    async fn take(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<TakenEffect>, StoreError> {
        self.faults.check("take")?;
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
                queued.tries += 1;
                queued.lease = Some(Lease::new(worker.clone(), until));
                TakenEffect::new(queued.effect.clone(), queued.tries)
            })
            .collect())
    }

    async fn finish(&self, effects: &[EffectId]) -> Result<(), StoreError> {
        self.faults.check("finish")?;
        let mut state = self.state();
        for effect in effects {
            state.effects.remove(effect);
        }
        Ok(())
    }

    async fn postpone(
        &self,
        worker: &Worker,
        effect: EffectId,
        due: Timestamp,
        error: &str,
    ) -> Result<(), StoreError> {
        self.faults.check("postpone")?;
        if let Some(queued) = self.state().with_worker(worker, effect) {
            queued.lease = None;
            queued.due = due;
            queued.error = Some(error.to_owned());
        }
        Ok(())
    }

    async fn park(
        &self,
        worker: &Worker,
        effect: EffectId,
        now: Timestamp,
        error: &str,
    ) -> Result<(), StoreError> {
        self.faults.check("park")?;
        if let Some(queued) = self.state().with_worker(worker, effect) {
            queued.lease = None;
            queued.parked_at = Some(now);
            queued.error = Some(error.to_owned());
        }
        Ok(())
    }

    async fn release(&self, worker: &Worker) -> Result<u64, StoreError> {
        self.faults.check("release")?;
        let mut released = 0;
        for queued in self.state().effects.values_mut() {
            if queued.is_with(worker) {
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
            .filter_map(QueuedEffect::letter);
        // The bound comes first: it must not cost a letter to find that the page is full.
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
