//! The port of the customer service: who may order.

use super::{CallContext, ServiceError};
use crate::value::{CustomerId, Email, ShortText};
use async_trait::async_trait;

/// Whether a customer may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CustomerStatus {
    /// The customer may order.
    Active,
    /// The customer may not order.
    Blocked,
}

/// The data of a customer that orders need.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customer {
    /// The requested id.
    pub id: CustomerId,
    /// The name, if known; personal data.
    pub name: Option<ShortText>,
    /// The e-mail address, if known; personal data.
    pub email: Option<Email>,
    /// Whether the customer may order.
    pub status: CustomerStatus,
}

impl Customer {
    /// Creates a customer.
    #[must_use]
    pub const fn new(
        id: CustomerId,
        name: Option<ShortText>,
        email: Option<Email>,
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

/// The customer service.
#[async_trait]
pub trait Customers: Send + Sync {
    /// Returns the customer with this id.
    ///
    /// An adapter MUST return `None` only if the service is certain that there is no such customer.
    ///
    /// # Errors
    /// If the call failed.
    async fn find(
        &self,
        call: &CallContext,
        id: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError>;
}
