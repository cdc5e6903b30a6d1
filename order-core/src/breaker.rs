//! Circuit breakers: a service that keeps failing is not called for a while, then probed once.
//!
//! [`CircuitBreaker`] is the state machine, pure, with the current instant as an argument.
//! [`BreakerRegistry`] keeps one for each storefront and external service, so that an outage that one
//! storefront suffers does not affect another. [`WithBreaker`] wraps an adapter: it implements the same
//! port, and while the circuit is open it fails fast with
//! [`Unavailable`](crate::ports::ServiceErrorKind::Unavailable) and the time to retry, without calling
//! the adapter.
//!
//! Nothing here sleeps, retries, or decides what happens to an order.
//!
//! ```
//! use chrono::{TimeZone, Utc};
//! use order_core::breaker::{BreakerPolicy, CircuitBreaker, Outcome};
//! use order_core::time::after;
//!
//! let policy = BreakerPolicy::default();
//! let mut breaker = CircuitBreaker::new(policy);
//! let now = Utc.timestamp_opt(1_800_000_000, 0).single().ok_or("no such instant")?;
//! for _ in 0..policy.consecutive {
//!     let permit = breaker.try_acquire(now)?;
//!     breaker.record(permit, Outcome::Failure, now);
//! }
//! let refused = breaker.try_acquire(now).expect_err("the circuit is open");
//!
//! // Once it has passed, exactly one caller goes through; its success closes the circuit.
//! let later = after(now, refused.retry_after);
//! let probe = breaker.try_acquire(later)?;
//! assert!(breaker.try_acquire(later).is_err());
//! breaker.record(probe, Outcome::Success, later);
//! assert!(breaker.try_acquire(later).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod circuit;
mod policy;
mod registry;
mod window;
mod with_breaker;

pub use circuit::{BreakerState, CircuitBreaker, CircuitOpen, Outcome, Permit};
pub use policy::BreakerPolicy;
pub use registry::{BreakerRegistry, CallPermit};
pub use with_breaker::WithBreaker;

#[cfg(test)]
mod tests;
