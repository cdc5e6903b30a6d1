//! What the inventory on SQLite guarantees beyond the contract of its port.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::sqlite as database;

#[path = "shared/inventory.rs"]
mod inventory;
