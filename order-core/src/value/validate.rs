//! The rules that texts and spelled-out numbers are checked against.
//!
//! A rule accepts a text or names what is wrong with it; it never repairs one.

use super::{InvalidReason, InvalidValue};
use std::str::FromStr;

/// A rule about the characters of a text, apart from its length.
pub(super) type Rule = fn(&str) -> Result<(), InvalidReason>;

/// Checks the length first, so that the rule never scans a text that is too long.
pub(super) fn check(text: &str, max: usize, rule: Rule) -> Result<(), InvalidReason> {
    if text.is_empty() {
        return Err(InvalidReason::Empty);
    }
    if text.chars().nth(max).is_some() {
        return Err(InvalidReason::TooLong { max });
    }
    rule(text)
}

/// Accepts the characters `!` to `~` of ASCII.
pub(super) fn visible_ascii(text: &str) -> Result<(), InvalidReason> {
    every_character(text, |c| c.is_ascii_graphic())
}

/// Accepts `[a-z0-9_-]`.
pub(super) fn slug(text: &str) -> Result<(), InvalidReason> {
    every_character(text, |c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'))
}

/// Accepts `[a-z0-9_-]`, beginning with a letter or a digit.
pub(super) fn slug_from_alphanumeric(text: &str) -> Result<(), InvalidReason> {
    slug(text)?;
    if text.starts_with(['_', '-']) {
        return Err(InvalidReason::ForbiddenCharacter { at: 1 });
    }
    Ok(())
}

/// Accepts one line of text: not blank, no control characters and no line separators.
pub(super) fn line(text: &str) -> Result<(), InvalidReason> {
    not_blank(text)?;
    every_character(text, |c| !c.is_control() && !is_line_separator(c))
}

/// Accepts a line without whitespace at its ends and without invisible characters.
pub(super) fn visible_line(text: &str) -> Result<(), InvalidReason> {
    line(text)?;
    every_character(text, |c| !is_invisible(c))?;
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(InvalidReason::OuterWhitespace);
    }
    Ok(())
}

/// Accepts lines of text separated by `\n`, without other control characters.
pub(super) fn lines(text: &str) -> Result<(), InvalidReason> {
    not_blank(text)?;
    every_character(text, |c| {
        c == '\n' || (!c.is_control() && !is_line_separator(c))
    })
}

/// Refuses the first character that is not allowed, naming its position from 1.
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

/// Whether a character is a soft hyphen, a zero-width character, a direction mark or the byte order
/// mark: two texts that differ only in these look the same.
fn is_invisible(c: char) -> bool {
    let ranges = [
        '\u{200b}'..='\u{200f}',
        '\u{202a}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
    ];
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || ranges.iter().any(|range| range.contains(&c))
}

/// Parses digits as [`Display`](std::fmt::Display) writes them: no sign, no leading zeros.
pub(super) fn plain_digits(what: &'static str, text: &str) -> Result<u32, InvalidValue> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    match u32::from_str(text) {
        Ok(number) if plain => Ok(number),
        Ok(_) | Err(_) => Err(InvalidValue::new(what, InvalidReason::NotANumber)),
    }
}

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
