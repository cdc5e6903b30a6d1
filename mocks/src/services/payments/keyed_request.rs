//! The requests stored under idempotency keys.

use serde::{Deserialize, Serialize};

use super::payment::MockPaymentRequest;
use super::refund::MockRefundRequest;

/// A request under an idempotency key, by which a retry is told from a different request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KeyedRequest {
    Authorize(MockPaymentRequest),
    Capture { capture: Capture, reference: String },
    Void { payment_id: String },
    Refund(MockRefundRequest),
}

impl KeyedRequest {
    /// Returns the key of the table: the same idempotency key may serve different operations.
    pub(super) fn table_key(&self, key: &str) -> String {
        let operation = match self {
            Self::Authorize(_) => "authorize",
            Self::Capture { .. } => "capture",
            Self::Void { .. } => "void",
            Self::Refund(_) => "refund",
        };
        format!("{operation} {key}")
    }
}

/// A capture of a part or all of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Capture {
    pub(super) payment_id: String,
    pub(super) amount: i64,
}
