//! Calls of the notification service: messages to customers.

use super::{EffectContext, EffectOutcome};
use crate::effect::NotificationKind;
use crate::ports::{Notification, ServiceErrorKind};
use serde_json::{Map, Value};

impl EffectContext<'_> {
    pub(super) async fn notify(&self, notification: NotificationKind) -> EffectOutcome {
        let Some(contact) = self.order.personal().contact.clone() else {
            return EffectOutcome::obsolete();
        };
        let text = |text: String| Value::String(text);
        let mut data = Map::new();
        data.insert("status".into(), text(self.order.status().to_string()));
        data.insert(
            "payment_status".into(),
            text(self.order.payment_status().to_string()),
        );
        data.insert("currency".into(), text(self.order.currency().to_string()));
        data.insert(
            "total".into(),
            Value::from(self.order.totals().total.minor()),
        );
        let notification = Notification::new(
            self.call.key.clone(),
            notification,
            self.order.id(),
            contact,
            data,
        );
        let notifications = &self.engine.services.notifications;
        match notifications.notify(&self.call, &notification).await {
            Ok(()) => EffectOutcome::obsolete(),
            Err(error) if matches!(error.kind, ServiceErrorKind::Refused { .. }) => {
                EffectOutcome::Park(error)
            }
            Err(error) => EffectOutcome::Retry {
                error,
                facts: Vec::new(),
            },
        }
    }
}
