//! The outbox.

use super::{MemoryStore, State};
use crate::ports::{LANES, Lane, Lease, Outbox, OutboxMessage, ParkedOrder, StoreError, Worker};
use crate::time::Timestamp;
use crate::value::OrderId;
use async_trait::async_trait;

impl State {
    fn messages_of(&self, lane: Lane) -> impl Iterator<Item = &OutboxMessage> {
        self.outbox.values().filter(move |message| {
            Lane::of(message.order) == lane && !self.parked.contains_key(&message.order)
        })
    }

    fn is_open_to(&self, worker: &Worker, lane: Lane, now: Timestamp) -> bool {
        self.lanes
            .get(&lane)
            .is_none_or(|lease| lease.until <= now || &lease.worker == worker)
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lane>, StoreError> {
        self.faults.check("claim")?;
        let mut state = self.state();
        // From behind the lane that was given last, so that each gets its turn.
        let first = state.last_lane.map_or(0, |lane| lane.number() + 1);
        let lane = (first..first + LANES)
            .filter_map(|number| Lane::new(number % LANES))
            .find(|lane| {
                state.is_open_to(worker, *lane, now) && state.messages_of(*lane).next().is_some()
            });
        if let Some(lane) = lane {
            state.lanes.insert(lane, Lease::new(worker.clone(), until));
            state.last_lane = Some(lane);
        }
        Ok(lane)
    }

    async fn fetch(&self, lane: Lane, limit: u32) -> Result<Vec<OutboxMessage>, StoreError> {
        self.faults.check("fetch")?;
        let state = self.state();
        Ok(state
            .messages_of(lane)
            .zip(0..limit)
            .map(|(message, _)| message.clone())
            .collect())
    }

    async fn confirm(&self, lane: Lane, messages: &[OutboxMessage]) -> Result<(), StoreError> {
        self.faults.check("confirm")?;
        let mut state = self.state();
        for message in messages {
            if Lane::of(message.order) == lane {
                let storefront = message.storefront.clone();
                state
                    .outbox
                    .remove(&(message.order, storefront, message.event.version));
            }
        }
        Ok(())
    }

    async fn park(&self, order: OrderId, error: &str) -> Result<(), StoreError> {
        self.faults.check("park_order")?;
        self.state().parked.insert(order, error.to_owned());
        Ok(())
    }

    async fn parked(&self, limit: u32) -> Result<Vec<ParkedOrder>, StoreError> {
        self.faults.check("parked")?;
        let state = self.state();
        Ok(state
            .parked
            .iter()
            .zip(0..limit)
            .map(|((order, error), _)| ParkedOrder::new(*order, error.clone()))
            .collect())
    }

    async fn resume(&self, order: OrderId) -> Result<bool, StoreError> {
        self.faults.check("resume")?;
        Ok(self.state().parked.remove(&order).is_some())
    }

    async fn release(&self, worker: &Worker, lane: Lane) -> Result<(), StoreError> {
        self.faults.check("release_lane")?;
        let mut state = self.state();
        if state
            .lanes
            .get(&lane)
            .is_some_and(|lease| &lease.worker == worker)
        {
            state.lanes.remove(&lane);
        }
        Ok(())
    }
}
