//! The mock services as plain structs: what each operation does, and what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

mod inventory;
mod json_files;
mod notifications;
mod payments;
mod shipping;
