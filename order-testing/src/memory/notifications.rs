//! A notification service in memory.

use crate::faults::Faults;
use crate::lock::locked;
use async_trait::async_trait;
use order_core::effect::NotificationKind;
use order_core::ports::{CallContext, Notification, Notifications, ServiceError};
use order_core::value::OrderId;
use std::sync::Mutex;

/// A notification service that keeps what it would deliver.
///
/// The method that its [`Faults`] know: `notify`.
#[derive(Debug, Default)]
pub struct MemoryNotifications {
    delivered: Mutex<Vec<Notification>>,
    faults: Faults,
}

impl MemoryNotifications {
    /// Returns a service that has delivered nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns all notifications that were delivered, each id once, oldest first.
    #[must_use]
    pub fn delivered(&self) -> Vec<Notification> {
        locked(&self.delivered).clone()
    }

    /// Returns the kinds of the notifications about an order, oldest first.
    #[must_use]
    pub fn sent(&self, order: OrderId) -> Vec<NotificationKind> {
        locked(&self.delivered)
            .iter()
            .filter(|one| one.order == order)
            .map(|one| one.kind)
            .collect()
    }

    /// Returns the planned failures of the next calls, with a log of all calls so far.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[async_trait]
impl Notifications for MemoryNotifications {
    async fn notify(
        &self,
        call: &CallContext,
        notification: &Notification,
    ) -> Result<(), ServiceError> {
        let work = || {
            let mut delivered = locked(&self.delivered);
            if delivered.iter().all(|one| one.id != notification.id) {
                delivered.push(notification.clone());
            }
            Ok(())
        };
        self.faults.around("notify", call, work).await
    }
}
