//! What the inventory service refuses.

use super::reservation::{MockReservationStatus, MockShortage};
use crate::store::{Failure, NotSaved};
use crate::unreadable_file::UnreadableFile;
use crate::validate::InvalidField;

/// The inventory service refuses a request, or fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// A field is not valid.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// The stock does not suffice; nothing was reserved.
    #[error("not enough stock")]
    InsufficientStock {
        /// Every product that is short.
        lines: Vec<MockShortage>,
    },
    /// There are no such products; nothing was reserved.
    #[error("unknown products: {}", skus.join(", "))]
    UnknownSku {
        /// All SKUs that are unknown.
        skus: Vec<String>,
    },
    /// No reservation was ever made under this id.
    #[error("no reservation {id}")]
    NotFound {
        /// The id asked for.
        id: String,
    },
    /// The id was used before, for other lines.
    #[error("reservation {id} was made for other lines")]
    Differs {
        /// The id that was used before.
        id: String,
    },
    /// The reservation has been released or has expired.
    #[error("reservation {id} is no longer held")]
    Gone {
        /// The id asked for.
        id: String,
        /// Released or expired.
        status: MockReservationStatus,
    },
    /// A product's file, or the state file, cannot be read.
    #[error(transparent)]
    UnreadableFile(#[from] UnreadableFile),
    /// The state file cannot be written: see [`NotSaved`].
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
}

impl From<Failure> for InventoryError {
    fn from(failure: Failure) -> Self {
        Self::NotSaved(failure.into())
    }
}

impl InventoryError {
    /// Returns the machine-readable code that clients get.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::InsufficientStock { .. } => "insufficient_stock",
            Self::UnknownSku { .. } => "unknown_sku",
            Self::NotFound { .. } => "unknown_reservation",
            Self::Differs { .. } => "reservation_differs",
            Self::Gone {
                status: MockReservationStatus::Expired,
                ..
            } => "reservation_expired",
            Self::Gone { .. } => "reservation_released",
            Self::UnreadableFile(_) => "unreadable_file",
            Self::NotSaved(_) => "not_saved",
        }
    }
}
