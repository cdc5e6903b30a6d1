//! The HTTP API over a fake of the port `Orders`: which call a request maps to, and which response a
//! result maps to.

#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may stop at what they did not expect"
)]

#[path = "server/fake_orders.rs"]
mod fake_orders;
#[path = "server/requests.rs"]
mod requests;

#[path = "server/commands.rs"]
mod commands;
#[path = "server/conventions.rs"]
mod conventions;
#[path = "server/document.rs"]
mod document;
#[path = "server/idempotency.rs"]
mod idempotency;
#[path = "server/listing.rs"]
mod listing;
#[path = "server/merge_patch.rs"]
mod merge_patch;
#[path = "server/outcomes.rs"]
mod outcomes;
#[path = "server/placing.rs"]
mod placing;
#[path = "server/preview.rs"]
mod preview;
#[path = "server/reading.rs"]
mod reading;
#[path = "server/roles.rs"]
mod roles;
#[path = "server/versions.rs"]
mod versions;
