//! Circuit breakers: a service that keeps failing is left alone for a while, then asked once.
//!
//! [`CircuitBreaker`] is the state machine, pure and over instants that are passed in. [`Breakers`]
//! keeps one for each storefront and outside service, so that a provider one storefront is locked
//! out of does not stop another. [`Guarded`] puts an adapter behind them: it implements the same
//! port, and while the circuit is open it answers
//! [`Unavailable`](crate::ports::OutsideErrorKind::Unavailable) at once, with the time to come back,
//! without calling the adapter.
//!
//! Nothing here waits, retries, or decides what becomes of an order.
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
//!     let permit = breaker.permit(now)?;
//!     breaker.record(permit, Outcome::Failure, now);
//! }
//! let refused = breaker.permit(now).expect_err("the circuit is open");
//!
//! // Once it has passed, exactly one caller goes through; its success closes the circuit.
//! let later = after(now, refused.retry_after);
//! let probe = breaker.permit(later)?;
//! assert!(breaker.permit(later).is_err());
//! breaker.record(probe, Outcome::Success, later);
//! assert!(breaker.permit(later).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod breakers;
mod circuit;
mod guarded;
mod policy;
mod window;

pub use breakers::{Breakers, Pass};
pub use circuit::{BreakerState, CircuitBreaker, Open, Outcome, Permit};
pub use guarded::Guarded;
pub use policy::BreakerPolicy;

#[cfg(test)]
mod tests;
