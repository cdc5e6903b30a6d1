//! Time and fresh ids: the only two things the core cannot know by itself.

use crate::time::Timestamp;
use crate::value::OrderId;
use async_trait::async_trait;
use std::time::Duration;

/// What time it is.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present instant. It MUST be truncated to microseconds
    /// ([`time::truncated`](crate::time::truncated)).
    fn now(&self) -> Timestamp;

    /// Waits until `span` has passed on this clock.
    async fn sleep(&self, span: Duration);
}

/// Fresh ids and chance.
pub trait Ids: Send + Sync {
    /// A fresh order id: a UUIDv7 (RFC 9562, section 5.7) of this instant. Two MUST NOT be alike.
    fn order_id(&self, now: Timestamp) -> OrderId;

    /// Any number, for spreading retries. It need not be fit for secrets.
    fn chance(&self) -> u64;
}
