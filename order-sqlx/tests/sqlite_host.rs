//! A file that the host has tables of its own in.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use support::sqlite as database;

#[path = "shared/host.rs"]
mod host;
