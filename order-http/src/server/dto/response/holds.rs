//! Holds of an order.

use chrono::{DateTime, Utc};
use order_core::order::{Hold, HoldOrigin};
use serde::Serialize;
use utoipa::ToSchema;

/// A hold, which keeps an order from being fulfilled.
#[derive(Serialize, ToSchema)]
#[schema(as = Hold)]
pub(crate) struct HoldResponse {
    #[schema(example = "1")]
    id: String,
    /// Whether it was requested or set by the system.
    #[schema(value_type = String, example = "requested")]
    origin: HoldOrigin,
    reason: Option<String>,
    placed_at: DateTime<Utc>,
    /// Null while it is active.
    released_at: Option<DateTime<Utc>>,
}

impl From<&Hold> for HoldResponse {
    fn from(hold: &Hold) -> Self {
        Self {
            id: hold.no.to_string(),
            origin: hold.origin,
            reason: hold.reason.as_ref().map(ToString::to_string),
            placed_at: hold.placed_at,
            released_at: hold.released_at,
        }
    }
}
