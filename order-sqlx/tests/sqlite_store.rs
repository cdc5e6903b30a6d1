//! What the SQLite store guarantees beyond the contracts of its ports.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::sqlite as database;

#[path = "shared/store.rs"]
mod store;
