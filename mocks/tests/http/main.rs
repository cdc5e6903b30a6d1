//! The mock services over HTTP: the wire format, refusals, lost answers and injected faults.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

mod customers;
mod faults;
mod fixture;
mod inventory;
mod lost_answers;
mod notifications;
mod payments;
mod refusals;
mod shipping;
