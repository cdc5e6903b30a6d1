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

    /// Loses the answers to the next `times` calls: the messages are published, the caller gets an
    /// error.
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

#[async_trait]
impl EventPublisher for MemoryPublisher {
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError> {
        let mut state = locked(&self.state);
        if state.down {
            return Err(PublishError::Unavailable("connection refused".to_owned()));
        }
        if state.rejected.contains(&message.order) {
            return Err(PublishError::Rejected("as planned by the test".to_owned()));
        }
        state.published.push(message.clone());
        if state.lose_answers > 0 {
            state.lose_answers -= 1;
            return Err(PublishError::Unavailable("no answer".to_owned()));
        }
        Ok(())
    }
}
