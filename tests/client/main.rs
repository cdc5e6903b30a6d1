//! The HTTP clients of the outside services, over real sockets: against the mock services, which
//! keep the contract, and against a server that breaks it in every way; and the mock services behind
//! the ports without a wire between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

mod broken;
mod calls;
mod contracts;
mod failures;
mod in_process;
mod money;
mod recovery;
mod world;
