//! [`Rate`]: a fraction in integer parts per million, applied with a named [`Rounding`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Amount, MoneyError};

/// The whole in parts per million.
const MILLION: u32 = 1_000_000;

/// A fraction of an amount, in integer parts per million: a tax rate, a percentage off.
///
/// One per cent is 10 000 parts, so four decimal places of a percentage are exact: 8.875 % is 88
/// 750 parts. A rate is never negative and at most [`Rate::MAX`].
///
/// In JSON it is the number of parts, an integer.
///
/// ```
/// use order_core::money::{Amount, Rate, Rounding};
///
/// let sales_tax = Rate::from_ppm(88_750)?;
/// assert_eq!(sales_tax.to_string(), "8.875%");
/// assert_eq!(sales_tax.of(Amount::new(10_000), Rounding::HalfUp)?, Amount::new(888));
/// assert_eq!(sales_tax.of(Amount::new(10_000), Rounding::Down)?, Amount::new(887));
/// # Ok::<(), order_core::money::MoneyError>(())
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct Rate(u32);

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole: 100 %.
    pub const ONE: Self = Self(MILLION);
    /// The greatest rate: ten times the whole, 1000 %.
    pub const MAX: Self = Self(10 * MILLION);

    /// A rate of so many parts per million.
    ///
    /// # Errors
    ///
    /// [`MoneyError::RateTooHigh`] above [`Rate::MAX`].
    pub const fn from_ppm(ppm: u32) -> Result<Self, MoneyError> {
        if ppm > Self::MAX.0 {
            return Err(MoneyError::RateTooHigh {
                ppm,
                max: Self::MAX.0,
            });
        }
        Ok(Self(ppm))
    }

    /// The parts per million.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }

    /// This fraction of an amount, rounded to a whole minor unit.
    ///
    /// The product is formed exactly, in 128 bits, and rounded once. All modes treat a negative
    /// amount as the mirror image of the positive one, so that a refund undoes a charge to the last
    /// unit.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] if the result does not fit, which takes a rate above the whole.
    pub fn of(self, amount: Amount, rounding: Rounding) -> Result<Amount, MoneyError> {
        let product = i128::from(amount.minor()) * i128::from(self.0);
        Amount::try_from(rounding.divide(product, MILLION))
    }
}

impl TryFrom<u32> for Rate {
    type Error = MoneyError;

    fn try_from(ppm: u32) -> Result<Self, MoneyError> {
        Self::from_ppm(ppm)
    }
}

impl From<Rate> for u32 {
    fn from(rate: Rate) -> Self {
        rate.0
    }
}

impl fmt::Display for Rate {
    /// A percentage, without trailing zeros: `19%`, `8.875%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one_per_cent = MILLION / 100;
        let (whole, parts) = (self.0 / one_per_cent, self.0 % one_per_cent);
        if parts == 0 {
            return write!(f, "{whole}%");
        }
        let fraction = format!("{parts:04}");
        write!(f, "{whole}.{}%", fraction.trim_end_matches('0'))
    }
}

/// What happens to the part of a minor unit that is left over.
///
/// There is no default: tax law, contracts and payment providers each prescribe their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest unit; from the middle to the even one ("banker's rounding").
    HalfEven,
    /// To the nearest unit; from the middle away from zero, as commercial rounding does.
    HalfUp,
    /// Away from zero, whenever anything is left over.
    Up,
    /// Towards zero: what is left over is dropped.
    Down,
}

