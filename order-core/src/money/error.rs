//! [`MoneyError`]: the error of every operation on money.

use super::Currency;

/// An operation on money failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The result does not fit into 64 bits of minor units.
    #[error("the amount does not fit into 64 bits of minor units")]
    Overflow,
    /// Two sums of money are in different currencies; they are never converted.
    #[error("{left} and {right} are different currencies")]
    CurrencyMismatch {
        /// The currency of the value the operation was called on.
        left: Currency,
        /// The currency of the argument.
        right: Currency,
    },
    /// The text is not an alphabetic code of ISO 4217, in upper case.
    #[error("{code:?} is not an ISO 4217 currency code")]
    UnknownCurrency {
        /// The first eight characters of the text.
        code: String,
    },
    /// ISO 4217 defines no minor unit for the code (gold, test codes, "no currency"), so nothing can
    /// be priced in it.
    #[error("{code} has no minor unit, so that no order can be priced in it")]
    NoMinorUnit {
        /// The alphabetic code.
        code: &'static str,
    },
    /// The text is not an amount with exactly the currency's decimal places, a space, and a
    /// currency code.
    #[error("not a sum of money such as \"19.99 USD\"")]
    Malformed,
    /// [`allocate`](super::allocate) was called without weights, or with zeros only.
    #[error("there is nothing to allocate by: all weights are zero or there are none")]
    NothingToAllocateBy,
}

impl MoneyError {
    /// Makes an [`UnknownCurrency`](Self::UnknownCurrency), truncating the text so that it cannot
    /// flood a log.
    pub(super) fn unknown_currency(text: &str) -> Self {
        Self::UnknownCurrency {
            code: text.chars().take(8).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_is_cut_and_escaped() {
        let error = MoneyError::unknown_currency("US\nDOLLARS AND MORE");
        assert_eq!(
            error.to_string(),
            r#""US\nDOLLA" is not an ISO 4217 currency code"#
        );
    }

    #[test]
    fn a_mismatch_names_both_sides() {
        let error = MoneyError::CurrencyMismatch {
            left: Currency::USD,
            right: Currency::EUR,
        };
        assert_eq!(error.to_string(), "USD and EUR are different currencies");
    }
}
