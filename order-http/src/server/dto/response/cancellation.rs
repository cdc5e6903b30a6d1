//! The cancellation of an order.

use chrono::{DateTime, Utc};
use order_core::order::Cancellation;
use serde::Serialize;
use utoipa::ToSchema;

/// An accepted cancellation.
#[derive(Serialize, ToSchema)]
#[schema(as = Cancellation)]
pub(crate) struct CancellationResponse {
    reason: Option<String>,
    requested_at: DateTime<Utc>,
    /// Whether compensation has failed so often that a person should look. It is still retried.
    stuck: bool,
}

impl From<&Cancellation> for CancellationResponse {
    fn from(cancellation: &Cancellation) -> Self {
        Self {
            reason: cancellation.reason.as_ref().map(ToString::to_string),
            requested_at: cancellation.requested_at,
            stuck: cancellation.stuck,
        }
    }
}
