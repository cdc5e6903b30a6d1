//! [`Currency`]: a currency of ISO 4217 that an order can be priced in.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use iso_currency::Currency as Iso;
use serde::{Deserialize, Serialize, Serializer};

use super::MoneyError;

/// A currency of ISO 4217 that has a minor unit.
///
/// It is identified by its alphabetic code in upper case; its exponent is the number of decimal
/// places of the minor unit. Codes without a minor unit (XAU, XTS, XXX and the like) are refused,
/// since nothing can be priced in them. A currency that has been replaced by another stays readable
/// as long as the list of the crate `iso_currency` contains it, so that old orders still load.
///
/// In JSON it is the code, as a string. Currencies are ordered by code.
///
/// ```
/// use order_core::money::Currency;
///
/// let dinar: Currency = "KWD".parse()?;
/// assert_eq!(dinar, Currency::KWD);
/// assert_eq!(dinar.exponent(), 3);
///
/// assert!("kwd".parse::<Currency>().is_err());
/// assert!("XAU".parse::<Currency>().is_err());
/// # Ok::<(), order_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Currency {
    iso: Iso,
    exponent: u8,
}

impl Currency {
    /// Australian dollar, 2 decimal places.
    pub const AUD: Self = Self::known(Iso::AUD, 2);
    /// Canadian dollar, 2 decimal places.
    pub const CAD: Self = Self::known(Iso::CAD, 2);
    /// Swiss franc, 2 decimal places.
    pub const CHF: Self = Self::known(Iso::CHF, 2);
    /// Euro, 2 decimal places.
    pub const EUR: Self = Self::known(Iso::EUR, 2);
    /// Pound sterling, 2 decimal places.
    pub const GBP: Self = Self::known(Iso::GBP, 2);
    /// Yen, no decimal places.
    pub const JPY: Self = Self::known(Iso::JPY, 0);
    /// Kuwaiti dinar, 3 decimal places.
    pub const KWD: Self = Self::known(Iso::KWD, 3);
    /// United States dollar, 2 decimal places.
    pub const USD: Self = Self::known(Iso::USD, 2);

    /// Takes the exponent as an argument, because the list cannot be read in a constant; a test
    /// compares the two.
    const fn known(iso: Iso, exponent: u8) -> Self {
        Self { iso, exponent }
    }

    /// Returns the alphabetic code of ISO 4217: three upper-case letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.iso.code()
    }

    /// Returns the number of decimal places of the minor unit: 2 for USD, 0 for JPY, 3 for KWD.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        self.exponent
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    /// Parses an alphabetic code in upper case.
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        let iso = Iso::from_code(code).ok_or_else(|| MoneyError::unknown_currency(code))?;
        let exponent = iso
            .exponent()
            .and_then(|exponent| u8::try_from(exponent).ok());
        match exponent {
            Some(exponent) => Ok(Self { iso, exponent }),
            None => Err(MoneyError::NoMinorUnit { code: iso.code() }),
        }
    }
}

impl TryFrom<&str> for Currency {
    type Error = MoneyError;

    fn try_from(code: &str) -> Result<Self, MoneyError> {
        code.parse()
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        code.parse()
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Currency {
    /// Writes the alphabetic code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_agree_with_the_list() {
        let constants = [
            Currency::AUD,
            Currency::CAD,
            Currency::CHF,
            Currency::EUR,
            Currency::GBP,
            Currency::JPY,
            Currency::KWD,
            Currency::USD,
        ];
        for currency in constants {
            assert_eq!(currency.code().parse(), Ok(currency));
        }
    }

    #[test]
    fn exponents_are_those_of_the_standard() {
        let by_exponent: [(u8, &[&str]); 4] = [
            (
                0,
                &[
                    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX",
                    "VND", "VUV", "XAF", "XOF", "XPF",
                ],
            ),
            (
                2,
                &[
                    "BRL", "CNY", "EUR", "INR", "MGA", "MRU", "PLN", "USD", "ZAR",
                ],
            ),
            (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
            (4, &["CLF", "UYW"]),
        ];
        for (exponent, codes) in by_exponent {
            for code in codes {
                assert_eq!(
                    code.parse::<Currency>().unwrap().exponent(),
                    exponent,
                    "{code}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_an_upper_case_code_is_unknown() {
        for text in ["", "usd", "Usd", " USD", "USD ", "US", "USDX", "ZZZ", "840"] {
            assert_eq!(
                text.parse::<Currency>(),
                Err(MoneyError::UnknownCurrency { code: text.into() })
            );
        }
    }

    #[test]
    fn a_code_without_a_minor_unit_is_refused() {
        for code in ["XAU", "XAG", "XDR", "XTS", "XXX"] {
            assert_eq!(
                code.parse::<Currency>(),
                Err(MoneyError::NoMinorUnit { code })
            );
        }
    }

    #[test]
    fn a_replaced_currency_still_loads() {
        assert_eq!("HRK".parse::<Currency>().unwrap().exponent(), 2);
    }

    #[test]
    fn currencies_sort_by_code() {
        let mut currencies: Vec<Currency> = ["XCG", "USD", "AMD", "AOA"]
            .map(|code| code.parse().unwrap())
            .to_vec();
        currencies.sort();
        assert_eq!(
            currencies.iter().map(|c| c.code()).collect::<Vec<_>>(),
            ["AMD", "AOA", "USD", "XCG"]
        );
    }

    #[test]
    fn in_json_it_is_the_code() {
        assert_eq!(serde_json::to_string(&Currency::EUR).unwrap(), r#""EUR""#);
        assert_eq!(
            serde_json::from_str::<Currency>(r#""EUR""#).unwrap(),
            Currency::EUR
        );
        assert!(serde_json::from_str::<Currency>(r#""eur""#).is_err());
    }
}
