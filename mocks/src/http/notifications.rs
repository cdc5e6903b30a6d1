//! The HTTP routes of the notification service.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::extract::JsonBody;
use super::fault_layer::with_faults;
use super::problem::Problem;
use crate::notifications::{MockNotification, MockNotifications, NotificationError};

pub(super) fn routes(notifications: Arc<MockNotifications>) -> Router {
    let faults = notifications.faults().clone();
    let routes = Router::new()
        .route("/notifications", post(notify))
        .with_state(notifications);
    with_faults(routes, &faults)
}

async fn notify(
    State(notifications): State<Arc<MockNotifications>>,
    JsonBody(body): JsonBody<MockNotification>,
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
