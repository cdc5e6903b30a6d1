//! [`Amount`]: a count of minor units whose currency is known from context.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::MoneyError;

/// A signed count of minor units (cents, yen, fils) in a currency known from context.
///
/// The order that an amount belongs to determines its currency; where there is no order, use
/// [`Money`](super::Money). Arithmetic is checked: a result that does not fit is
/// [`MoneyError::Overflow`], never a wrapped number.
///
/// In JSON it is a plain integer.
///
/// ```
/// use order_core::money::Amount;
///
/// let unit_price = Amount::new(1_999);
/// let line = unit_price.times(3)?.minus(Amount::new(500))?;
/// assert_eq!(line.minor(), 5_497);
/// assert!(Amount::new(i64::MAX).plus(Amount::new(1)).is_err());
/// # Ok::<(), order_core::money::MoneyError>(())
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// Makes an amount of this many minor units.
    #[must_use]
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// Returns the count of minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Returns whether this is exactly zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Returns whether this is less than zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Returns whether this is more than zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Adds the other amount.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] if the sum does not fit.
    pub const fn plus(self, other: Self) -> Result<Self, MoneyError> {
        match self.0.checked_add(other.0) {
            Some(minor) => Ok(Self(minor)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// Subtracts the other amount.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] if the difference does not fit.
    pub const fn minus(self, other: Self) -> Result<Self, MoneyError> {
        match self.0.checked_sub(other.0) {
            Some(minor) => Ok(Self(minor)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// Multiplies by a count, as a unit price by a quantity.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] if the product does not fit.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        Self::try_from(i128::from(self.0) * i128::from(count))
    }

    /// Returns the amount with the opposite sign.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] for `i64::MIN`, the one amount without a counterpart.
    pub const fn negated(self) -> Result<Self, MoneyError> {
        match self.0.checked_neg() {
            Some(minor) => Ok(Self(minor)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// Returns this amount, or zero if it is negative.
    #[must_use]
    pub const fn at_least_zero(self) -> Self {
        if self.is_negative() { Self::ZERO } else { self }
    }

    /// Sums all amounts; zero for none.
    ///
    /// Only the final sum has to fit: it is computed in 128 bits, so that the order of the amounts
    /// does not matter.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] if the sum does not fit.
    pub fn try_sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        Self::try_from(wide_sum(amounts))
    }

    /// Converts a number of minor units that may be too large, saturating at both ends of the range.
    ///
    /// For displaying a balance, and for facts: what the outside world reports cannot be refused.
    /// Where a refusal is possible, use [`TryFrom<i128>`] instead.
    ///
    /// ```
    /// use order_core::money::Amount;
    ///
    /// assert_eq!(Amount::saturating_from(1_999), Amount::new(1_999));
    /// assert_eq!(Amount::saturating_from(i128::MAX), Amount::new(i64::MAX));
    /// ```
    #[must_use]
    pub fn saturating_from(minor: i128) -> Self {
        Self::try_from(minor).unwrap_or(if minor < 0 {
            Self(i64::MIN)
        } else {
            Self(i64::MAX)
        })
    }
}

/// Sums in 128 bits, which no number of amounts that fits into memory can overflow.
fn wide_sum(amounts: impl IntoIterator<Item = Amount>) -> i128 {
    amounts.into_iter().map(|amount| i128::from(amount.0)).sum()
}

impl TryFrom<i128> for Amount {
    type Error = MoneyError;

    fn try_from(minor: i128) -> Result<Self, MoneyError> {
        i64::try_from(minor)
            .map(Self)
            .map_err(|_| MoneyError::Overflow)
    }
}

impl fmt::Display for Amount {
    /// Writes the count of minor units, as an integer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEAST: Amount = Amount::new(i64::MIN);
    const GREATEST: Amount = Amount::new(i64::MAX);

    #[test]
    fn the_ends_of_the_range_refuse_to_be_crossed() {
        let one = Amount::new(1);
        assert_eq!(GREATEST.plus(one), Err(MoneyError::Overflow));
        assert_eq!(LEAST.minus(one), Err(MoneyError::Overflow));
        assert_eq!(GREATEST.times(2), Err(MoneyError::Overflow));
        assert_eq!(LEAST.negated(), Err(MoneyError::Overflow));
    }

    #[test]
    fn only_the_final_sum_has_to_fit() {
        let there_and_back = [GREATEST, GREATEST, LEAST, LEAST, Amount::new(9)];
        assert_eq!(Amount::try_sum(there_and_back), Ok(Amount::new(7)));
        assert_eq!(
            Amount::try_sum([GREATEST, Amount::new(1)]),
            Err(MoneyError::Overflow)
        );
        assert_eq!(Amount::try_sum([]), Ok(Amount::ZERO));
    }

    #[test]
    fn saturating_stops_at_both_ends() {
        assert_eq!(Amount::saturating_from(i128::MIN), LEAST);
        assert_eq!(Amount::saturating_from(i128::from(i64::MIN) - 1), LEAST);
        assert_eq!(Amount::saturating_from(i128::from(i64::MAX) + 1), GREATEST);
    }

    #[test]
    fn a_negative_amount_is_raised_to_zero() {
        assert_eq!(Amount::new(-5).at_least_zero(), Amount::ZERO);
        assert_eq!(Amount::new(5).at_least_zero(), Amount::new(5));
    }

    #[test]
    fn the_sign_is_one_of_three() {
        assert!(
            Amount::ZERO.is_zero() && !Amount::ZERO.is_negative() && !Amount::ZERO.is_positive()
        );
        assert!(Amount::new(-1).is_negative());
        assert!(Amount::new(1).is_positive());
    }

    #[test]
    fn in_json_it_is_an_integer() {
        assert_eq!(
            serde_json::to_string(&Amount::new(-1_999)).unwrap(),
            "-1999"
        );
        assert_eq!(
            serde_json::from_str::<Amount>("1999").unwrap(),
            Amount::new(1_999)
        );
        assert!(serde_json::from_str::<Amount>("19.99").is_err());
        assert!(serde_json::from_str::<Amount>("9223372036854775808").is_err());
    }

    proptest! {
        #[test]
        fn arithmetic_agrees_with_128_bits_or_refuses(left: i64, right: i64, count: u32) {
            let (wide_left, wide_right) = (i128::from(left), i128::from(right));
            let (left, right) = (Amount::new(left), Amount::new(right));
            prop_assert_eq!(left.plus(right), Amount::try_from(wide_left + wide_right));
            prop_assert_eq!(left.minus(right), Amount::try_from(wide_left - wide_right));
            prop_assert_eq!(left.negated(), Amount::try_from(-wide_left));
            prop_assert_eq!(left.times(count), Amount::try_from(wide_left * i128::from(count)));
        }

        #[test]
        fn the_order_of_a_sum_does_not_matter(mut minors: Vec<i64>) {
            let forwards = Amount::try_sum(minors.iter().copied().map(Amount::new));
            minors.reverse();
            prop_assert_eq!(forwards, Amount::try_sum(minors.into_iter().map(Amount::new)));
        }
    }
}
