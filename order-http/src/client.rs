//! HTTP clients of the external services, one behind each port of `order-core`.
//!
//! [`HttpCustomers`], [`HttpInventory`], [`HttpPayments`], [`HttpShipping`] and
//! [`HttpNotifications`] speak a small JSON contract that any team can put in front of its own
//! service. [`ClientFactory`] makes them from base URLs, with or without circuit breakers. The
//! clients never decide what an answer means for an order: they turn it into what the port promises.
//!
//! # What every request carries
//!
//! `X-Request-Id` and the W3C trace context of the [`RequestContext`] it is made in, `X-Storefront`,
//! and for a write an `Idempotency-Key` that is the same on every attempt. Redirects are not followed.
//!
//! # How a response is read
//!
//! 2xx is success; 4xx is a definite refusal, whose `code` comes from the body, or else from the
//! status (`http_409`). Inconclusive are 408, 425, 429, a 409 with `Retry-After` (the same request is
//! still in progress), and 401, 403 and 407 (the service has not looked at the request). Everything
//! else, and no response at all, is an outage:
//! [`Unavailable`](order_core::ports::ServiceErrorKind::Unavailable) where the service certainly did
//! not process the request, [`Unknown`](order_core::ports::ServiceErrorKind::Unknown) where it may have
//! processed a write, on this attempt or an earlier one. No error and no log line contains a URL, a
//! token or a body.
//!
//! # What is retried
//!
//! Up to [`max_attempts`](ClientConfig::with_max_attempts), with exponential back-off and full jitter,
//! no sooner than `Retry-After`, within the deadline of the call, and within a retry budget:
//!
//! | | no connection | 429, 503 with `Retry-After` | 408, 409 with `Retry-After`, 425, 429, 502, 503, 504, time-out, reset | other 5xx, unreadable |
//! |---|---|---|---|---|
//! | reads, and writes that their idempotency key makes repeatable | retried | retried | retried | no |
//! | what moves money: authorize, capture, void, refund | retried | retried | no | no |
//!
//! The table is the module `retry`.
//!
//! # Circuit breakers
//!
//! The clients have none of their own: the order service puts every port behind
//! [`WithBreaker`](order_core::breaker::WithBreaker). A caller that uses a port without the service adds them
//! with [`ClientFactory::with_breakers`].

mod config;
mod customers;
mod factory;
mod inventory;
mod notifications;
mod payments;
mod request;
mod request_context;
mod response;
mod retry;
mod service_client;
mod shipping;

pub use config::{ClientConfig, ClientError};
pub use customers::HttpCustomers;
pub use factory::ClientFactory;
pub use inventory::HttpInventory;
pub use notifications::HttpNotifications;
pub use payments::HttpPayments;
pub use request_context::RequestContext;
pub use shipping::HttpShipping;
