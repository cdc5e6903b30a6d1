//! Implements the `Notifications` port.

use async_trait::async_trait;
use order_core::ports::{self, CallContext, ServiceError};

use super::adapter::{InProcess, refused};
use crate::notifications::{MockNotification, MockNotifications, NotificationError};

#[async_trait]
impl ports::Notifications for InProcess<MockNotifications> {
    async fn notify(
        &self,
        call: &CallContext,
        given: &ports::Notification,
    ) -> Result<(), ServiceError> {
        let Some(to) = given.to.primary() else {
            return Err(refused("no_recipient"));
        };
        let notification = MockNotification {
            id: given.id.clone(),
            kind: given.kind.to_string(),
            order_id: given.order.to_string(),
            to: to.to_string(),
            data: given.data.clone(),
        };
        let faults = self.service.faults();
        self.call(call, "POST /notifications", faults, move |service| {
            service.notify(notification)
        })
        .await?
        .map_err(|error| match error {
            NotificationError::Invalid(_) => refused("invalid_request"),
            NotificationError::IdReused { .. } => refused("id_reused"),
        })
    }
}
