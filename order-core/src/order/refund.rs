//! Refunds of captured payments.

use super::LineQuantity;
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
        /// What was taken for units that came back, or were lost and cancelled.
        Return = "return",
        /// Requested by command as a gift; it reduces what is owed for good.
        Goodwill = "goodwill",
        /// Requested by command ahead of a cancel, return or revision; it reduces what is owed until
        /// one of these does.
        Correction = "correction",
    }
}

string_enum! {
    /// What a refund that is requested by command is.
    pub enum RefundKind as "kind of refund" {
        /// A gift, beside whatever units that are cancelled or come back are worth.
        Goodwill = "goodwill",
        /// Money paid back ahead of a cancel, return or revision: what these free later is not paid
        /// back again.
        Correction = "correction",
    }
}

impl RefundKind {
    pub(crate) const fn purpose(self) -> RefundPurpose {
        match self {
            Self::Goodwill => RefundPurpose::Goodwill,
            Self::Correction => RefundPurpose::Correction,
        }
    }
}

/// The part of a refund that a cancel, return or revision offsets: it is not paid back again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundOffset {
    /// The refund.
    pub refund: RefundNo,
    /// In minor units.
    pub amount: Amount,
}

impl RefundOffset {
    pub(crate) const fn new(refund: RefundNo, amount: Amount) -> Self {
        Self { refund, amount }
    }
}

/// Returns whether an amount is left out of the stored form.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none_yet(amount: &Amount) -> bool {
    amount.is_zero()
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
    /// The units it is for; empty unless the command named them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineQuantity>,
    /// The part that later cancels, returns and revisions have offset, in minor units.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub offset: Amount,
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

    /// Returns whether it was requested by command.
    #[must_use]
    pub const fn is_by_command(&self) -> bool {
        match self.purpose {
            RefundPurpose::Goodwill | RefundPurpose::Correction => true,
            RefundPurpose::Overpayment | RefundPurpose::Return => false,
        }
    }

    /// Returns what a refund by command still credits, in minor units.
    pub(crate) fn credit(&self) -> i128 {
        i128::from(self.amount.minor()) - i128::from(self.offset.minor())
    }
}
