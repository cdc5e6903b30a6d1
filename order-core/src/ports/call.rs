//! The context of every call of an external service.

use crate::time::Timestamp;
use crate::value::StorefrontId;

/// The storefront, idempotency key and deadline of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallContext {
    /// The storefront that the call is made for.
    pub storefront: StorefrontId,
    /// The idempotency key: the same at every attempt of one effect.
    pub key: String,
    /// When the caller stops waiting. An adapter MUST give up by then.
    pub deadline: Timestamp,
}

impl CallContext {
    /// Creates a context.
    #[must_use]
    pub fn new(storefront: StorefrontId, key: impl Into<String>, deadline: Timestamp) -> Self {
        Self {
            storefront,
            key: key.into(),
            deadline,
        }
    }
}
