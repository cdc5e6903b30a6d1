//! What the stock on SQLite promises beside the contract of its port.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::sqlite as database;

#[path = "shared/stock.rs"]
mod stock;
