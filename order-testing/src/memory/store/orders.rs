//! Orders, events, idempotency keys and the inbox, and the commit that writes them all.

use super::faults::{CommitFault, unavailable};
use super::{MemoryInventory, MemoryStore, State, Stored};
use async_trait::async_trait;
use order_core::event::EventPayload;
use order_core::order::{Order, PersonalData};
use order_core::ports::{
    Change, CommitOutcome, Cursor, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate,
    ListQuery, OrderStore, OutboxMessage, Page, StoreError,
};
use order_core::time::Timestamp;
use order_core::value::{OrderId, StorefrontId, Version};
use std::cmp::Reverse;

#[async_trait]
impl OrderStore for MemoryStore {
    async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError> {
        if let Some(meanwhile) = self.faults.take_race() {
            meanwhile.await;
        }
        self.faults.check("commit")?;
        let mut state = self.state();
        match self.faults.take_commit_fault() {
            None => state.commit(change, self.inventory.as_deref()),
            Some(CommitFault::Conflict) => Ok(CommitOutcome::VersionConflict {
                found: state.version(&change.order),
            }),
            Some(CommitFault::LoseAnswer) => {
                state.commit(change, self.inventory.as_deref())?;
                Err(unavailable())
            }
        }
    }

    fn reserves_stock(&self) -> bool {
        self.inventory.is_some()
    }

    async fn find(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        self.faults.check("find")?;
        let state = self.state();
        let stored = state.orders.get(&(storefront.clone(), id));
        Ok(stored.map(|stored| stored.order.clone()))
    }

    async fn find_many(
        &self,
        orders: &[(StorefrontId, OrderId)],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        self.faults.check("find_many")?;
        let state = self.state();
        let found = orders.iter().map(|key| state.orders.get(key));
        Ok(found
            .map(|stored| stored.map(|stored| stored.order.clone()))
            .collect())
    }

    async fn events(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Vec<order_core::event::Event>, StoreError> {
        self.faults.check("events")?;
        let state = self.state();
        let stored = state.orders.get(&(storefront.clone(), id));
        Ok(stored.map_or_else(Vec::new, |stored| stored.events.clone()))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page, StoreError> {
        self.faults.check("list")?;
        let limit = usize::from(query.limit.max(1));
        let mut orders: Vec<Order> = self
            .state()
            .orders
            .values()
            .map(|stored| &stored.order)
            .filter(|order| query.matches(order))
            .cloned()
            .collect();
        orders.sort_by_key(|order| Reverse((order.placed_at(), order.id())));
        let more = orders.len() > limit;
        orders.truncate(limit);
        let next = orders
            .last()
            .filter(|_| more)
            .map(|order| Cursor::new(order.placed_at(), order.id()));
        Ok(Page::new(orders, next))
    }

    async fn find_idempotency_record(
        &self,
        key: &IdempotencyScope,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.faults.check("find_idempotency_record")?;
        Ok(self.state().live_key(key, now).cloned())
    }

    async fn mark_answered(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
        self.faults.check("mark_answered")?;
        if let Some(record) = self.state().keys.get_mut(key) {
            record.in_flight_until = None;
        }
        Ok(())
    }

    async fn count_deferred(
        &self,
        storefront: &StorefrontId,
        at_most: u32,
    ) -> Result<u32, StoreError> {
        self.faults.check("count_deferred")?;
        let state = self.state();
        Ok(state
            .orders
            .values()
            .filter(|stored| stored.order.storefront() == storefront && stored.order.is_deferred())
            .zip(0..at_most)
            .map(|(_, counted)| counted + 1)
            .last()
            .unwrap_or_default())
    }

    async fn find_due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StorefrontId, OrderId)>, StoreError> {
        self.faults.check("find_due")?;
        let state = self.state();
        let mut due: Vec<_> = state
            .orders
            .iter()
            .filter_map(|(key, stored)| Some((stored.wake_at?, key)))
            .filter(|(wake_at, _)| *wake_at <= now)
            .collect();
        due.sort();
        Ok(due
            .into_iter()
            .zip(0..limit)
            .map(|((_, key), _)| key.clone())
            .collect())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.faults.check("ping")
    }
}

impl State {
    fn version(&self, order: &Order) -> Version {
        self.orders
            .get(&(order.storefront().clone(), order.id()))
            .map_or(Version::NONE, |stored| stored.order.version())
    }

    fn live_key(&self, key: &IdempotencyScope, now: Timestamp) -> Option<&IdempotencyRecord> {
        self.keys.get(key).filter(|record| record.is_live(now))
    }

