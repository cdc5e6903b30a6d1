//! The HTTP API over a port that answers what a test tells it to: what goes in as which call, what
//! comes out as which answer.

#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may stop at what they did not expect"
)]

#[path = "server/fake.rs"]
mod fake;
#[path = "server/http.rs"]
mod http;

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
#[path = "server/outcomes.rs"]
mod outcomes;
#[path = "server/placing.rs"]
mod placing;
#[path = "server/roles.rs"]
mod roles;
#[path = "server/versions.rs"]
mod versions;
