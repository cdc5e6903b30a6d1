//! Payments, captures and refunds of an order.

use crate::server::dto::enums;
use chrono::{DateTime, Utc};
use order_core::order::{Capture, PaymentAttempt, Refund};
use serde::Serialize;
use utoipa::ToSchema;

/// A payment attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentResponse {
    #[schema(example = "1")]
    id: String,
    #[schema(value_type = enums::PaymentAttemptStatus)]
    status: &'static str,
    /// Minor units requested.
    amount: i64,
    /// Minor units authorized by the provider.
    authorized: i64,
    /// Minor units captured.
    captured: i64,
    captures: Vec<CaptureResponse>,
    /// The provider's id; null until the provider has answered.
    provider_id: Option<String>,
    /// The provider's code; null unless it declined the payment.
    decline_code: Option<String>,
    started_at: DateTime<Utc>,
}

/// A capture of an authorized payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Capture)]
pub(crate) struct CaptureResponse {
    #[schema(example = "1")]
    id: String,
    #[schema(value_type = enums::CaptureStatus)]
    status: &'static str,
    /// Minor units.
    amount: i64,
    /// The provider's code; null unless it refused the capture.
    failure_code: Option<String>,
}

impl From<&Capture> for CaptureResponse {
    fn from(capture: &Capture) -> Self {
        Self {
            id: capture.no.to_string(),
            status: capture.status.as_str(),
            amount: capture.amount.minor(),
            failure_code: capture.failure.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&PaymentAttempt> for PaymentResponse {
    fn from(attempt: &PaymentAttempt) -> Self {
        Self {
            id: attempt.no.to_string(),
            status: attempt.status.as_str(),
            amount: attempt.amount.minor(),
            authorized: attempt.authorized.minor(),
            captured: attempt.captured().minor(),
            captures: attempt.captures.iter().map(Into::into).collect(),
            provider_id: attempt.provider_id.as_ref().map(ToString::to_string),
            decline_code: attempt.decline_code.as_ref().map(ToString::to_string),
            started_at: attempt.started_at,
        }
    }
}

/// A refund.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundResponse {
    #[schema(example = "1")]
    id: String,
    /// The payment that is refunded.
    #[schema(example = "1")]
    payment_id: String,
    #[schema(value_type = enums::RefundStatus)]
    status: &'static str,
    /// Minor units.
    amount: i64,
    #[schema(value_type = enums::RefundPurpose)]
    purpose: &'static str,
    reason: Option<String>,
    /// The provider's id; null until the provider has answered.
    provider_id: Option<String>,
    /// The provider's code; null unless it refused the refund.
    failure_code: Option<String>,
    requested_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<&Refund> for RefundResponse {
    fn from(refund: &Refund) -> Self {
        Self {
            id: refund.no.to_string(),
            payment_id: refund.attempt.to_string(),
            status: refund.status.as_str(),
            amount: refund.amount.minor(),
            purpose: refund.purpose.as_str(),
            reason: refund.reason.as_ref().map(ToString::to_string),
            provider_id: refund.provider_id.as_ref().map(ToString::to_string),
            failure_code: refund.failure.as_ref().map(ToString::to_string),
            requested_at: refund.requested_at,
            updated_at: refund.updated_at,
        }
    }
}
