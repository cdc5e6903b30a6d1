//! Texts for people to read.

use super::rule::{line, lines, text_value};

text_value! {
    /// The name of a product as it stood on the order when it was placed.
    ///
    /// One line of 1 to 200 characters: not blank, no control characters.
    ProductName, "product name", max 200, line
}

text_value! {
    /// A short text shown to people: what an adjustment is for, what a hold is called.
    ///
    /// One line of 1 to 200 characters: not blank, no control characters.
    Label, "label", max 200, line
}

text_value! {
    /// Why somebody did something: cancelled, refunded, put on hold.
    ///
    /// 1 to 500 characters, not blank; lines are separated by `\n`, other control characters are
    /// refused.
    Reason, "reason", max 500, lines
}

text_value! {
    /// The carrier of a shipment, as the warehouse names it.
    ///
    /// One line of 1 to 64 characters: not blank, no control characters.
    Carrier, "carrier", max 64, line
}

#[cfg(test)]
mod tests {
    use super::super::InvalidReason;
    use super::*;

    #[test]
    fn a_name_may_be_in_any_script() {
        for name in ["Grüner Tee", "緑茶", "شاي أخضر", "👩‍👧 Set", "Size 7½"] {
            assert_eq!(ProductName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_label_is_one_line() {
        assert_eq!(
            Label::parse("a\nb").unwrap_err().to_string(),
            "a label does not allow the character in place 2"
        );
        assert_eq!(
            Label::parse("   ").unwrap_err().reason(),
            InvalidReason::Empty
        );
    }

    #[test]
    fn a_reason_may_have_several_lines() {
        assert!(Reason::parse("Damaged in transit.\nCustomer sent photographs.").is_ok());
        assert!(Reason::parse("a\tb").is_err());
    }

    #[test]
    fn each_has_its_own_length() {
        assert!(ProductName::parse("x".repeat(201)).is_err());
        assert!(Label::parse("x".repeat(201)).is_err());
        assert!(Reason::parse("x".repeat(500)).is_ok());
        assert!(Reason::parse("x".repeat(501)).is_err());
        assert!(Carrier::parse("x".repeat(65)).is_err());
    }
}
