//! What the inventory on SQLite guarantees beyond the contract of its port, and the
//! store about the stock that its commits reserve.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::sqlite as database;

#[path = "shared/inventory.rs"]
mod inventory;

#[path = "shared/stock_in_commits.rs"]
mod stock_in_commits;

#[path = "shared/stock_through_service.rs"]
mod stock_through_service;
