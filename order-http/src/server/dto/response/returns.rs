//! Returns of an order.

use super::units::by_sku;
use crate::server::dto::enums;
use crate::server::dto::units::UnitsDto;
use chrono::{DateTime, Utc};
use order_core::order::{Order, Return};
use serde::Serialize;
use utoipa::ToSchema;

/// A return.
#[derive(Serialize, ToSchema)]
#[schema(as = Return)]
pub(crate) struct ReturnResponse {
    #[schema(example = "1")]
    id: String,
    #[schema(value_type = enums::ReturnRequestStatus)]
    status: &'static str,
    lines: Vec<UnitsDto>,
    reason: Option<String>,
    /// Minor units credited to the customer when the return is received.
    credit: i64,
    /// Whether the units were restocked.
    restocked: bool,
    requested_at: DateTime<Utc>,
}

impl ReturnResponse {
    pub(crate) fn new(order: &Order, order_return: &Return) -> Self {
        Self {
            id: order_return.no.to_string(),
            status: order_return.status.as_str(),
            lines: by_sku(order, &order_return.lines),
            reason: order_return.reason.as_ref().map(ToString::to_string),
            credit: order_return.credit.minor(),
            restocked: order_return.restocked,
            requested_at: order_return.requested_at,
        }
    }
}
