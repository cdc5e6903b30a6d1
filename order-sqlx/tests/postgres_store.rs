//! What the Postgres store guarantees beyond the contracts of its ports.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::postgres as database;

#[path = "shared/store.rs"]
mod store;
