//! The notification service over HTTP.

use super::request::Request;
use super::service::{ServiceClient, connections};
use super::{ClientError, ClientSettings};
use async_trait::async_trait;
use order_core::ports::{Call, Clock, Notification, Notifications, OutsideError};
use order_core::value::OrderId;
use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// [`Notifications`] over HTTP: `POST /notifications`.
///
/// A message goes to the e-mail address, or where there is none to the telephone number; without
/// either it is refused as `no_recipient`.
#[derive(Debug)]
pub struct HttpNotifications {
    service: ServiceClient,
}

#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    kind: &'a str,
    order_id: OrderId,
    to: &'a str,
    data: &'a Map<String, Value>,
}

impl HttpNotifications {
    /// The notification service at this address.
    ///
    /// # Errors
    /// [`ClientError`] if the address is none, or TLS cannot be set up.
    pub fn new(
        address: &str,
        settings: &ClientSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        Self::over(connections(settings)?, address, settings, clock)
    }

    pub(super) fn over(
        http: reqwest::Client,
        address: &str,
        settings: &ClientSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let service = ServiceClient::new("notification", address, http, settings, clock)?;
        Ok(Self { service })
    }
}

#[async_trait]
impl Notifications for HttpNotifications {
    async fn notify(&self, call: &Call, notification: &Notification) -> Result<(), OutsideError> {
        let contact = &notification.to;
        let request = Request::write("POST /notifications", Method::POST, &["notifications"]);
        let Some(to) = contact.email.as_ref().or(contact.phone.as_ref()) else {
            return Err(self.service.asked(&request).refused_here("no_recipient"));
        };
        let request = request.json(&Message {
            id: &notification.id,
            kind: notification.notice.as_str(),
            order_id: notification.order,
            to: to.as_str(),
            data: &notification.data,
        });
        self.service.send(call, request).await?.done()
    }
}
