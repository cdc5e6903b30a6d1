//! [`Quantity`]: a count of units that is never zero.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::validate::plain_digits;
use super::{InvalidReason, InvalidValue};

/// A count of units of one product: 1 to 1 000 000.
///
/// In JSON it is an integer. Zero is not a quantity; counts that can be zero are plain `u32`.
///
/// ```
/// use order_core::value::Quantity;
///
/// assert_eq!(Quantity::new(3)?.get(), 3);
/// assert_eq!(Quantity::new(0).unwrap_err().to_string(), "a quantity is between 1 and 1000000");
/// # Ok::<(), order_core::value::InvalidValue>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

impl Quantity {
    /// One unit, the minimum.
    pub const ONE: Self = Self(1);
    /// The maximum: 1 000 000 units.
    pub const MAX: Self = Self(1_000_000);

    /// Makes a quantity of this many units.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] with [`InvalidReason::OutOfRange`] for zero and above [`Quantity::MAX`].
    pub const fn new(units: u32) -> Result<Self, InvalidValue> {
        if units < Self::ONE.0 || units > Self::MAX.0 {
            return Err(OUT_OF_RANGE);
        }
        Ok(Self(units))
    }

    /// Returns the number of units.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

const OUT_OF_RANGE: InvalidValue = InvalidValue::new(
    "quantity",
    InvalidReason::OutOfRange {
        min: 1,
        max: 1_000_000,
    },
);

impl TryFrom<u32> for Quantity {
    type Error = InvalidValue;

    fn try_from(units: u32) -> Result<Self, InvalidValue> {
        Self::new(units)
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl FromStr for Quantity {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::new(plain_digits("quantity", text)?)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_at_least_one_and_at_most_a_million() {
        assert_eq!(Quantity::new(1), Ok(Quantity::ONE));
        assert_eq!(Quantity::new(1_000_000), Ok(Quantity::MAX));
        for units in [0, 1_000_001, u32::MAX] {
            let refused = Quantity::new(units).unwrap_err();
            assert_eq!(
                refused.reason(),
                InvalidReason::OutOfRange {
                    min: 1,
                    max: 1_000_000
                }
            );
        }
    }

    #[test]
    fn a_quantity_is_checked_on_every_way_in() {
        assert_eq!(serde_json::from_str::<Quantity>("3").unwrap().get(), 3);
        assert!(serde_json::from_str::<Quantity>("0").is_err());
        assert!(serde_json::from_str::<Quantity>("-1").is_err());
        assert!(serde_json::from_str::<Quantity>("1.5").is_err());
        assert_eq!("3".parse::<Quantity>().unwrap().get(), 3);
        assert!("0".parse::<Quantity>().is_err());
        assert!("+3".parse::<Quantity>().is_err());
    }

    #[test]
    fn in_json_it_is_an_integer() {
        assert_eq!(serde_json::to_string(&Quantity::MAX).unwrap(), "1000000");
    }
}
