//! A payment: its request, its status, and what becomes of the answer.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A request to authorize a payment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockPaymentRequest {
    /// The caller's name for the payment: one reference is charged once.
    pub reference: String,
    /// The order it pays for.
    pub order_id: String,
    /// Amount, in minor units of `currency`; at least 1.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// The means of payment; it decides the outcome.
    pub token: String,
    /// Whether the amount is captured at once, instead of only authorized.
    #[serde(default)]
    pub capture: bool,
}

/// Leaves out the token.
impl fmt::Debug for MockPaymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockPaymentRequest")
            .field("reference", &self.reference)
            .field("order_id", &self.order_id)
            .field("amount", &self.amount)
            .field("currency", &self.currency)
            .field("capture", &self.capture)
            .finish_non_exhaustive()
    }
}

/// Status of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MockPaymentStatus {
    /// The amount is authorized, and nothing is captured yet.
    Authorized,
    /// Some or all of the amount is captured.
    Captured,
    /// The bank has declined it.
    Declined,
    /// The customer must authenticate first.
    RequiresAction,
    /// The authorization was voided before any capture.
    Voided,
}

/// A payment. All amounts are in minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MockPayment {
    /// The service's own id.
    pub id: String,
    /// The caller's name for it.
    pub reference: String,
    /// The order it pays for.
    pub order_id: String,
    /// Its status.
    pub status: MockPaymentStatus,
    /// Amount that was asked for.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// Amount that was captured.
    pub captured: i64,
    /// Amount that was authorized and then voided.
    pub voided: i64,
    /// Amount that was captured and then refunded.
    pub refunded: i64,
    /// Why it was declined; absent unless it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
}

/// The outcome of an authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum AuthorizeOutcome {
    /// The payment, approved or declined.
    Answered(MockPayment),
    /// The answer is lost: whether anything was charged, only a lookup by reference tells.
    AnswerLost,
}

/// How the HTTP router loses the first answer to `tok_timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostAnswer {
    /// Closes the connection at once.
    Drop,
    /// Stays silent for this long, and then closes the connection.
    Hang(Duration),
}

impl Default for LostAnswer {
    fn default() -> Self {
        Self::Hang(Duration::from_secs(30))
    }
}
