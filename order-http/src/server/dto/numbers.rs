//! Numbers of request bodies, parsed into core values.

use order_core::money::Amount;
use order_core::value::{InvalidReason, InvalidValue, Quantity};

/// Parses a number of units. A number that does not fit counts as 0, which is out of range.
pub(crate) fn quantity(units: i64) -> Result<Quantity, InvalidValue> {
    Quantity::new(u32::try_from(units).unwrap_or(0))
}

/// Parses a price in minor units: zero or more.
pub(crate) fn price(minor: i64) -> Result<Amount, InvalidValue> {
    amount_of_at_least(0, minor, "price")
}

/// Parses an amount of money to move, in minor units: more than zero.
pub(crate) fn amount(minor: i64) -> Result<Amount, InvalidValue> {
    amount_of_at_least(1, minor, "payment or refund")
}

fn amount_of_at_least(min: u8, minor: i64, what: &'static str) -> Result<Amount, InvalidValue> {
    if minor >= i64::from(min) {
        return Ok(Amount::new(minor));
    }
    let reason = InvalidReason::OutOfRange {
        min: min.into(),
        max: i64::MAX.unsigned_abs(),
    };
    Err(InvalidValue::new(what, reason))
}
