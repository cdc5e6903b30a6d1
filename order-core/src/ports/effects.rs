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

/// The queue of effects.
///
/// Effects are enqueued by [`OrderStore::commit`](super::OrderStore::commit), and removed by a commit
/// that completes them or by [`finish`](Self::finish).
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

    /// Removes effects that are done. Ids that are not in the queue are ignored.
    ///
    /// # Errors
    /// If the store failed.
    async fn finish(&self, effects: &[EffectId]) -> Result<(), StoreError>;

    /// Releases an effect that is leased to this worker and makes it due at `due`. An adapter MUST do
    /// nothing if the effect is leased to another worker by now.
    ///
    /// # Errors
    /// If the store failed.
    async fn postpone(
        &self,
        worker: &Worker,
        effect: EffectId,
        due: Timestamp,
        error: &str,
    ) -> Result<(), StoreError>;

    /// Parks an effect that is leased to this worker as a dead letter. An adapter MUST do nothing if
    /// the effect is leased to another worker by now.
    ///
    /// # Errors
    /// If the store failed.
    async fn park(
        &self,
        worker: &Worker,
        effect: EffectId,
        now: Timestamp,
        error: &str,
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
