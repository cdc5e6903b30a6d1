//! The rules that texts are held to, and the macro that makes a string type out of one.

use super::InvalidReason;

/// One rule about a text, apart from its length.
pub(super) type Rule = fn(&str) -> Result<(), InvalidReason>;

/// Checks the length first, so that the rule never looks at a text longer than that.
pub(super) fn check(text: &str, max: usize, rule: Rule) -> Result<(), InvalidReason> {
    if text.is_empty() {
        return Err(InvalidReason::Empty);
    }
    if text.chars().nth(max).is_some() {
        return Err(InvalidReason::TooLong { max });
    }
    rule(text)
}

/// The characters `!` to `~` of ASCII.
pub(super) fn visible_ascii(text: &str) -> Result<(), InvalidReason> {
    every_character(text, |c| c.is_ascii_graphic())
}

/// `[a-z0-9_-]`.
pub(super) fn slug(text: &str) -> Result<(), InvalidReason> {
    every_character(text, |c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'))
}

/// `[a-z0-9_-]`, and the first of them a letter or a digit.
pub(super) fn slug_from_alphanumeric(text: &str) -> Result<(), InvalidReason> {
    slug(text)?;
    if text.starts_with(['_', '-']) {
        return Err(InvalidReason::ForbiddenCharacter { at: 1 });
    }
    Ok(())
}

/// One line of text: something visible, no control characters and no line separators.
pub(super) fn line(text: &str) -> Result<(), InvalidReason> {
    not_blank(text)?;
    every_character(text, |c| !c.is_control() && !is_line_separator(c))
}

/// A line without whitespace at its ends, and without characters that cannot be seen at all.
pub(super) fn visible_line(text: &str) -> Result<(), InvalidReason> {
    line(text)?;
    every_character(text, |c| !is_invisible(c))?;
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(InvalidReason::OuterWhitespace);
    }
    Ok(())
}

/// Lines of text, separated by `\n`; no other control characters.
pub(super) fn lines(text: &str) -> Result<(), InvalidReason> {
    not_blank(text)?;
    every_character(text, |c| {
        c == '\n' || (!c.is_control() && !is_line_separator(c))
    })
}

/// Refuses the first character that is not allowed.
pub(super) fn every_character(
    text: &str,
    allowed: impl Fn(char) -> bool,
) -> Result<(), InvalidReason> {
    match text.chars().position(|c| !allowed(c)) {
        Some(index) => Err(InvalidReason::ForbiddenCharacter { at: index + 1 }),
        None => Ok(()),
    }
}

fn not_blank(text: &str) -> Result<(), InvalidReason> {
    if text.trim().is_empty() {
        Err(InvalidReason::Empty)
    } else {
        Ok(())
    }
}

fn is_line_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Soft hyphens, zero-width characters, marks of direction and the byte order mark: two texts that
/// differ only in these look the same.
fn is_invisible(c: char) -> bool {
    let ranges = [
        '\u{200b}'..='\u{200f}',
        '\u{202a}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
    ];
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || ranges.iter().any(|range| range.contains(&c))
}

/// Makes a string type whose values keep a [`Rule`]: its constructors, conversions, `Display` and
/// serde.
macro_rules! text_value {
    ($(#[$meta:meta])* $name:ident, $what:literal, max $max:literal, $rule:path) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The most characters a value can have.
            pub const MAX_CHARS: usize = $max;

            /// Takes a text that keeps the rules of this type.
            ///
            /// # Errors
            ///
            /// [`InvalidValue`](crate::value::InvalidValue), naming the rule that was broken.
            pub fn parse(text: impl Into<String>) -> Result<Self, $crate::value::InvalidValue> {
                let text = text.into();
                match $crate::value::rule::check(&text, Self::MAX_CHARS, $rule) {
                    Ok(()) => Ok(Self(text)),
                    Err(reason) => Err($crate::value::InvalidValue::new($what, reason)),
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

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

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

pub(super) use text_value;

#[cfg(test)]
mod tests {
    use super::*;

    const FORBIDDEN_THIRD: Result<(), InvalidReason> =
        Err(InvalidReason::ForbiddenCharacter { at: 3 });

    #[test]
    fn length_counts_characters_and_not_bytes() {
        assert_eq!(check("äöü", 3, line), Ok(()));
        assert_eq!(
            check("äöü", 2, line),
            Err(InvalidReason::TooLong { max: 2 })
        );
        assert_eq!(check("", 2, line), Err(InvalidReason::Empty));
    }

    #[test]
    fn visible_ascii_runs_from_exclamation_mark_to_tilde() {
        assert_eq!(visible_ascii("!~aZ09"), Ok(()));
        for text in ["ab c", "ab\u{7f}", "abé", "ab\n", "ab\0"] {
            assert_eq!(visible_ascii(text), FORBIDDEN_THIRD, "{text:?}");
        }
    }

    #[test]
    fn a_slug_is_lower_case() {
        assert_eq!(slug("-a_9"), Ok(()));
        for text in ["abC", "ab.", "ab ", "abß"] {
            assert_eq!(slug(text), FORBIDDEN_THIRD, "{text:?}");
        }
        assert_eq!(slug_from_alphanumeric("9-a"), Ok(()));
        assert_eq!(
            slug_from_alphanumeric("-a"),
            Err(InvalidReason::ForbiddenCharacter { at: 1 })
        );
    }

    #[test]
    fn a_line_has_something_to_see_and_no_breaks() {
        assert_eq!(line(" Grüner Tee, 250 g 🍵 "), Ok(()));
        assert_eq!(line(" \u{3000}"), Err(InvalidReason::Empty));
        for text in ["ab\n", "ab\t", "ab\0", "ab\u{2028}x", "ab\u{85}x"] {
            assert_eq!(line(text), FORBIDDEN_THIRD, "{text:?}");
        }
    }

    #[test]
    fn a_visible_line_has_no_doubles_that_look_the_same() {
        assert_eq!(visible_line("a b"), Ok(()));
        assert_eq!(visible_line("a "), Err(InvalidReason::OuterWhitespace));
        assert_eq!(visible_line("\u{a0}a"), Err(InvalidReason::OuterWhitespace));
        for text in ["ab\u{200b}", "ab\u{202e}", "ab\u{feff}", "ab\u{ad}"] {
            assert_eq!(visible_line(text), FORBIDDEN_THIRD, "{text:?}");
        }
    }

    #[test]
    fn lines_may_break_with_a_newline_only() {
        assert_eq!(lines("a\nb"), Ok(()));
        assert_eq!(lines("\n \n"), Err(InvalidReason::Empty));
        for text in ["ab\r\n", "ab\t", "ab\0"] {
            assert_eq!(lines(text), FORBIDDEN_THIRD, "{text:?}");
        }
    }
}
