//! The rules by subject: amounts, limits, refusals and dates. One order at a time, without service or
//! store.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a test may stop at what it did not expect, in its fixtures too"
)]

mod captures;
mod customers;
mod deletion;
mod details;
mod fulfillments;
mod given;
mod holds;
mod identifiers;
mod imports;
mod order;
mod payments;
mod policies;
mod refunds;
mod refusal_codes;
mod returns;
mod stock;
mod totals;
mod worth;