impl Rounding {
    fn divide(self, dividend: i128, divisor: u32) -> i128 {
        let divisor = i128::from(divisor);
        let (quotient, remainder) = (dividend / divisor, dividend % divisor);
        let doubled = 2 * remainder.abs();
        let away_from_zero = match self {
            Self::HalfEven => doubled > divisor || (doubled == divisor && quotient % 2 != 0),
            Self::HalfUp => doubled >= divisor,
            Self::Up => remainder != 0,
            Self::Down => false,
        };
        if away_from_zero {
            quotient + dividend.signum()
        } else {
            quotient
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MODES: [Rounding; 4] = [
        Rounding::HalfEven,
        Rounding::HalfUp,
        Rounding::Up,
        Rounding::Down,
    ];

    fn half_of(minor: i64) -> [i64; 4] {
        let half = Rate::from_ppm(500_000).unwrap();
        MODES.map(|mode| half.of(Amount::new(minor), mode).unwrap().minor())
    }

    #[test]
    fn the_middle_is_where_the_modes_differ() {
        assert_eq!(half_of(1), [0, 1, 1, 0]);
        assert_eq!(half_of(3), [2, 2, 2, 1]);
        assert_eq!(half_of(5), [2, 3, 3, 2]);
        assert_eq!(half_of(4), [2, 2, 2, 2]);
    }

    #[test]
    fn a_negative_amount_is_the_mirror_image() {
        assert_eq!(half_of(-1), [0, -1, -1, 0]);
        assert_eq!(half_of(-3), [-2, -2, -2, -1]);
        assert_eq!(half_of(-5), [-2, -3, -3, -2]);
    }

    #[test]
    fn next_to_the_middle_both_half_modes_go_to_the_nearest() {
        let just_below = Rate::from_ppm(499_999).unwrap();
        let just_above = Rate::from_ppm(500_001).unwrap();
        for mode in [Rounding::HalfEven, Rounding::HalfUp] {
            assert_eq!(just_below.of(Amount::new(1), mode), Ok(Amount::ZERO));
            assert_eq!(just_above.of(Amount::new(1), mode), Ok(Amount::new(1)));
        }
    }

    #[test]
    fn a_rate_has_a_greatest_value() {
        assert_eq!(Rate::from_ppm(10_000_000), Ok(Rate::MAX));
        assert_eq!(
            Rate::from_ppm(10_000_001),
            Err(MoneyError::RateTooHigh {
                ppm: 10_000_001,
                max: 10_000_000
            })
        );
        assert!(serde_json::from_str::<Rate>("10000001").is_err());
        assert_eq!(
            serde_json::from_str::<Rate>("190000").unwrap().ppm(),
            190_000
        );
    }

    #[test]
    fn a_result_that_does_not_fit_is_refused() {
        assert_eq!(
            Rate::MAX.of(Amount::new(i64::MAX), Rounding::Down),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn it_is_shown_as_a_percentage() {
        for (ppm, text) in [
            (0, "0%"),
            (1, "0.0001%"),
            (190_000, "19%"),
            (77_500, "7.75%"),
            (10_000_000, "1000%"),
        ] {
            assert_eq!(Rate::from_ppm(ppm).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_rounding_mode_is_named_in_json() {
        assert_eq!(
            serde_json::to_string(&Rounding::HalfEven).unwrap(),
            r#""half_even""#
        );
    }

    proptest! {
        /// The reference shifts everything above zero and floors, instead of looking at a signed
        /// remainder.
        #[test]
        fn every_mode_agrees_with_its_definition(minor: i64, ppm in 0..=10_000_000_u32) {
            let million = i128::from(MILLION);
            let magnitude = i128::from(minor).abs() * i128::from(ppm);
            let floor = magnitude.div_euclid(million);
            let ceiling = (magnitude + million - 1).div_euclid(million);
            let half_up = (magnitude + million / 2).div_euclid(million);
            let half_down = (magnitude + million / 2 - 1).div_euclid(million);
            let half_even = if half_up % 2 == 0 { half_up } else { half_down };
            for (mode, expected) in MODES.into_iter().zip([half_even, half_up, ceiling, floor]) {
                let expected = Amount::try_from(expected * i128::from(minor.signum()));
                let rate = Rate::from_ppm(ppm).unwrap();
                prop_assert_eq!(rate.of(Amount::new(minor), mode), expected);
            }
        }

        #[test]
        fn the_whole_changes_nothing_and_zero_leaves_nothing(minor: i64) {
            let amount = Amount::new(minor);
            for mode in MODES {
                prop_assert_eq!(Rate::ONE.of(amount, mode), Ok(amount));
                prop_assert_eq!(Rate::ZERO.of(amount, mode), Ok(Amount::ZERO));
            }
        }
    }
}
