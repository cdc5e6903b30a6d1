//! What can go wrong with money. Every operation of the module fails with this one type.

use super::Currency;

/// Why an operation on money was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The result does not fit into 64 bits of minor units.
    #[error("the amount does not fit into 64 bits of minor units")]
    Overflow,
    /// Two sums of money in different currencies met. They are never converted silently.
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
        /// The text as given, cut after its first eight characters.
        code: String,
    },
    /// ISO 4217 gives the code no minor unit (gold, test codes, "no currency"), so nothing can be
    /// priced in it.
    #[error("{code} has no minor unit, so that no order can be priced in it")]
    NoMinorUnit {
        /// The alphabetic code.
        code: &'static str,
    },
    /// The text is not an amount with exactly the currency's decimal places, a space, and a
    /// currency code.
    #[error("not a sum of money such as \"19.99 USD\"")]
    Malformed,
    /// A rate lies above [`Rate::MAX`](super::Rate::MAX).
    #[error("a rate of {ppm} parts per million is above the greatest, {max}")]
    RateTooHigh {
        /// The rate asked for, in parts per million.
        ppm: u32,
        /// The greatest allowed rate, in parts per million.
        max: u32,
    },
    /// [`allocate`](super::allocate) got no weights, or only zeros.
    #[error("there is nothing to allocate by: all weights are zero or there are none")]
    NothingToAllocateBy,
}

impl MoneyError {
    /// An [`UnknownCurrency`](Self::UnknownCurrency) that keeps only as much of the text as a log
    /// line can bear.
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
