//! A store in memory: orders, effects and outbox under one lock, so that every commit is atomic.

mod effects;
mod faults;
mod orders;
mod outbox;

pub use effects::QueuedEffect;
pub use faults::StoreFaults;

use super::locked;
use crate::apply;
use crate::effect::EffectId;
use crate::event::Event;
use crate::order::Order;
use crate::ports::{KeyRecord, Lane, Lease, OutboxMessage, Receipt, ScopedKey};
use crate::time::Timestamp;
use crate::value::{OrderId, StorefrontId, Version};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

/// An [`OrderStore`](crate::ports::OrderStore), [`EffectQueue`](crate::ports::EffectQueue) and
/// [`Outbox`](crate::ports::Outbox) in memory.
///
/// It holds its callers to the contract too: a [`Change`](crate::ports::Change) whose events leave a
/// gap is [`Failed`](crate::ports::StoreError::Failed).
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    faults: StoreFaults,
}

#[derive(Default)]
struct State {
    orders: BTreeMap<(StorefrontId, OrderId), Stored>,
    keys: HashMap<ScopedKey, KeyRecord>,
    receipts: BTreeSet<(StorefrontId, Receipt)>,
    effects: BTreeMap<EffectId, QueuedEffect>,
    outbox: BTreeMap<(OrderId, StorefrontId, Version), OutboxMessage>,
    parked: BTreeMap<OrderId, String>,
    lanes: BTreeMap<Lane, Lease>,
    last_lane: Option<Lane>,
}

#[derive(Clone)]
struct Stored {
    order: Order,
    events: Vec<Event>,
    wake_at: Option<Timestamp>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What goes wrong with its next calls.
    #[must_use]
    pub const fn faults(&self) -> &StoreFaults {
        &self.faults
    }

    /// Every order, by storefront and id.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.state()
            .orders
            .values()
            .map(|stored| stored.order.clone())
            .collect()
    }

    /// Every effect in the queue, by id: waiting, leased and given up on.
    #[must_use]
    pub fn effects(&self) -> Vec<QueuedEffect> {
        self.state().effects.values().cloned().collect()
    }

    /// Every message in the outbox, by order and version.
    #[must_use]
    pub fn messages(&self) -> Vec<OutboxMessage> {
        self.state().outbox.values().cloned().collect()
    }

    /// The orders that are not what their events add up to: none, unless a caller has made a
    /// mistake.
    #[must_use]
    pub fn contradictions(&self) -> Vec<OrderId> {
        self.state()
            .orders
            .values()
            .filter(|stored| {
                let told = stored.events.iter().fold(None, apply);
                told.as_ref() != Some(&stored.order)
            })
            .map(|stored| stored.order.id())
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("MemoryStore")
            .field("orders", &state.orders.len())
            .field("effects", &state.effects.len())
            .field("outbox", &state.outbox.len())
            .finish_non_exhaustive()
    }
}
