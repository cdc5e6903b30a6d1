//! The mock notifications, as a port.

use async_trait::async_trait;
use order_core::ports::{self, Call, OutsideError};

use super::{InProcess, refused};
use crate::outside::Notifications;
use crate::outside::notifications::{Notification, NotificationError};

#[async_trait]
impl ports::Notifications for InProcess<Notifications> {
    async fn notify(&self, call: &Call, given: &ports::Notification) -> Result<(), OutsideError> {
        let Some(to) = given.to.email.as_ref().or(given.to.phone.as_ref()) else {
            return Err(refused("no_recipient"));
        };
        let notification = Notification {
            id: given.id.clone(),
            kind: given.notice.to_string(),
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
