//! The port of the notification service: messages to customers.

use super::{CallContext, ServiceError};
use crate::effect::NotificationKind;
use crate::order::Contact;
use crate::value::OrderId;
use async_trait::async_trait;
use serde_json::{Map, Value};

/// A message to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// The idempotency key: the same at every attempt.
    pub id: String,
    /// The subject.
    pub kind: NotificationKind,
    /// The order it is about.
    pub order: OrderId,
    /// The recipient; personal data.
    pub to: Contact,
    /// The variables of the message template, without personal data.
    pub data: Map<String, Value>,
}

impl Notification {
    /// Creates a message.
    #[must_use]
    pub const fn new(
        id: String,
        kind: NotificationKind,
        order: OrderId,
        to: Contact,
        data: Map<String, Value>,
    ) -> Self {
        Self {
            id,
            kind,
            order,
            to,
            data,
        }
    }
}

/// The notification service.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Accepts a message for delivery. An adapter MUST NOT deliver two messages with the same id.
    ///
    /// # Errors
    /// If the call failed or was refused.
    async fn notify(
        &self,
        call: &CallContext,
        notification: &Notification,
    ) -> Result<(), ServiceError>;
}
