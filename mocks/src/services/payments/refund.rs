//! A refund: its request, and its status.

use serde::{Deserialize, Serialize};

/// A request to refund a captured amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockRefundRequest {
    /// The service's id of the payment that is refunded.
    pub payment_id: String,
    /// Amount, in minor units of the payment's currency; at least 1.
    pub amount: i64,
    /// The caller's name for the refund: one reference is paid out once.
    pub reference: String,
}

/// Status of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MockRefundStatus {
    /// Paid out.
    Succeeded,
    /// Accepted, and neither paid out nor failed yet.
    Pending,
    /// Not paid out, and never will be.
    Failed,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MockRefund {
    /// The service's own id.
    pub id: String,
    /// The caller's name for it.
    pub reference: String,
    /// The service's id of the payment that is refunded.
    pub payment_id: String,
    /// Its status.
    pub status: MockRefundStatus,
    /// Amount, in minor units of `currency`.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
}
