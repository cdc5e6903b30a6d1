//! The effect queue: effects that wait to be carried out, their leases, and dead letters.

use super::{Lease, StoreError, Worker};
use crate::effect::{Effect, EffectId};
use crate::time::Timestamp;
use crate::value::StorefrontId;
use async_trait::async_trait;

/// An effect that a commit enqueues.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEffect {
    /// The effect.
    pub effect: Effect,
    /// The lease of the worker that carries it out at once; absent if any worker may claim it. An
    /// effect that is enqueued with a lease counts as attempted once.
    pub lease: Option<Lease>,
}

impl NewEffect {
    /// Creates an effect to enqueue.
    #[must_use]
    pub const fn new(effect: Effect, lease: Option<Lease>) -> Self {
        Self { effect, lease }
    }
}

/// An effect that was leased to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeasedEffect {
    /// The effect.
    pub effect: Effect,
    /// How often it was leased, this time included. If it is more than 1, an earlier attempt may have
    /// reached the external service.
    pub attempts: u32,
}

impl LeasedEffect {
    /// Creates a leased effect at its `attempts`th attempt.
    #[must_use]
    pub const fn new(effect: Effect, attempts: u32) -> Self {
        Self { effect, attempts }
    }
}

/// A parked effect: it failed too often, and waits for a person to retry it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The effect.
    pub effect: Effect,
    /// How often it was attempted.
    pub attempts: u32,
    /// The error of the last attempt.
    pub error: String,
    /// When it was parked.
    pub parked_at: Timestamp,
}

impl DeadLetter {
    /// Creates a dead letter.
    #[must_use]
    pub const fn new(effect: Effect, attempts: u32, error: String, parked_at: Timestamp) -> Self {
        Self {
            effect,
            attempts,
            error,
            parked_at,
        }
    }
}

/// A page of dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetterPage {
    /// The dead letters, sorted by effect id.
    pub letters: Vec<DeadLetter>,
    /// Where the next page starts: the last id of this one; absent on the last page.
    pub next: Option<EffectId>,
}

impl DeadLetterPage {
    /// Creates a page.
    #[must_use]
    pub const fn new(letters: Vec<DeadLetter>, next: Option<EffectId>) -> Self {
        Self { letters, next }
    }
}

/// An effect to retry later.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostponedEffect {
    /// The effect.
    pub effect: EffectId,
    /// When it is due again.
    pub due: Timestamp,
    /// Why it is postponed.
    pub error: String,
}

impl PostponedEffect {
    /// Creates an effect to retry at `due`.
    #[must_use]
    pub const fn new(effect: EffectId, due: Timestamp, error: String) -> Self {
        Self { effect, due, error }
    }
}

/// An effect to park as a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParkedEffect {
    /// The effect.
    pub effect: EffectId,
    /// The error of its last attempt.
    pub error: String,
}

impl ParkedEffect {
    /// Creates an effect to park.
    #[must_use]
    pub const fn new(effect: EffectId, error: String) -> Self {
        Self { effect, error }
    }
}

/// The outcomes of many effects, of any orders, stored together by [`EffectQueue::settle`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EffectSettlement {
    /// The effects that are done.
    pub finished: Vec<EffectId>,
    /// The effects to retry later. None is named twice, or finished or parked as well.
    pub postponed: Vec<PostponedEffect>,
    /// The effects to park as dead letters.
    pub parked: Vec<ParkedEffect>,
}

impl EffectSettlement {
    /// Creates a settlement.
    #[must_use]
    pub const fn new(
        finished: Vec<EffectId>,
        postponed: Vec<PostponedEffect>,
        parked: Vec<ParkedEffect>,
    ) -> Self {
        Self {
            finished,
            postponed,
            parked,
        }
    }

    /// Returns whether it settles no effect.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.finished.is_empty() && self.postponed.is_empty() && self.parked.is_empty()
    }

    /// Returns the number of effects that it settles.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.finished.len() + self.postponed.len() + self.parked.len()
    }
}

/// The queue of effects.
///
/// Effects are enqueued by [`OrderStore::commit`](super::OrderStore::commit), and removed by a commit
/// that completes them or by [`settle`](Self::settle).
#[async_trait]
pub trait EffectQueue: Send + Sync {
    /// Leases up to `limit` due effects to this worker until `until`, longest due first, and
    /// increments the attempts of each.
    ///
    /// An adapter MUST NOT lease an effect while another lease of it has not expired. An effect whose
    /// lease has expired is due. Parked effects MUST NOT be leased.
    ///
    /// # Errors
    /// If the store failed.
    async fn claim(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEffect>, StoreError>;

    /// Settles effects that were carried out, all in one atomic write.
    ///
    /// - Finished effects are removed, whoever holds their leases. An adapter MUST ignore ids that are
    ///   not in the queue.
    /// - Postponed effects that are leased to this worker are released, and due at their new instants.
    /// - Parked effects that are leased to this worker become dead letters, parked at `now`.
    ///
    /// An adapter MUST leave a postponed or parked effect as it is if it is not leased to this worker
    /// any more, and MUST settle the others all the same. Nothing is written for an empty settlement.
    ///
    /// # Errors
    /// If the store failed. Nothing is settled then, or it is not known.
    async fn settle(
        &self,
        worker: &Worker,
        now: Timestamp,
        settlement: &EffectSettlement,
    ) -> Result<(), StoreError>;

    /// Releases all leases of this worker, whose effects become due at once. Returns their number.
    ///
    /// # Errors
    /// If the store failed.
    async fn release(&self, worker: &Worker) -> Result<u64, StoreError>;

    /// Returns up to `limit` dead letters of a storefront, sorted by effect id, that follow `after`.
    ///
    /// # Errors
    /// If the store failed.
    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, StoreError>;

    /// Makes a dead letter due at `now`. Returns whether there was one.
    ///
    /// # Errors
    /// If the store failed.
    async fn retry(
        &self,
        storefront: &StorefrontId,
        effect: EffectId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
