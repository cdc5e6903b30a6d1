//! Returns: units that the customer sends back.

use super::LineQuantity;
use crate::money::Amount;
use crate::time::Timestamp;
use crate::value::{Reason, ReturnNo};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The status of a single return.
    pub enum ReturnRequestStatus as "return state" {
        /// Requested.
        Requested = "requested",
        /// Approved; the units are expected.
        Approved = "approved",
        /// The units arrived; the refund for them is not complete.
        Received = "received",
        /// The units arrived, and the refund for them is complete.
        Closed = "closed",
        /// Not approved.
        Rejected = "rejected",
        /// Withdrawn before the units arrived.
        Cancelled = "cancelled",
    }
}

/// Units that the customer sends back together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Return {
    /// Identifies the return within the order.
    pub no: ReturnNo,
    /// Its present status.
    #[serde(rename = "state")]
    pub status: ReturnRequestStatus,
    /// The units, by line.
    pub lines: Vec<LineQuantity>,
    /// The reason given with the request; `None` if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The credit to the customer, in minor units; zero until the units are received.
    #[serde(default)]
    pub credit: Amount,
    /// Whether the units were restocked.
    #[serde(default)]
    pub restocked: bool,
    /// The time it was requested.
    pub requested_at: Timestamp,
}

impl Return {
    /// Returns whether it is neither closed, rejected nor cancelled.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.status {
            ReturnRequestStatus::Requested
            | ReturnRequestStatus::Approved
            | ReturnRequestStatus::Received => true,
            ReturnRequestStatus::Closed
            | ReturnRequestStatus::Rejected
            | ReturnRequestStatus::Cancelled => false,
        }
    }

    pub(crate) const fn has_arrived(&self) -> bool {
        match self.status {
            ReturnRequestStatus::Received | ReturnRequestStatus::Closed => true,
            ReturnRequestStatus::Requested
            | ReturnRequestStatus::Approved
            | ReturnRequestStatus::Rejected
            | ReturnRequestStatus::Cancelled => false,
        }
    }
}
