//! What the inventory on Postgres guarantees beyond the contract of its port.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::postgres as database;

#[path = "shared/inventory.rs"]
mod inventory;
