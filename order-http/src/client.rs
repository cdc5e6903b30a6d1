//! HTTP clients of the outside services, one behind each port of `order-core`.
//!
//! [`HttpCustomers`], [`HttpInventory`], [`HttpPayments`], [`HttpShipping`] and
//! [`HttpNotifications`] speak a small JSON contract that any team can put before its own service.
//! [`OutsideServices`] makes them from addresses, with or without circuit breakers.
//!
//! # What every call carries
//!
//! `X-Request-Id` and the W3C trace context of the [`CallContext`] it is made in, `X-Storefront`,
//! and for a write an `Idempotency-Key` that is the same at every try. Redirects are not followed.
//!
//! # How an answer is read
//!
//! 2xx is an answer; 4xx a definite refusal, whose `code` comes from the body, or else from the
//! status (`http_409`). Not definite are 408, 425, 429, and a 409 with `Retry-After`, which says that
//! the same request is still under way. Everything else, and no answer, is an outage:
//! [`Unavailable`](order_core::ports::OutsideErrorKind::Unavailable) where the service surely did not
//! process the call, [`Unknown`](order_core::ports::OutsideErrorKind::Unknown) where a write may have
//! been processed, at this try or an earlier one. No error and no log line holds an address, a token
//! or a body.
//!
//! # What is tried again
//!
//! Up to [`tries`](ClientSettings::with_tries), with exponential backoff and full jitter, no sooner
//! than `Retry-After`, within the deadline of the call, and within a retry budget:
//!
//! | | no connection | 429, 503 with `Retry-After` | 408, 425, 429, 502, 503, 504, time-out, reset | other 5xx, unreadable |
//! |---|---|---|---|---|
//! | reads, and writes that a key makes repeatable | again | again | again | no |
//! | what moves money: pay, capture, void, refund | again | again | no | no |
//!
//! # Circuit breakers
//!
//! The clients have none of their own: the order service puts every port behind
//! [`Guarded`](order_core::breaker::Guarded). Whoever uses a port without the service can have it
//! guarded by [`OutsideServices::guarded`].

mod answer;
mod backoff;
mod budget;
mod context;
mod customers;
mod failure;
mod inventory;
mod notifications;
mod payments;
mod request;
mod service;
mod services;
mod settings;
mod shipping;

pub use context::CallContext;
pub use customers::HttpCustomers;
pub use inventory::HttpInventory;
pub use notifications::HttpNotifications;
pub use payments::HttpPayments;
pub use services::OutsideServices;
pub use settings::{ClientError, ClientSettings};
pub use shipping::HttpShipping;
