//! A broker in memory.

use super::locked;
use crate::ports::{EventPublisher, OutboxMessage, PublishError};
use crate::value::OrderId;
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// A broker that keeps what was published.
#[derive(Debug, Default)]
pub struct MemoryPublisher {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    published: Vec<OutboxMessage>,
    down: bool,
    lose_answers: u32,
    poisoned: BTreeSet<OrderId>,
}

impl MemoryPublisher {
    /// A broker to which nothing was published.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that was published, oldest first, repetitions among it.
    #[must_use]
    pub fn published(&self) -> Vec<OutboxMessage> {
        locked(&self.state).published.clone()
    }

    /// From now on it is away.
    pub fn down(&self) {
        locked(&self.state).down = true;
    }

    /// From now on it is there.
    pub fn up(&self) {
        locked(&self.state).down = false;
    }

    /// The next so many events are safe with it, but nobody is told.
    pub fn lose_answers(&self, times: u32) {
        locked(&self.state).lose_answers = times;
    }

    /// From now on it refuses the events of this order.
    pub fn poison(&self, order: OrderId) {
        locked(&self.state).poisoned.insert(order);
    }

    /// From now on it takes the events of this order.
    pub fn heal(&self, order: OrderId) {
        locked(&self.state).poisoned.remove(&order);
    }
}

#[async_trait]
impl EventPublisher for MemoryPublisher {
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError> {
        let mut state = locked(&self.state);
        if state.down {
            return Err(PublishError::Unavailable("connection refused".to_owned()));
        }
        if state.poisoned.contains(&message.order) {
            return Err(PublishError::Poisoned("as planned by the test".to_owned()));
        }
        state.published.push(message.clone());
        if state.lose_answers > 0 {
            state.lose_answers -= 1;
            return Err(PublishError::Unavailable("no answer".to_owned()));
        }
        Ok(())
    }
}
