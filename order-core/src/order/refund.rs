//! Refunds of captured payments.

use crate::money::Amount;
use crate::time::Timestamp;
use crate::value::{Code, PaymentAttemptNo, ProviderId, Reason, RefundNo};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The status of a refund.
    pub enum RefundStatus as "refund state" {
        /// Requested, not sent to the provider.
        Requested = "requested",
        /// Sent to the provider, or about to be; its outcome is open.
        Dispatched = "dispatched",
        /// The provider refunded the amount.
        Succeeded = "succeeded",
        /// The provider refused it.
        Failed = "failed",
        /// Sent without an answer. Only a query to the provider resolves it.
        Unknown = "unknown",
    }
}

string_enum! {
    /// The purpose of a refund.
    pub enum RefundPurpose as "purpose of a refund" {
        /// More was captured than is owed: the order was cancelled, reduced or paid twice.
        Overpayment = "overpayment",
        /// Credit for returned units.
        Return = "return",
        /// Requested by command; it reduces what is owed.
        Goodwill = "goodwill",
    }
}

/// A refund of all or part of one captured payment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// With the order's id, its reference at the provider.
    pub no: RefundNo,
    /// The payment that is refunded.
    pub attempt: PaymentAttemptNo,
    /// In minor units.
    pub amount: Amount,
    /// The purpose, which determines whether it reduces what is owed.
    pub purpose: RefundPurpose,
    /// The reason given with the command; `None` if there was none, or for automatic refunds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Its present status.
    #[serde(rename = "state")]
    pub status: RefundStatus,
    /// The provider's id of the refund; `None` until the provider answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<ProviderId>,
    /// The provider's code; `None` unless the refund failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Code>,
    /// The time it was requested.
    pub requested_at: Timestamp,
    /// The time it reached its present status.
    pub updated_at: Timestamp,
}

impl Refund {
    /// Returns whether its outcome is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.status {
            RefundStatus::Requested | RefundStatus::Dispatched | RefundStatus::Unknown => true,
            RefundStatus::Succeeded | RefundStatus::Failed => false,
        }
    }
}
