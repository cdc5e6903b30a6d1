//! The stock set aside for an order.

use super::SkuUnits;
use crate::time::Timestamp;
use crate::value::ReservationNo;
use serde::{Deserialize, Serialize};

coded! {
    /// Where a reservation stands.
    pub enum ReservationState as "reservation state" {
        /// Asked for; its outcome must be learnt.
        Requested = "requested",
        /// Set aside until it expires.
        Held = "held",
        /// Taken out of stock for good.
        Committed = "committed",
        /// Given back.
        Released = "released",
        /// Lapsed or lost before it was taken.
        Expired = "expired",
        /// There was not enough.
        Rejected = "rejected",
    }
}

coded! {
    /// What the inventory service has been asked to do with a reservation. One thing at a time.
    pub enum StockWork as "stock work" {
        /// Set units aside.
        Reserve = "reserve",
        /// Change how many are set aside or taken.
        Revise = "revise",
        /// Hold them for longer.
        Extend = "extend",
        /// Take them out of stock.
        Commit = "commit",
        /// Give them back.
        Release = "release",
    }
}

/// Stock set aside, or taken, for an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reservation {
    /// Its number within the order; with the order's id, its id at the inventory service.
    pub no: ReservationNo,
    /// Where it stands.
    pub state: ReservationState,
    /// The units it covers, sorted by SKU.
    pub covers: Vec<SkuUnits>,
    /// When it lapses, unless it is taken.
    pub expires_at: Option<Timestamp>,
    /// What the inventory service was asked and has not answered.
    pub work: Option<StockWork>,
}

impl Reservation {
    /// Whether units are set aside or taken, or may be.
    #[must_use]
    pub const fn may_hold(&self) -> bool {
        match self.state {
            ReservationState::Requested | ReservationState::Held | ReservationState::Committed => {
                true
            }
            ReservationState::Released | ReservationState::Expired | ReservationState::Rejected => {
                false
            }
        }
    }
}
