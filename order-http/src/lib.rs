//! Orders over HTTP: the API that serves them, and clients of the services around them.
//!
//! `server` nests the API into any axum application; `client` stands behind the ports of
//! `order-core`.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod server;
