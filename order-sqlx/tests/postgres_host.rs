//! A Postgres database that the host has tables of its own in.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::postgres as database;

#[path = "shared/host.rs"]
mod host;
