//! The stock reservation of an order.

use super::SkuQuantity;
use crate::time::Timestamp;
use crate::value::ReservationNo;
use serde::{Deserialize, Serialize};

string_enum! {
    /// The status of a reservation.
    pub enum ReservationStatus as "reservation state" {
        /// Requested; its outcome is open.
        Requested = "requested",
        /// Reserved until it expires.
        Held = "held",
        /// Deducted from stock for good (stock commit).
        Committed = "committed",
        /// Released; the units are available again.
        Released = "released",
        /// Expired or lost before the stock commit.
        Expired = "expired",
        /// Refused: not enough stock.
        Rejected = "rejected",
    }
}

string_enum! {
    /// An operation on a reservation at the inventory service. At most one is pending.
    pub enum ReservationOperation as "stock work" {
        /// Reserve the units.
        Reserve = "reserve",
        /// Change the units that are reserved or committed.
        Revise = "revise",
        /// Extend the lifetime.
        Extend = "extend",
        /// Deduct the units from stock for good (stock commit).
        Commit = "commit",
        /// Release the units.
        Release = "release",
    }
}

/// Stock reserved or committed for an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reservation {
    /// With the order's id, its reference at the inventory service.
    pub no: ReservationNo,
    /// Its present status.
    #[serde(rename = "state")]
    pub status: ReservationStatus,
    /// The units it covers, each SKU once, sorted by SKU.
    #[serde(rename = "covers")]
    pub lines: Vec<SkuQuantity>,
    /// The time it expires unless it is extended or committed; `None` until the units are reserved.
    pub expires_at: Option<Timestamp>,
    /// The operation in flight at the inventory service; `None` if there is none.
    #[serde(rename = "work")]
    pub pending_operation: Option<ReservationOperation>,
}

impl Reservation {
    /// Returns whether it may hold units: requested, held or committed.
    #[must_use]
    pub const fn may_hold(&self) -> bool {
        match self.status {
            ReservationStatus::Requested
            | ReservationStatus::Held
            | ReservationStatus::Committed => true,
            ReservationStatus::Released
            | ReservationStatus::Expired
            | ReservationStatus::Rejected => false,
        }
    }
}
