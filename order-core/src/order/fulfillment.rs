//! Fulfillments: what the warehouse was asked for, and what it sent.

use super::{LineUnits, SkuUnits};
use crate::time::Timestamp;
use crate::value::{Carrier, FulfillmentNo, TrackingNumber, TrackingUrl};
use serde::{Deserialize, Serialize};

coded! {
    /// Where a fulfillment stands.
    pub enum FulfillmentState as "fulfillment state" {
        /// Decided; the warehouse does not know of it.
        Planned = "planned",
        /// The warehouse was asked.
        Released = "released",
        /// It has left.
        Shipped = "shipped",
        /// It has arrived.
        Delivered = "delivered",
        /// It was lost on the way.
        Lost = "lost",
        /// It will not be sent.
        Cancelled = "cancelled",
    }
}

/// Who carries a shipment, and how it is followed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tracking {
    /// Who carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Carrier>,
    /// The carrier's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<TrackingNumber>,
    /// Where it can be followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<TrackingUrl>,
}

impl Tracking {
    /// Carried by so and so, under this number, to be followed there.
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

    /// These particulars, and those of `other` where these have none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            carrier: self.carrier.or(other.carrier),
            number: self.number.or(other.number),
            url: self.url.or(other.url),
        }
    }
}

/// Units sent together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fulfillment {
    /// Its number within the order; with the order's id, its reference at the warehouse.
    pub no: FulfillmentNo,
    /// Where it stands.
    pub state: FulfillmentState,
    /// The units of it that count towards lines.
    pub lines: Vec<LineUnits>,
    /// Units sent although not ordered, or not any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excess: Vec<SkuUnits>,
    /// Who carries it, and how it is followed.
    #[serde(default)]
    pub tracking: Tracking,
    /// Whether the warehouse was asked to call it back.
    #[serde(default)]
    pub recalling: bool,
    /// When it left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    /// When it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}

impl Fulfillment {
    /// Whether it has left the warehouse, whatever became of it.
    #[must_use]
    pub const fn has_left(&self) -> bool {
        match self.state {
            FulfillmentState::Shipped | FulfillmentState::Delivered | FulfillmentState::Lost => {
                true
            }
            FulfillmentState::Planned
            | FulfillmentState::Released
            | FulfillmentState::Cancelled => false,
        }
    }

    /// Whether it is planned or released, and has not left.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        match self.state {
            FulfillmentState::Planned | FulfillmentState::Released => true,
            FulfillmentState::Shipped
            | FulfillmentState::Delivered
            | FulfillmentState::Lost
            | FulfillmentState::Cancelled => false,
        }
    }
}
