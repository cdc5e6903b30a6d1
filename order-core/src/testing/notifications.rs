//! A notification service in memory.

use super::{Faults, locked};
use crate::effect::Notice;
use crate::ports::{Call, Notification, Notifications, OutsideError};
use crate::value::OrderId;
use async_trait::async_trait;
use std::sync::Mutex;

/// A notification service that keeps what it would deliver.
///
/// Method of its [`Faults`]: `notify`.
#[derive(Debug, Default)]
pub struct MemoryNotifications {
    delivered: Mutex<Vec<Notification>>,
    faults: Faults,
}

impl MemoryNotifications {
    /// A service that has delivered nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that was delivered, each id once, oldest first.
    #[must_use]
    pub fn delivered(&self) -> Vec<Notification> {
        locked(&self.delivered).clone()
    }

    /// What the customer of an order was told about, oldest first.
    #[must_use]
    pub fn notices(&self, order: OrderId) -> Vec<Notice> {
        locked(&self.delivered)
            .iter()
            .filter(|one| one.order == order)
            .map(|one| one.notice)
            .collect()
    }

    /// What goes wrong with the next calls, and a log of all.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

#[async_trait]
impl Notifications for MemoryNotifications {
    async fn notify(&self, call: &Call, notification: &Notification) -> Result<(), OutsideError> {
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
