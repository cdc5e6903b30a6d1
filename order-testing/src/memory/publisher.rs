//! A message broker in memory.

use crate::lock::locked;
use async_trait::async_trait;
use order_core::ports::{EventPublisher, OutboxMessage, PublishError};
use order_core::value::OrderId;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// A message broker that keeps what was published.
#[derive(Debug, Default)]
pub struct MemoryPublisher {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    published: Vec<OutboxMessage>,
    down: bool,
    lose_answers: u32,
    rejected: BTreeSet<OrderId>,
}

impl MemoryPublisher {
    /// Returns a broker without messages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns all published messages, oldest first, duplicates included.
    #[must_use]
    pub fn published(&self) -> Vec<OutboxMessage> {
        locked(&self.state).published.clone()
    }

    /// Makes every call fail as unavailable, until [`up`](Self::up).
    pub fn down(&self) {
        locked(&self.state).down = true;
    }

    /// Ends [`down`](Self::down).
    pub fn up(&self) {
        locked(&self.state).down = false;
    }

    /// Loses the answers for the next `times` messages: they are published, the caller gets an error.
    pub fn lose_answers(&self, times: u32) {
        locked(&self.state).lose_answers = times;
    }

    /// Rejects the events of this order for good, until [`accept`](Self::accept).
    pub fn reject(&self, order: OrderId) {
        locked(&self.state).rejected.insert(order);
    }

    /// Ends [`reject`](Self::reject) for this order.
    pub fn accept(&self, order: OrderId) {
        locked(&self.state).rejected.remove(&order);
    }
}

impl State {
    fn publish(&mut self, message: &OutboxMessage) -> Result<(), PublishError> {
        if self.down {
            return Err(PublishError::Unavailable("connection refused".to_owned()));
        }
        if self.rejected.contains(&message.order) {
            return Err(PublishError::Rejected("as planned by the test".to_owned()));
        }
        self.published.push(message.clone());
        if self.lose_answers > 0 {
            self.lose_answers -= 1;
            return Err(PublishError::Unavailable("no answer".to_owned()));
        }
        Ok(())
    }
}

#[async_trait]
impl EventPublisher for MemoryPublisher {
    async fn publish(&self, batch: &[OutboxMessage]) -> Vec<Result<(), PublishError>> {
        let mut state = locked(&self.state);
        let mut failed = BTreeSet::new();
        let answers = batch.iter().map(|message| {
            if failed.contains(&message.order) {
                return Err(PublishError::Unavailable(
                    "an earlier one failed".to_owned(),
                ));
            }
            let answer = state.publish(message);
            if answer.is_err() {
                failed.insert(message.order);
            }
            answer
        });
        answers.collect()
    }
}
