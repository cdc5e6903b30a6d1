//! [`PaymentToken`]: a secret text that is never printed.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

use super::validate::{check, visible_ascii};
use super::{InvalidReason, InvalidValue};

const WHAT: &str = "payment token";

/// The token that the payment provider issued for the customer's payment method; never a card
/// number.
///
/// 1 to 255 characters of visible ASCII. Whoever has the token may be able to charge with it, so
/// `Debug` and `Display` print `[redacted]`, and only [`expose`](Self::expose) returns the text.
/// Serializing does write the text: it has to reach the provider.
///
/// ```
/// use order_core::value::PaymentToken;
///
/// let token = PaymentToken::parse("tok_visa")?;
/// assert_eq!(format!("{token} {token:?}"), "[redacted] [redacted]");
/// assert_eq!(token.expose(), "tok_visa");
/// # Ok::<(), order_core::value::InvalidValue>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentToken(String);

impl PaymentToken {
    /// The maximum length in characters.
    pub const MAX_CHARS: usize = 255;

    /// Parses a text that keeps the rules of this type.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`], naming the rule that was broken.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidValue> {
        let text = text.into();
        match check(&text, Self::MAX_CHARS, visible_ascii) {
            Ok(()) => Ok(Self(text)),
            Err(reason) => Err(InvalidValue::new(WHAT, reason)),
        }
    }

    /// Returns the token itself, for the call to the provider.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for PaymentToken {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PaymentToken {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for PaymentToken {
    type Error = InvalidValue;

    fn try_from(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl fmt::Display for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for PaymentToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PaymentToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The deserializer's own error would quote a number sent instead of a token.
        let not_text = |_| D::Error::custom(InvalidValue::new(WHAT, InvalidReason::NotText));
        let text = String::deserialize(deserializer).map_err(not_text)?;
        Self::parse(text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_printed() {
        let token = PaymentToken::parse("tok_secret").unwrap();
        assert!(!format!("{token} {token:?} {token:#?}").contains("secret"));
    }

    #[test]
    fn it_survives_storage() {
        let token = PaymentToken::parse("tok_secret").unwrap();
        let json = serde_json::to_string(&token).unwrap();
        assert_eq!(json, r#""tok_secret""#);
        assert_eq!(serde_json::from_str::<PaymentToken>(&json).unwrap(), token);
    }

    #[test]
    fn a_number_sent_in_its_place_is_not_quoted() {
        let refused = serde_json::from_str::<PaymentToken>("4111111111111111").unwrap_err();
        assert!(!refused.to_string().contains("4111"), "{refused}");
        assert!(
            refused.to_string().starts_with("a payment token is a text"),
            "{refused}"
        );
    }

    #[test]
    fn it_is_visible_ascii_of_limited_length() {
        assert!(PaymentToken::parse("").is_err());
        assert!(PaymentToken::parse("4111 1111").is_err());
        assert!(PaymentToken::parse("t".repeat(256)).is_err());
    }
}
