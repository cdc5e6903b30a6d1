//! The customer service.

use super::{Call, OutsideError};
use crate::value::{CustomerId, Label};
use async_trait::async_trait;

/// Whether a customer may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CustomerStatus {
    /// May order.
    Active,
    /// May not.
    Blocked,
}

/// A customer, as far as orders are concerned.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customer {
    /// The id.
    pub id: CustomerId,
    /// The name; personal.
    pub name: Option<Label>,
    /// The e-mail address; personal.
    pub email: Option<Label>,
    /// Whether the customer may order.
    pub status: CustomerStatus,
}

impl Customer {
    /// A customer of this status.
    #[must_use]
    pub const fn new(
        id: CustomerId,
        name: Option<Label>,
        email: Option<Label>,
        status: CustomerStatus,
    ) -> Self {
        Self {
            id,
            name,
            email,
            status,
        }
    }
}

impl std::fmt::Debug for Customer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Customer")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Knows the customers.
#[async_trait]
pub trait Customers: Send + Sync {
    /// The customer with this id; `None` if there is none, which MUST be a definite answer.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn find(&self, call: &Call, id: &CustomerId) -> Result<Option<Customer>, OutsideError>;
}
