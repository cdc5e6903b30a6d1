//! The outbox, and the leases of its partitions.

use super::{MemoryStore, State};
use async_trait::async_trait;
use order_core::ports::{
    Lease, Outbox, OutboxMessage, PARTITIONS, ParkedOrder, Partition, StoreError, Worker,
};
use order_core::time::Timestamp;
use order_core::value::OrderId;

impl State {
    fn messages_of(&self, partition: Partition) -> impl Iterator<Item = &OutboxMessage> {
        self.outbox.values().filter(move |message| {
            Partition::of(message.order) == partition && !self.parked.contains_key(&message.order)
        })
    }

    fn is_open_to(&self, worker: &Worker, partition: Partition, now: Timestamp) -> bool {
        self.partition_leases
            .get(&partition)
            .is_none_or(|lease| lease.until <= now || &lease.worker == worker)
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim_partitions(
        &self,
        worker: &Worker,
        limit: u16,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Partition>, StoreError> {
        self.faults.check("claim_partitions")?;
        let mut state = self.state();
        // Round robin: the search starts after the partition that was claimed last.
        let first = state
            .last_claimed
            .map_or(0, |partition| partition.number() + 1);
        let partitions: Vec<Partition> = (first..first + PARTITIONS)
            .filter_map(|number| Partition::new(number % PARTITIONS))
            .filter(|partition| {
                state.is_open_to(worker, *partition, now)
                    && state.messages_of(*partition).next().is_some()
            })
            .take(usize::from(limit))
            .collect();
        for partition in &partitions {
            state
                .partition_leases
                .insert(*partition, Lease::new(worker.clone(), until));
            state.last_claimed = Some(*partition);
        }
        Ok(partitions)
    }

    async fn fetch(
        &self,
        partition: Partition,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        self.faults.check("fetch")?;
        let state = self.state();
        Ok(state
            .messages_of(partition)
            .zip(0..limit)
            .map(|(message, _)| message.clone())
            .collect())
    }

    async fn confirm(&self, messages: &[OutboxMessage]) -> Result<(), StoreError> {
        self.faults.check("confirm")?;
        let mut state = self.state();
        for message in messages {
            let storefront = message.storefront.clone();
            state
                .outbox
                .remove(&(message.order, storefront, message.event.version));
        }
        Ok(())
    }

    async fn park_order(&self, order: OrderId, error: &str) -> Result<(), StoreError> {
        self.faults.check("park_order")?;
        self.state().parked.insert(order, error.to_owned());
        Ok(())
    }

    async fn parked_orders(&self, limit: u32) -> Result<Vec<ParkedOrder>, StoreError> {
        self.faults.check("parked_orders")?;
        let state = self.state();
        Ok(state
            .parked
            .iter()
            .zip(0..limit)
            .map(|((order, error), _)| ParkedOrder::new(*order, error.clone()))
            .collect())
    }

    async fn resume_order(&self, order: OrderId) -> Result<bool, StoreError> {
        self.faults.check("resume_order")?;
        Ok(self.state().parked.remove(&order).is_some())
    }

    async fn release_partitions(
        &self,
        worker: &Worker,
        partitions: &[Partition],
    ) -> Result<(), StoreError> {
        self.faults.check("release_partitions")?;
        let mut state = self.state();
        for partition in partitions {
            if state
                .partition_leases
                .get(partition)
                .is_some_and(|lease| &lease.worker == worker)
            {
                state.partition_leases.remove(partition);
            }
        }
        Ok(())
    }
}
