//! The notification service.

use super::{Call, OutsideError};
use crate::effect::Notice;
use crate::order::Contact;
use crate::value::OrderId;
use async_trait::async_trait;
use serde_json::{Map, Value};

/// Something a customer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// Its id: the same at every try.
    pub id: String,
    /// What it is about.
    pub notice: Notice,
    /// The order.
    pub order: OrderId,
    /// Whom to tell.
    pub to: Contact,
    /// What to say, without personal data.
    pub data: Map<String, Value>,
}

impl Notification {
    /// A message about an order.
    #[must_use]
    pub const fn new(
        id: String,
        notice: Notice,
        order: OrderId,
        to: Contact,
        data: Map<String, Value>,
    ) -> Self {
        Self {
            id,
            notice,
            order,
            to,
            data,
        }
    }
}

/// Writes to customers.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Takes a message for delivery. The same id again MUST NOT be delivered twice.
    ///
    /// # Errors
    /// If the service gave no answer, or refuses.
    async fn notify(&self, call: &Call, notification: &Notification) -> Result<(), OutsideError>;
}
