//! The queue of effects: what must be done outside, and by whom just now.

use super::StoreError;
use crate::effect::{Effect, EffectId};
use crate::time::Timestamp;
use crate::value::{InvalidValue, Label, StorefrontId};
use async_trait::async_trait;
use std::fmt;

/// The name of a process, or a part of one, that carries out effects. Unique while it lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Worker(Label);

impl Worker {
    /// A worker of this name.
    ///
    /// # Errors
    /// If the name is not a valid label.
    pub fn parse(name: impl Into<String>) -> Result<Self, InvalidValue> {
        Label::parse(name).map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The right to carry out an effect, until it lapses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// Who has it.
    pub worker: Worker,
    /// Until when.
    pub until: Timestamp,
}

impl Lease {
    /// A lease of this worker.
    #[must_use]
    pub const fn new(worker: Worker, until: Timestamp) -> Self {
        Self { worker, until }
    }
}

/// An effect that a commit adds to the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEffect {
    /// The effect.
    pub effect: Effect,
    /// Who carries it out at once; none: anybody. One that is born leased counts as tried once.
    pub lease: Option<Lease>,
}

impl NewEffect {
    /// An effect, leased or free.
    #[must_use]
    pub const fn new(effect: Effect, lease: Option<Lease>) -> Self {
        Self { effect, lease }
    }
}

/// An effect handed out to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TakenEffect {
    /// The effect.
    pub effect: Effect,
    /// How often it was handed out, this time included. More than once: an earlier try may have
    /// reached the outside service.
    pub tries: u32,
}

impl TakenEffect {
    /// An effect handed out for the `tries`th time.
    #[must_use]
    pub const fn new(effect: Effect, tries: u32) -> Self {
        Self { effect, tries }
    }
}

/// An effect that was given up on until a person looks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The effect.
    pub effect: Effect,
    /// How often it was tried.
    pub tries: u32,
    /// How the last try failed.
    pub error: String,
    /// When it was given up on.
    pub parked_at: Timestamp,
}

impl DeadLetter {
    /// An effect that was given up on.
    #[must_use]
    pub const fn new(effect: Effect, tries: u32, error: String, parked_at: Timestamp) -> Self {
        Self {
            effect,
            tries,
            error,
            parked_at,
        }
    }
}

/// Some dead letters, and where the next ones begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetterPage {
    /// The letters, ordered by effect id.
    pub letters: Vec<DeadLetter>,
    /// The last id of this page, if there are more.
    pub next: Option<EffectId>,
}

impl DeadLetterPage {
    /// A page of dead letters.
    #[must_use]
    pub const fn new(letters: Vec<DeadLetter>, next: Option<EffectId>) -> Self {
        Self { letters, next }
    }
}

/// The queue of effects.
///
/// Effects enter it by [`OrderStore::commit`](super::OrderStore::commit) and leave it by being
/// finished, there or here.
#[async_trait]
pub trait EffectQueue: Send + Sync {
    /// Hands out up to `limit` effects that are due and not leased, oldest due first, leased to
    /// this worker until `until`, each with its count of tries raised by one.
    ///
    /// An effect MUST NOT be handed out to two workers while a lease runs. One whose lease has
    /// lapsed is due.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn take(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<TakenEffect>, StoreError>;

    /// Removes effects that are done. Those that are gone already are passed over.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn finish(&self, effects: &[EffectId]) -> Result<(), StoreError>;

    /// Frees an effect that this worker has, to be tried again at `due`. Does nothing if the lease
    /// has passed to another worker.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn postpone(
        &self,
        worker: &Worker,
        effect: EffectId,
        due: Timestamp,
        error: &str,
    ) -> Result<(), StoreError>;

    /// Gives up on an effect that this worker has, until it is retried by hand. Does nothing if the
    /// lease has passed to another worker.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn park(
        &self,
        worker: &Worker,
        effect: EffectId,
        now: Timestamp,
        error: &str,
    ) -> Result<(), StoreError>;

    /// Gives back all leases of this worker, whose effects are due at once. Answers how many.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn release(&self, worker: &Worker) -> Result<u64, StoreError>;

    /// The dead letters of a storefront, ordered by effect id, from behind `after`.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, StoreError>;

    /// Makes a dead letter due again at `now`. Answers whether there was one.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn retry(
        &self,
        storefront: &StorefrontId,
        effect: EffectId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
