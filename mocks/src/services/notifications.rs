//! The notification service: accepts messages to customers. It never sends one, and logs a
//! message's kind and order, never its recipient or content.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::faults::FaultInjector;
use crate::lock::lock;
use crate::validate::{self, InvalidField};

/// Messages that are kept, at most; the oldest are dropped first.
pub const MAX_KEPT: usize = 1_000;

/// A message to a customer.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockNotification {
    /// The caller's id, by which a repeated message is recognised.
    pub id: String,
    /// What has happened, such as `order_shipped`.
    pub kind: String,
    /// The order it is about.
    pub order_id: String,
    /// The recipient: an e-mail address or phone number.
    pub to: String,
    /// Parameters of the text.
    #[serde(default)]
    pub data: Map<String, Value>,
}

impl fmt::Debug for MockNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockNotification")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("order_id", &self.order_id)
            .finish_non_exhaustive()
    }
}

/// The notification service refuses a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotificationError {
    /// A field is not valid.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// The id was used before, for a different message.
    #[error("the id {id} was used for another notification")]
    IdReused {
        /// The id that was used before.
        id: String,
    },
}

/// The accepted messages, in memory.
#[derive(Debug, Default)]
pub struct MockNotifications {
    accepted: Mutex<VecDeque<MockNotification>>,
    faults: FaultInjector,
}

impl MockNotifications {
    /// Creates the service with no messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts a message. A repeated one is accepted again and kept once.
    ///
    /// # Errors
    ///
    /// [`NotificationError::IdReused`] while another message with its id is kept.
    pub fn notify(&self, notification: MockNotification) -> Result<(), NotificationError> {
        validate::id("id", &notification.id)?;
        validate::id("kind", &notification.kind)?;
        validate::id("order_id", &notification.order_id)?;
        validate::text("to", &notification.to)?;
        let mut accepted = lock(&self.accepted);
        if let Some(earlier) = accepted.iter().rev().find(|n| n.id == notification.id) {
            return if *earlier == notification {
                Ok(())
            } else {
                Err(NotificationError::IdReused {
                    id: notification.id,
                })
            };
        }
        tracing::info!(
            kind = notification.kind,
            order = notification.order_id,
            "notification"
        );
        if accepted.len() == MAX_KEPT {
            accepted.pop_front();
        }
        accepted.push_back(notification);
        Ok(())
    }

    /// Returns the latest [`MAX_KEPT`] accepted messages, oldest first.
    pub fn accepted(&self) -> Vec<MockNotification> {
        lock(&self.accepted).iter().cloned().collect()
    }

    /// Returns the switches that make the next calls fail.
    pub fn faults(&self) -> &FaultInjector {
        &self.faults
    }
}
