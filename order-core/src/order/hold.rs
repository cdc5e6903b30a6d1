//! Holds: an order that goes on only when somebody says so.

use crate::time::Timestamp;
use crate::value::{HoldNo, Reason};
use serde::{Deserialize, Serialize};

/// Who placed a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HoldOrigin {
    /// A person or a service, by command.
    Requested,
    /// The order itself: it was released, and its stock is gone.
    StockUnavailable,
    /// The order itself: the warehouse refused a fulfillment.
    WarehouseRefused,
}

/// A hold on an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hold {
    /// Its number within the order.
    pub no: HoldNo,
    /// Who placed it.
    pub origin: HoldOrigin,
    /// Why, in the words of whoever placed it.
    pub reason: Option<Reason>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it was released, if it was.
    pub released_at: Option<Timestamp>,
}

impl Hold {
    /// Whether it still keeps the order from going on.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.released_at.is_none()
    }
}