    fn commit(
        &mut self,
        mut change: Change,
        inventory: Option<&MemoryInventory>,
    ) -> Result<CommitOutcome, StoreError> {
        check_versions(&change)?;
        check_key(&change)?;
        let taken = match &change.idempotency {
            Some(IdempotencyUpdate::Claim { key, now, .. }) => self.live_key(key, *now),
            Some(IdempotencyUpdate::ClaimUnused { key, now, .. }) => {
                self.keys.get(key).filter(|record| record.expires_at > *now)
            }
            _ => None,
        };
        if let Some(record) = taken {
            return Ok(CommitOutcome::IdempotencyKeyTaken(record.clone()));
        }
        let external_event = change
            .external_event
            .clone()
            .map(|external_event| (change.order.storefront().clone(), external_event));
        if let Some(external_event) = &external_event
            && self.inbox.contains(external_event)
        {
            return Ok(CommitOutcome::DuplicateExternalEvent);
        }
        let found = self.version(&change.order);
        if found != change.expected_version {
            return Ok(CommitOutcome::VersionConflict { found });
        }
        if let Some(reserve) = change.reserve.take() {
            let inventory = inventory.ok_or_else(|| broken("this store reserves no stock"))?;
            if let Some(refused) = inventory.reserve_for(&change.order, reserve) {
                return Ok(refused);
            }
        }
        self.inbox.extend(external_event);
        self.write(change);
        Ok(CommitOutcome::Applied)
    }

    /// Writes a change that was checked. It cannot fail, so that a commit is all or nothing.
    fn write(&mut self, change: Change) {
        let order = change.order;
        let now = order.updated_at();
        for effect in &change.completed_effects {
            self.effects.remove(effect);
        }
        if change.expedite_effects {
            self.expedite(order.storefront(), order.id(), now);
        }
        for effect in change.effects {
            self.enqueue(effect, now);
        }
        if let Some(key) = change.idempotency {
            self.change_key(key, order.version());
        }
        if change.publish {
            for event in &change.events {
                let event = event.clone().with_personal(PersonalData::default());
                self.outbox.insert(
                    (order.id(), order.storefront().clone(), event.version),
                    OutboxMessage::new(order.storefront().clone(), order.id(), event),
                );
            }
        }
        let key = (order.storefront().clone(), order.id());
        let mut events = self
            .orders
            .remove(&key)
            .map_or_else(Vec::new, |stored| stored.events);
        for event in change.events {
            if event.payload == EventPayload::PersonalDataErased {
                events = events
                    .into_iter()
                    .map(|earlier| earlier.with_personal(PersonalData::default()))
                    .collect();
            }
            events.push(event);
        }
        self.orders.insert(
            key,
            Stored {
                order,
                events,
                wake_at: change.wake_at,
            },
        );
    }

    fn change_key(&mut self, change: IdempotencyUpdate, version: Version) {
        match change {
            IdempotencyUpdate::Claim { key, record, .. }
            | IdempotencyUpdate::ClaimUnused { key, record, .. } => {
                self.keys.insert(key, record);
            }
            IdempotencyUpdate::Advance { key, answered } => {
                if let Some(record) = self.keys.get_mut(&key) {
                    record.version = version;
                    if answered {
                        record.in_flight_until = None;
                    }
                }
            }
            IdempotencyUpdate::Release { key } => {
                if let Some(record) = self.keys.get_mut(&key) {
                    record.version = Version::NONE;
                    record.in_flight_until = None;
                }
            }
            // `check_key` has refused it.
            _ => {}
        }
    }
}

fn check_versions(change: &Change) -> Result<(), StoreError> {
    let mut version = change.expected_version;
    for event in &change.events {
        version = version.next();
        if event.version != version {
            return Err(broken("the versions of the events leave a gap"));
        }
    }
    if change.events.is_empty() {
        return Err(broken("there is no event"));
    }
    if change.order.version() != version {
        return Err(broken("the order's version is not that of the last event"));
    }
    Ok(())
}

fn check_key(change: &Change) -> Result<(), StoreError> {
    match &change.idempotency {
        None
        | Some(
            IdempotencyUpdate::Claim { .. }
            | IdempotencyUpdate::ClaimUnused { .. }
            | IdempotencyUpdate::Advance { .. }
            | IdempotencyUpdate::Release { .. },
        ) => Ok(()),
        Some(_) => Err(broken("this kind of key change is not known")),
    }
}

fn broken(rule: &'static str) -> StoreError {
    StoreError::Failed(rule.into())
}
