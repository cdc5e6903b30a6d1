//! Money: whole minor units, a currency, and the few operations that an order needs.
//!
//! An [`Amount`] is a signed count of minor units ("cents"), a [`Currency`] defines how many decimal
//! places they stand for, and [`Money`] is the two together. An order has one currency for its
//! whole life, so most of its figures are bare amounts; `Money` is used where amounts from different
//! sources meet.
//!
//! Nothing here uses floating point, wraps around on overflow, or converts between currencies.
//! There are no operator overloads on purpose: every sum can fail, and a `+` would hide that.
//!
//! ```
//! use order_core::money::{Amount, Currency, Money, allocate};
//!
//! let price = Money::new(Amount::new(1_999), Currency::USD);
//! assert_eq!(price.to_string(), "19.99 USD");
//!
//! let thirds = allocate(Amount::new(100), &[1, 1, 1])?;
//! assert_eq!(thirds, [Amount::new(34), Amount::new(33), Amount::new(33)]);
//! # Ok::<(), order_core::money::MoneyError>(())
//! ```

mod allocate;
mod amount;
mod currency;
mod error;

pub use allocate::allocate;
pub use amount::Amount;
pub use currency::Currency;
pub use error::MoneyError;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An [`Amount`] together with its [`Currency`].
///
/// Displayed with the currency's decimal places and parsed from the same form; in JSON it is
/// `{"amount": 1999, "currency": "USD"}` with the amount in minor units.
///
/// ```
/// use order_core::money::{Amount, Currency, Money};
///
/// let money = Money::new(Amount::new(1_999), Currency::USD);
/// assert_eq!(money.to_string(), "19.99 USD");
/// assert_eq!("19.99 USD".parse(), Ok(money));
///
/// let yen = Money::new(Amount::new(1_999), Currency::JPY);
/// assert_eq!(yen.to_string(), "1999 JPY");
/// assert!(money.plus(yen).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    amount: Amount,
    currency: Currency,
}

impl Money {
    /// Makes a sum of money of minor units and their currency.
    #[must_use]
    pub const fn new(amount: Amount, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Returns the amount, in minor units of [`currency`](Self::currency).
    #[must_use]
    pub const fn amount(self) -> Amount {
        self.amount
    }

    /// Returns the currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Adds the other sum.
    ///
    /// # Errors
    ///
    /// [`MoneyError::CurrencyMismatch`] if they are in different currencies,
    /// [`MoneyError::Overflow`] if the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self::new(self.amount.plus(other.amount)?, self.currency))
    }

    /// Subtracts the other sum.
    ///
    /// # Errors
    ///
    /// [`MoneyError::CurrencyMismatch`] if they are in different currencies,
    /// [`MoneyError::Overflow`] if the difference does not fit.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self::new(self.amount.minus(other.amount)?, self.currency))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            })
        }
    }
}

impl fmt::Display for Money {
    /// Writes the amount with the currency's decimal places, a space, and the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount.is_negative() { "-" } else { "" };
        let minor = self.amount.minor().unsigned_abs();
        let code = self.currency.code();
        let places = usize::from(self.currency.exponent());
        if places == 0 {
            return write!(f, "{sign}{minor} {code}");
        }
        let digits = format!("{minor:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        write!(f, "{sign}{whole}.{fraction} {code}")
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Parses what [`Display`](fmt::Display) writes: exactly the currency's decimal places, no
    /// thousands separators.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (number, code) = text.split_once(' ').ok_or(MoneyError::Malformed)?;
        let currency: Currency = code.parse()?;
        let (negative, number) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(MoneyError::Malformed),
            None => (number, ""),
        };
        if whole.is_empty() || fraction.len() != usize::from(currency.exponent()) {
            return Err(MoneyError::Malformed);
        }
        let magnitude = whole
            .bytes()
            .chain(fraction.bytes())
            .try_fold(0_i128, push_digit)?;
        let minor = if negative { -magnitude } else { magnitude };
        Ok(Self::new(Amount::try_from(minor)?, currency))
    }
}

fn push_digit(sum: i128, digit: u8) -> Result<i128, MoneyError> {
    if !digit.is_ascii_digit() {
        return Err(MoneyError::Malformed);
    }
    sum.checked_mul(10)
        .and_then(|sum| sum.checked_add(i128::from(digit - b'0')))
        .ok_or(MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(Amount::new(minor), code.parse().unwrap())
    }

    #[test]
    fn it_is_shown_with_the_places_of_its_currency() {
        let shown = [
            (money(1_999, "USD"), "19.99 USD"),
            (money(1_999, "JPY"), "1999 JPY"),
            (money(1_999, "KWD"), "1.999 KWD"),
            (money(1_999, "CLF"), "0.1999 CLF"),
            (money(5, "USD"), "0.05 USD"),
            (money(0, "USD"), "0.00 USD"),
            (money(0, "JPY"), "0 JPY"),
            (money(-5, "USD"), "-0.05 USD"),
            (money(-1_999, "JPY"), "-1999 JPY"),
            (money(i64::MIN, "USD"), "-92233720368547758.08 USD"),
        ];
        for (money, text) in shown {
            assert_eq!(money.to_string(), text);
        }
    }

    #[test]
    fn only_its_own_form_is_read() {
        for text in [
            "19.9 USD",
            "19.999 USD",
            "19 USD",
            ".99 USD",
            "19. USD",
            "1999. JPY",
            "1,999.00 USD",
            "+1.00 USD",
            "--1.00 USD",
            "1e2 JPY",
            "19.99",
            "1.2.3 KWD",
            "- JPY",
            " JPY",
            "",
        ] {
            assert_eq!(
                text.parse::<Money>(),
                Err(MoneyError::Malformed),
                "{text:?}"
            );
        }
        assert_eq!(
            "19.99  USD".parse::<Money>(),
            Err(MoneyError::UnknownCurrency {
                code: " USD".into()
            })
        );
        assert_eq!(
            "9223372036854775808 JPY".parse::<Money>(),
            Err(MoneyError::Overflow)
        );
        assert_eq!(
            format!("{} JPY", "9".repeat(99)).parse::<Money>(),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn different_currencies_do_not_mix() {
        let mismatch = MoneyError::CurrencyMismatch {
            left: Currency::USD,
            right: Currency::EUR,
        };
        assert_eq!(money(1, "USD").plus(money(1, "EUR")), Err(mismatch.clone()));
        assert_eq!(money(1, "USD").minus(money(1, "EUR")), Err(mismatch));
    }

    #[test]
    fn the_same_currency_adds_and_subtracts() {
        assert_eq!(money(5, "USD").plus(money(7, "USD")), Ok(money(12, "USD")));
        assert_eq!(money(5, "USD").minus(money(7, "USD")), Ok(money(-2, "USD")));
        assert_eq!(
            money(i64::MAX, "USD").plus(money(1, "USD")),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn in_json_it_is_minor_units_and_a_code() {
        let json = r#"{"amount":1999,"currency":"USD"}"#;
        assert_eq!(serde_json::to_string(&money(1_999, "USD")).unwrap(), json);
        assert_eq!(
            serde_json::from_str::<Money>(json).unwrap(),
            money(1_999, "USD")
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(
            minor: i64,
            code in prop::sample::select(vec!["JPY", "USD", "KWD", "CLF"]),
        ) {
            let money = money(minor, code);
            prop_assert_eq!(money.to_string().parse(), Ok(money));
        }

        #[test]
        fn reading_any_text_returns(text in any::<String>()) {
            let _ = text.parse::<Money>();
        }
    }
}
