//! [`InvalidValue`], the error of every constructor of this module, and its [`InvalidReason`].

/// A value broke the rule of its type.
///
/// The message states the rule ("a sku has at most 64 characters"). It never contains the value, so
/// that it can be logged and sent back to a caller as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} {what} {reason}", article(.what))]
pub struct InvalidValue {
    what: &'static str,
    reason: InvalidReason,
}

impl InvalidValue {
    /// Makes the error for a type, named in lower case and without an article ("sku").
    #[must_use]
    pub const fn new(what: &'static str, reason: InvalidReason) -> Self {
        Self { what, reason }
    }

    /// Returns the name of the type, in lower case and without an article: "sku".
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// Returns the rule that was broken.
    #[must_use]
    pub const fn reason(&self) -> InvalidReason {
        self.reason
    }
}

/// The rule that a value broke. Its message is the end of a sentence about the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReason {
    /// It is empty or consists of whitespace only.
    #[error("must not be blank")]
    Empty,
    /// It has too many characters.
    #[error("has at most {max} characters")]
    TooLong {
        /// The maximum length in characters.
        max: usize,
    },
    /// A character is not allowed, or not at this position.
    #[error("does not allow the character in place {at}")]
    ForbiddenCharacter {
        /// Its position, counted in characters from 1.
        at: usize,
    },
    /// It begins or ends with whitespace.
    #[error("must not begin or end with whitespace")]
    OuterWhitespace,
    /// A number is out of range.
    #[error("is between {min} and {max}")]
    OutOfRange {
        /// The minimum.
        min: u64,
        /// The maximum.
        max: u64,
    },
    /// It is not a whole number in decimal digits without a sign or leading zeros, or exceeds
    /// `u32::MAX`.
    #[error("is a whole number in decimal digits")]
    NotANumber,
    /// It is not a UUID in its hyphenated form (RFC 9562, section 4).
    #[error("is a UUID in its hyphenated form")]
    NotAUuid,
    /// It is not an alpha-2 code of ISO 3166-1.
    #[error("is an ISO 3166-1 alpha-2 code")]
    NotACountry,
    /// It is not an `http` or `https` URL with a host and without user information.
    #[error("is an http or https URL with a host")]
    NotAWebAddress,
    /// It has no `@` with something on both sides, or contains whitespace.
    #[error("has something on both sides of an @ and no spaces")]
    NotAnEmail,
    /// It is not an id that this system issues for a part of an order or an effect.
    #[error("is an order id and the number of one of its parts")]
    NotAReference,
    /// It is not a text but another JSON value.
    #[error("is a text")]
    NotText,
    /// It is not one of the known names.
    #[error("is one of {}", known.join(", "))]
    UnknownName {
        /// The known names.
        known: &'static [&'static str],
    },
    /// A list or map has too many entries, or is too large as a whole.
    #[error("has at most {max} entries of at most {max_bytes} bytes together")]
    TooLarge {
        /// The maximum number of entries.
        max: usize,
        /// The maximum size in bytes, as JSON.
        max_bytes: usize,
    },
}

impl InvalidReason {
    /// Returns the stable code of the reason, for machines.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::ForbiddenCharacter { .. } => "forbidden_character",
            Self::OuterWhitespace => "outer_whitespace",
            Self::OutOfRange { .. } => "out_of_range",
            Self::NotANumber => "not_a_number",
            Self::NotAUuid => "not_a_uuid",
            Self::NotACountry => "not_a_country",
            Self::NotAWebAddress => "not_a_web_address",
            Self::NotAnEmail => "not_an_email",
            Self::NotAReference => "not_a_reference",
            Self::NotText => "not_text",
            Self::UnknownName { .. } => "unknown_name",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_a_sentence_about_the_type() {
        let sentences = [
            (
                "sku",
                InvalidReason::TooLong { max: 64 },
                "a sku has at most 64 characters",
            ),
            (
                "order id",
                InvalidReason::NotAUuid,
                "an order id is a UUID in its hyphenated form",
            ),
            ("label", InvalidReason::Empty, "a label must not be blank"),
            (
                "quantity",
                InvalidReason::OutOfRange { min: 1, max: 9 },
                "a quantity is between 1 and 9",
            ),
            (
                "idempotency key",
                InvalidReason::ForbiddenCharacter { at: 3 },
                "an idempotency key does not allow the character in place 3",
            ),
        ];
        for (what, reason, sentence) in sentences {
            assert_eq!(InvalidValue::new(what, reason).to_string(), sentence);
        }
    }
}
