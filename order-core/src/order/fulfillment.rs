//! Fulfillments: units that the warehouse ships together, from plan to delivery.

use super::{LineQuantity, SkuQuantity};
use crate::time::Timestamp;
use crate::value::{Carrier, FulfillmentNo, TrackingNumber, TrackingUrl};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The status of a single fulfillment (a shipment).
    pub enum ShipmentStatus as "fulfillment state" {
        /// Planned; the warehouse does not know of it.
        Planned = "planned",
        /// Requested from the warehouse.
        Released = "released",
        /// Left the warehouse.
        Shipped = "shipped",
        /// Arrived at the customer.
        Delivered = "delivered",
        /// Lost in transit.
        Lost = "lost",
        /// Cancelled before it shipped.
        Cancelled = "cancelled",
    }
}

/// The tracking details of a shipment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tracking {
    /// `None` if not reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Carrier>,
    /// The carrier's tracking number; `None` if not reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<TrackingNumber>,
    /// The page that shows where it is; `None` if not reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<TrackingUrl>,
}

impl Tracking {
    /// Makes tracking details of the parts that are known.
    #[must_use]
    pub const fn new(
        carrier: Option<Carrier>,
        number: Option<TrackingNumber>,
        url: Option<TrackingUrl>,
    ) -> Self {
        Self {
            carrier,
            number,
            url,
        }
    }

    /// Returns these details, with the parts of `other` where these have none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            carrier: self.carrier.or(other.carrier),
            number: self.number.or(other.number),
            url: self.url.or(other.url),
        }
    }
}

/// Units that the warehouse ships together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fulfillment {
    /// With the order's id, its reference at the warehouse.
    pub no: FulfillmentNo,
    /// Its present status.
    #[serde(rename = "state")]
    pub status: ShipmentStatus,
    /// The units that count towards lines of the order.
    pub lines: Vec<LineQuantity>,
    /// Units shipped that were not ordered, or not any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<SkuQuantity>,
    /// Empty until the warehouse reports it.
    #[serde(default)]
    pub tracking: Tracking,
    /// Whether its recall was requested from the warehouse.
    #[serde(default)]
    pub recalling: bool,
    /// `None` until it has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    /// `None` until it has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}

impl Fulfillment {
    /// Returns whether it has left the warehouse: shipped, delivered or lost.
    #[must_use]
    pub const fn has_left(&self) -> bool {
        match self.status {
            ShipmentStatus::Shipped | ShipmentStatus::Delivered | ShipmentStatus::Lost => true,
            ShipmentStatus::Planned | ShipmentStatus::Released | ShipmentStatus::Cancelled => false,
        }
    }

    /// Returns whether it is planned or released, and has not left.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        match self.status {
            ShipmentStatus::Planned | ShipmentStatus::Released => true,
            ShipmentStatus::Shipped
            | ShipmentStatus::Delivered
            | ShipmentStatus::Lost
            | ShipmentStatus::Cancelled => false,
        }
    }
}
