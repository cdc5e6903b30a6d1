//! Shipments of an order, from the planning of the fulfillment on.

use super::units::by_sku;
use crate::server::dto::enums;
use crate::server::dto::sku_quantity::SkuQuantityDto;
use crate::server::dto::units::UnitsDto;
use chrono::{DateTime, Utc};
use order_core::order::{Fulfillment, Order};
use serde::Serialize;
use utoipa::ToSchema;

/// A shipment: a fulfillment, from its planning on.
#[derive(Serialize, ToSchema)]
#[schema(as = Shipment)]
pub(crate) struct ShipmentResponse {
    /// The value of `shipment_id` and `fulfillment_id`.
    #[schema(example = "1")]
    id: String,
    #[schema(value_type = enums::ShipmentStatus)]
    status: &'static str,
    lines: Vec<UnitsDto>,
    /// Units shipped although they were not, or no longer, ordered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    excess: Vec<SkuQuantityDto>,
    carrier: Option<String>,
    tracking_number: Option<String>,
    tracking_url: Option<String>,
    /// Whether the warehouse was asked to recall it.
    recalling: bool,
    shipped_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
}

impl ShipmentResponse {
    pub(crate) fn new(order: &Order, fulfillment: &Fulfillment) -> Self {
        Self {
            id: fulfillment.no.to_string(),
            status: fulfillment.status.as_str(),
            lines: by_sku(order, &fulfillment.lines),
            excess: fulfillment
                .excess
                .iter()
                .map(|units| SkuQuantityDto::new(&units.sku, units.quantity))
                .collect(),
            carrier: fulfillment
                .tracking
                .carrier
                .as_ref()
                .map(ToString::to_string),
            tracking_number: fulfillment
                .tracking
                .number
                .as_ref()
                .map(ToString::to_string),
            tracking_url: fulfillment.tracking.url.as_ref().map(ToString::to_string),
            recalling: fulfillment.recalling,
            shipped_at: fulfillment.shipped_at,
            delivered_at: fulfillment.delivered_at,
        }
    }
}
