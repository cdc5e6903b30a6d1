//! What the payment service refuses.

use super::payment::MockPaymentStatus;
use crate::store::{Failure, NotSaved};
use crate::validate::InvalidField;

/// The payment service refuses a request, or fails. A declined payment is no error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaymentError {
    /// A field is not valid.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// There is no such payment or refund.
    #[error("nothing is known of {id}")]
    NotFound {
        /// The id or reference asked for.
        id: String,
    },
    /// The reference was used before, for a different request.
    #[error("the reference {reference} was used for something else")]
    ReferenceReused {
        /// The reference that was used before.
        reference: String,
    },
    /// The idempotency key was used before, for a different request.
    #[error("the idempotency key was used with another request")]
    IdempotencyKeyReused,
    /// The amount exceeds what can be captured or refunded.
    #[error("at most {available} can be moved")]
    TooMuch {
        /// Amount that could be moved, in minor units.
        available: i64,
    },
    /// The payment's status does not allow the operation.
    #[error("the payment's state does not allow this")]
    WrongStatus {
        /// The payment's status.
        status: MockPaymentStatus,
    },
    /// The state file cannot be written: see [`NotSaved`].
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl From<Failure> for PaymentError {
    fn from(failure: Failure) -> Self {
        Self::NotSaved(failure.into())
    }
}

impl PaymentError {
    /// Returns the machine-readable code that clients get.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::NotFound { .. } => "unknown_payment",
            Self::ReferenceReused { .. } => "reference_reused",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::TooMuch { .. } => "amount_too_large",
            Self::WrongStatus { status } => match status {
                MockPaymentStatus::Captured => "already_captured",
                MockPaymentStatus::Voided => "already_voided",
                MockPaymentStatus::Declined => "payment_declined",
                MockPaymentStatus::Authorized | MockPaymentStatus::RequiresAction => {
                    "not_authorized"
                }
            },
            Self::NotSaved(_) => "not_saved",
        }
    }
}
