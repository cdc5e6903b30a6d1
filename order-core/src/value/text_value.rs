//! The macros that make a string type whose values keep a rule.

/// Declares a string type whose values keep a [`Rule`](super::validate::Rule), with its
/// constructor, conversions, `Display` and serde.
macro_rules! text_value {
    ($(#[$meta:meta])* $name:ident, $what:literal, max $max:literal, $rule:path) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The maximum length in characters.
            pub const MAX_CHARS: usize = $max;

            /// Parses a text that keeps the rules of this type.
            ///
            /// # Errors
            ///
            /// [`InvalidValue`](crate::value::InvalidValue), naming the rule that was broken.
            pub fn parse(text: impl Into<String>) -> Result<Self, $crate::value::InvalidValue> {
                let text = text.into();
                match $crate::value::validate::check(&text, Self::MAX_CHARS, $rule) {
                    Ok(()) => Ok(Self(text)),
                    Err(reason) => Err($crate::value::InvalidValue::new($what, reason)),
                }
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        $crate::value::text_value::text_conversions! { $name }
    };
}

/// Implements the conversions, `Display` and `Serialize` of a string type with `parse` and
/// `as_str`.
macro_rules! text_conversions {
    ($name:ident) => {
        impl std::str::FromStr for $name {
            type Err = $crate::value::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::value::InvalidValue;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::value::InvalidValue;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(super) use {text_conversions, text_value};
