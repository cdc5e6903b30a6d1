//! The client of the notification service.

use super::request::ServiceRequest;
use super::service_client::{ServiceClient, connection_pool};
use super::{ClientConfig, ClientError};
use async_trait::async_trait;
use order_core::ports::{CallContext, Clock, Notification, Notifications, ServiceError};
use order_core::value::OrderId;
use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// [`Notifications`] over HTTP: `POST /notifications`.
///
/// A message goes to the e-mail address, or where there is none to the telephone number. Without
/// either it is not sent, and refused as `no_recipient`.
#[derive(Debug)]
pub struct HttpNotifications {
    service: ServiceClient,
}

#[derive(Serialize)]
struct NotificationBody<'a> {
    id: &'a str,
    kind: &'a str,
    order_id: OrderId,
    to: &'a str,
    data: &'a Map<String, Value>,
}

impl HttpNotifications {
    /// Makes the client of the notification service at this URL, with a connection pool of its own.
    ///
    /// # Errors
    /// [`ClientError`] if the URL is not valid, or TLS cannot be set up.
    pub fn new(
        address: &str,
        config: &ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        Self::with_pool(connection_pool(config)?, address, config, clock)
    }

    pub(super) fn with_pool(
        http: reqwest::Client,
        address: &str,
        config: &ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let service = ServiceClient::new("notification", address, http, config, clock)?;
        Ok(Self { service })
    }
}

#[async_trait]
impl Notifications for HttpNotifications {
    async fn notify(
        &self,
        call: &CallContext,
        notification: &Notification,
    ) -> Result<(), ServiceError> {
        let request =
            ServiceRequest::write("POST /notifications", Method::POST, &["notifications"]);
        let Some(to) = notification.to.primary() else {
            return Err(self
                .service
                .operation(&request)
                .refused_locally("no_recipient"));
        };
        let request = request.json(&NotificationBody {
            id: &notification.id,
            kind: notification.kind.as_str(),
            order_id: notification.order,
            to,
            data: &notification.data,
        });
        self.service.send(call, request).await?.require_success()
    }
}
