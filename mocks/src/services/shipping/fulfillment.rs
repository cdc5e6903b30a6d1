//! A fulfillment (one shipment): its request, and its status.

use serde::{Deserialize, Serialize};

use super::address::MockAddress;
use crate::line_item::LineItem;

/// A request to ship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockFulfillmentRequest {
    /// The caller's name for the shipment: one reference is shipped once.
    pub reference: String,
    /// The order it belongs to.
    pub order_id: String,
    /// The destination; absent if the customer collects it.
    #[serde(default)]
    pub address: Option<MockAddress>,
    /// Its content.
    pub lines: Vec<LineItem>,
}

/// Status of a fulfillment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MockFulfillmentStatus {
    /// The warehouse is asked to ship it.
    Accepted,
    /// It was recalled, and will not be shipped.
    Recalled,
    /// The carrier has it.
    Shipped,
}

/// A fulfillment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MockFulfillment {
    /// The caller's name for it.
    pub reference: String,
    /// Its status.
    pub status: MockFulfillmentStatus,
    /// The order it belongs to; absent if it was recalled before it was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Its content.
    pub lines: Vec<LineItem>,
    /// The carrier; absent until it is shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The carrier's tracking number; absent until it is shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
}
