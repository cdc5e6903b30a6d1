//! Returns: units that come back.

use super::LineUnits;
use crate::money::Amount;
use crate::time::Timestamp;
use crate::value::{Reason, ReturnNo};
use serde::{Deserialize, Serialize};

coded! {
    /// Where a return stands.
    pub enum ReturnState as "return state" {
        /// Asked for.
        Requested = "requested",
        /// Agreed; the units are expected.
        Approved = "approved",
        /// The units are here; what is due for them is not refunded yet.
        Received = "received",
        /// Done.
        Closed = "closed",
        /// Not agreed.
        Rejected = "rejected",
        /// Withdrawn.
        Cancelled = "cancelled",
    }
}

/// Units that come back together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Return {
    /// Its number within the order.
    pub no: ReturnNo,
    /// Where it stands.
    pub state: ReturnState,
    /// What comes back.
    pub lines: Vec<LineUnits>,
    /// Why, in the words of whoever asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What the customer is credited for it, in minor units, once it is received.
    #[serde(default)]
    pub credit: Amount,
    /// Whether the units went into stock again.
    #[serde(default)]
    pub restocked: bool,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

impl Return {
    /// Whether something is still to happen with it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.state {
            ReturnState::Requested | ReturnState::Approved | ReturnState::Received => true,
            ReturnState::Closed | ReturnState::Rejected | ReturnState::Cancelled => false,
        }
    }

    pub(crate) const fn has_arrived(&self) -> bool {
        match self.state {
            ReturnState::Received | ReturnState::Closed => true,
            ReturnState::Requested
            | ReturnState::Approved
            | ReturnState::Rejected
            | ReturnState::Cancelled => false,
        }
    }
}
