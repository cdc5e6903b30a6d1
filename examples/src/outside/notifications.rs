//! The notification service: what customers would have been told. It sends nothing, and logs the
//! kind and the order of a notification, never to whom or what.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::wire::{self, Body, Problem};
use super::{Faults, Invalid, check, locked};

/// How many notifications are kept; the oldest go first.
const KEPT: usize = 1_000;

/// Something a customer should be told.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// The caller's name for it: the same one is never told twice.
    pub id: String,
    /// What it is about, such as `order_shipped`.
    pub kind: String,
    /// The order it is about.
    pub order_id: String,
    /// To whom: an address.
    pub to: String,
    /// What the text is made from.
    #[serde(default)]
    pub data: Map<String, Value>,
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("order_id", &self.order_id)
            .finish_non_exhaustive()
    }
}

/// Why the notification service says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotificationError {
    /// The request makes no sense.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The id was used before, for another notification.
    #[error("the id {id} was used for another notification")]
    IdReused {
        /// The id.
        id: String,
    },
}

/// What was to be told, the latest thousand.
#[derive(Debug, Default)]
pub struct Notifications {
    accepted: Mutex<VecDeque<Notification>>,
    faults: Faults,
}

impl Notifications {
    /// Nothing told yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts a notification. The same one again is accepted, and kept once.
    ///
    /// # Errors
    ///
    /// [`NotificationError::IdReused`] while the earlier one with its id is kept.
    pub fn notify(&self, notification: Notification) -> Result<(), NotificationError> {
        check::id("id", &notification.id)?;
        check::id("kind", &notification.kind)?;
        check::id("order_id", &notification.order_id)?;
        check::text("to", &notification.to)?;
        let mut accepted = locked(&self.accepted);
        if let Some(earlier) = accepted.iter().rev().find(|n| n.id == notification.id) {
            return if *earlier == notification {
                Ok(())
            } else {
                Err(NotificationError::IdReused {
                    id: notification.id,
                })
            };
        }
        tracing::info!(
            kind = notification.kind,
            order = notification.order_id,
            "notification"
        );
        if accepted.len() == KEPT {
            accepted.pop_front();
        }
        accepted.push_back(notification);
        Ok(())
    }

    /// What was accepted, the latest thousand, oldest first.
    pub fn accepted(&self) -> Vec<Notification> {
        locked(&self.accepted).iter().cloned().collect()
    }

    /// What goes wrong with the next calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

/// This service alone, as a router.
pub fn router(notifications: Arc<Notifications>) -> Router {
    wire::with_fallbacks(routes(notifications))
}

pub(super) fn routes(notifications: Arc<Notifications>) -> Router {
    let faults = notifications.faults.clone();
    let routes = Router::new()
        .route("/notifications", post(notify))
        .with_state(notifications);
    wire::with_faults(routes, &faults)
}

async fn notify(
    State(notifications): State<Arc<Notifications>>,
    Body(body): Body<Notification>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let id = body.id.clone();
    notifications.notify(body)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))))
}

impl From<NotificationError> for Problem {
    fn from(error: NotificationError) -> Self {
        match &error {
            NotificationError::Invalid(invalid) => invalid.clone().into(),
            NotificationError::IdReused { .. } => {
                Self::new(StatusCode::CONFLICT, "id_reused", &error)
            }
        }
    }
}

#[cfg(test)]
mod tests;
