//! Time, fresh ids and randomness: the inputs that the core cannot compute.

use crate::time::Timestamp;
use crate::value::OrderId;
use async_trait::async_trait;
use std::time::Duration;

/// The clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the current instant.
    ///
    /// An adapter MUST truncate it to microseconds ([`time::truncated`](crate::time::truncated)).
    fn now(&self) -> Timestamp;

    /// Completes once `span` has passed on this clock.
    async fn sleep(&self, span: Duration);
}

/// Generates ids and random numbers.
pub trait IdGenerator: Send + Sync {
    /// Returns a fresh order id: a UUIDv7 (RFC 9562, section 5.7) of the instant `now`.
    ///
    /// An adapter MUST NOT return the same id twice.
    fn order_id(&self, now: Timestamp) -> OrderId;

    /// Returns a uniformly distributed number, for the jitter of retries. It need not be
    /// cryptographically secure.
    fn random_u64(&self) -> u64;
}
