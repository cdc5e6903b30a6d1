//! What the shipping service refuses.

use crate::store::{Failure, NotSaved};
use crate::validate::InvalidField;

/// The shipping service refuses a request, or fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShippingError {
    /// A field is not valid.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// The reference was used before, for a different request.
    #[error("the reference {reference} was used for another fulfillment")]
    ReferenceReused {
        /// The reference of the fulfillment.
        reference: String,
    },
    /// The fulfillment was recalled, possibly before it was requested.
    #[error("the fulfillment {reference} was recalled")]
    Recalled {
        /// The reference of the fulfillment.
        reference: String,
    },
    /// The fulfillment has been shipped and cannot be recalled.
    #[error("the fulfillment {reference} has been shipped")]
    AlreadyShipped {
        /// The reference of the fulfillment.
        reference: String,
    },
    /// There is no such fulfillment.
    #[error("no fulfillment {reference}")]
    NotFound {
        /// The reference of the fulfillment.
        reference: String,
    },
    /// The state file cannot be written: see [`NotSaved`].
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl From<Failure> for ShippingError {
    fn from(failure: Failure) -> Self {
        Self::NotSaved(failure.into())
    }
}

impl ShippingError {
    /// Returns the machine-readable code that clients get.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::ReferenceReused { .. } => "reference_reused",
            Self::Recalled { .. } => "recalled",
            Self::AlreadyShipped { .. } => "already_shipped",
            Self::NotFound { .. } => "unknown_fulfillment",
            Self::NotSaved(_) => "not_saved",
        }
    }
}
