//! The rules by what they promise: amounts, boundaries, refusals and dates, one order at a time,
//! without services or stores.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a test may stop at what it did not expect, in its helpers too"
)]

mod captures;
mod case;
mod figures;
mod goods;
mod money;
mod people;
mod reading;
mod refunds;
mod returns;
mod stock;
