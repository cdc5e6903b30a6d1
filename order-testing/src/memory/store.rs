//! A store in memory: orders, effects and outbox under one lock, so that every commit is atomic.

mod effect_queue;
mod faults;
mod orders;
mod outbox;

pub use effect_queue::QueuedEffect;
pub use faults::StoreFaults;

use super::MemoryInventory;
use crate::lock::locked;
use order_core::apply;
use order_core::effect::EffectId;
use order_core::event::Event;
use order_core::order::Order;
use order_core::ports::{
    ExternalEventRef, IdempotencyRecord, IdempotencyScope, Lease, OutboxMessage, Partition,
};
use order_core::time::Timestamp;
use order_core::value::{OrderId, StorefrontId, Version};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// An [`OrderStore`](order_core::ports::OrderStore), [`EffectQueue`](order_core::ports::EffectQueue) and
/// [`Outbox`](order_core::ports::Outbox) in memory.
///
/// It checks its callers too: a [`Change`](order_core::ports::Change) whose events leave a gap is
/// [`Failed`](order_core::ports::StoreError::Failed).
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    faults: StoreFaults,
    inventory: Option<Arc<MemoryInventory>>,
}

#[derive(Default)]
struct State {
    orders: BTreeMap<(StorefrontId, OrderId), Stored>,
    keys: HashMap<IdempotencyScope, IdempotencyRecord>,
    inbox: BTreeSet<(StorefrontId, ExternalEventRef)>,
    effects: BTreeMap<EffectId, QueuedEffect>,
    outbox: BTreeMap<(OrderId, StorefrontId, Version), OutboxMessage>,
    parked: BTreeMap<OrderId, String>,
    partition_leases: BTreeMap<Partition, Lease>,
    last_claimed: Option<Partition>,
}

#[derive(Clone)]
struct Stored {
    order: Order,
    events: Vec<Event>,
    wake_at: Option<Timestamp>,
}

impl MemoryStore {
    /// Returns an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty store whose changes may [reserve
    /// stock](order_core::ports::OrderStore::reserves_stock) of this inventory, as if both were in one
    /// database.
    #[must_use]
    pub fn with_inventory(inventory: Arc<MemoryInventory>) -> Self {
        Self {
            inventory: Some(inventory),
            ..Self::default()
        }
    }

    /// Returns the planned failures of the next calls.
    #[must_use]
    pub const fn faults(&self) -> &StoreFaults {
        &self.faults
    }

    /// Returns all orders, sorted by storefront and id.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.state()
            .orders
            .values()
            .map(|stored| stored.order.clone())
            .collect()
    }

    /// Returns all effects in the queue, sorted by id: due, leased and dead letters.
    #[must_use]
    pub fn effects(&self) -> Vec<QueuedEffect> {
        self.state().effects.values().cloned().collect()
    }

    /// Returns all messages in the outbox, sorted by order and version.
    #[must_use]
    pub fn messages(&self) -> Vec<OutboxMessage> {
        self.state().outbox.values().cloned().collect()
    }

    /// Returns the orders that differ from the fold of their events: none, unless a caller has made
    /// a mistake.
    #[must_use]
    pub fn inconsistent_orders(&self) -> Vec<OrderId> {
        self.state()
            .orders
            .values()
            .filter(|stored| {
                let folded = stored.events.iter().fold(None, apply);
                folded.as_ref() != Some(&stored.order)
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
