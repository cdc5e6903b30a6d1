//! Holds: an order on hold continues only when the hold is released by command.

use crate::time::Timestamp;
use crate::value::{HoldNo, Reason};
use serde::{Deserialize, Serialize};

/// The cause of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HoldOrigin {
    /// Placed by command.
    Requested,
    /// Placed automatically: the order was released, and its stock is gone.
    StockUnavailable,
    /// Placed automatically: the warehouse refused a fulfillment.
    WarehouseRefused,
}

/// A hold on an order, active until it is released.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hold {
    /// Identifies the hold within the order.
    pub no: HoldNo,
    /// The cause of the hold.
    pub origin: HoldOrigin,
    /// The reason given with the command; `None` if there was none.
    pub reason: Option<Reason>,
    /// The time it was placed.
    pub placed_at: Timestamp,
    /// `None` while the hold is active.
    pub released_at: Option<Timestamp>,
}

impl Hold {
    /// Returns whether it still stops the order.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.released_at.is_none()
    }
}
