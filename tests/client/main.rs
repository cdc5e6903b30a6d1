//! The HTTP clients of the external services, over real sockets: against the mock services, which
//! keep the contract, and against a scripted server, which breaks it in every way; and the
//! in-process adapters of the mock services.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

mod circuit_breaker;
mod client_contracts;
mod customer_cache;
mod fixture;
mod in_process_contracts;
mod payment_retries;
mod requests;
mod restart;
mod retries;
mod scripted_server;
