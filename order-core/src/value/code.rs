//! [`Code`]: a short name that machines compare.

use super::InvalidValue;
use super::text_value::text_conversions;
use super::validate::{check, slug};
use serde::Deserialize;
use std::borrow::Cow;

/// A code for machines to compare, such as the reason a provider gives for declining a payment.
///
/// 1 to 64 of `a`-`z`, `0`-`9`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Code(Cow<'static, str>);

impl Code {
    /// The maximum length in characters.
    pub const MAX_CHARS: usize = 64;

    /// Parses a text that keeps the rules of this type.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`], naming the rule that was broken.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidValue> {
        let text = text.into();
        match check(&text, Self::MAX_CHARS, slug) {
            Ok(()) => Ok(Self(Cow::Owned(text))),
            Err(reason) => Err(InvalidValue::new("code", reason)),
        }
    }

    /// Makes a code of a literal in the source, without allocating.
    ///
    /// In a `const` an invalid literal is a compile error, so that the code that uses it has no
    /// error to handle:
    ///
    /// ```
    /// use order_core::value::Code;
    ///
    /// const NO_STOCK: Code = Code::literal("insufficient_stock");
    /// assert_eq!(NO_STOCK, Code::parse("insufficient_stock").unwrap());
    /// ```
    ///
    /// ```compile_fail
    /// use order_core::value::Code;
    ///
    /// const NO_STOCK: Code = Code::literal("Insufficient stock");
    /// ```
    ///
    /// # Panics
    ///
    /// If the literal is not a valid code. Text that comes from input goes to
    /// [`parse`](Self::parse).
    #[must_use]
    pub const fn literal(text: &'static str) -> Self {
        assert!(
            is_code(text.as_bytes()),
            "a code is 1 to 64 of a-z, 0-9, _ and -"
        );
        Self(Cow::Borrowed(text))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Applies the rules of [`Code::parse`] at compile time.
const fn is_code(text: &[u8]) -> bool {
    if text.is_empty() || text.len() > Code::MAX_CHARS {
        return false;
    }
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        if !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-') {
            return false;
        }
        rest = tail;
    }
    true
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0.into_owned()
    }
}

text_conversions! { Code }

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_literal_and_a_parsed_text_are_the_same_code() {
        const EXPIRED: Code = Code::literal("card_expired");
        let codes = BTreeMap::from([(EXPIRED, 1)]);
        assert_eq!(codes.get(&Code::parse("card_expired").unwrap()), Some(&1));
        assert_eq!(codes.get("card_expired"), Some(&1));
    }

    #[test]
    #[should_panic(expected = "a code is")]
    fn a_literal_keeps_the_rules() {
        let _ = Code::literal("card expired");
    }

    proptest! {
        #[test]
        fn both_checks_agree(text in "[a-z0-9_\\-A ]{0,66}") {
            prop_assert_eq!(is_code(text.as_bytes()), Code::parse(text.as_str()).is_ok());
        }
    }
}
