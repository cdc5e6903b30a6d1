//! Orders over HTTP.
//!
//! `server` is the API, an axum router to be nested into any application. `client` has HTTP clients of
//! the external services, which implement the ports of `order-core`. Neither has a rule about orders.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod server;
