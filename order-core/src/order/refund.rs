//! Refunds: money that goes back.

use crate::money::Amount;
use crate::time::Timestamp;
use crate::value::{AttemptNo, Code, ProviderId, Reason, RefundNo};
use serde::{Deserialize, Serialize};

coded! {
    /// Where a refund stands.
    pub enum RefundState as "refund state" {
        /// Decided, not sent.
        Requested = "requested",
        /// Sent, or about to be: its outcome must be learnt.
        Dispatched = "dispatched",
        /// The provider has paid it back.
        Succeeded = "succeeded",
        /// The provider refused it.
        Failed = "failed",
        /// It was sent and no answer came.
        Unknown = "unknown",
    }
}

coded! {
    /// What a refund is for.
    pub enum RefundPurpose as "purpose of a refund" {
        /// More was captured than is owed: the order was cancelled, reduced or paid twice.
        Overpayment = "overpayment",
        /// Units came back.
        Return = "return",
        /// Somebody asked for it; it lowers what is owed.
        Goodwill = "goodwill",
    }
}

/// An amount that goes back to the customer through one payment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// Its number within the order; with the order's id, its reference at the provider.
    pub no: RefundNo,
    /// The payment it goes back through.
    pub attempt: AttemptNo,
    /// How much, in minor units.
    pub amount: Amount,
    /// What it is for.
    pub purpose: RefundPurpose,
    /// Why, in the words of whoever asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Where it stands.
    pub state: RefundState,
    /// The provider's id of the refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<ProviderId>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Code>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it reached its present state.
    pub updated_at: Timestamp,
}

impl Refund {
    /// Whether its outcome is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.state {
            RefundState::Requested | RefundState::Dispatched | RefundState::Unknown => true,
            RefundState::Succeeded | RefundState::Failed => false,
        }
    }
}
