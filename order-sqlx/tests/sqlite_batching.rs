//! Concurrent writes to one SQLite file are batched.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::sqlite as database;

#[path = "shared/batching.rs"]
mod batching;
