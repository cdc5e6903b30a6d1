//! Customers: whether they may order, and what they are told.

use super::{Job, Verdict};
use crate::effect::Notice;
use crate::fact::Fact;
use crate::order::CustomerCheck;
use crate::ports::{CustomerStatus, Notification, OutsideErrorKind};
use crate::value::Code;
use serde_json::{Map, Value};

impl Job<'_> {
    pub(super) async fn verify(&self) -> Verdict {
        if self.order.customer() != CustomerCheck::Pending || self.order.status().is_closed() {
            return Verdict::obsolete();
        }
        let customers = &self.engine.outside.customers;
        match customers.find(&self.call, self.order.customer_id()).await {
            Ok(Some(customer)) if customer.status == CustomerStatus::Active => {
                Verdict::fact(Fact::CustomerVerified)
            }
            Ok(Some(_)) => rejected("customer_blocked"),
            Ok(None) => rejected("unknown_customer"),
            Err(error) => Verdict::of_error(error),
        }
    }

    pub(super) async fn notify(&self, notice: Notice) -> Verdict {
        let Some(contact) = self.order.personal().contact.clone() else {
            return Verdict::obsolete();
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
            notice,
            self.order.id(),
            contact,
            data,
        );
        let notifications = &self.engine.outside.notifications;
        match notifications.notify(&self.call, &notification).await {
            Ok(()) => Verdict::obsolete(),
            Err(error) if matches!(error.kind, OutsideErrorKind::Refused { .. }) => {
                Verdict::Park(error)
            }
            Err(error) => Verdict::Again {
                error,
                facts: Vec::new(),
            },
        }
    }
}

fn rejected(code: &str) -> Verdict {
    Verdict::Done(
        Code::parse(code)
            .map(|code| Fact::CustomerRejected { code })
            .into_iter()
            .collect(),
    )
}
