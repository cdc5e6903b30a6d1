//! What the proofs of the state machine share: which orders there are, what can be done to them,
//! and what must always hold.
//!
//! Nothing here decides anything: it asks `order_core` and watches.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "these are tools of tests: what they do not expect ends the test"
)]

pub mod alphabet;
pub mod explore;
pub mod invariants;
