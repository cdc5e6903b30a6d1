//! Texts for people to read, and the addresses at which people are reached.

use super::InvalidReason;
use super::text_value::text_value;
use super::validate::{line, lines};

text_value! {
    /// The name of a product at the time the order was placed.
    ///
    /// One line of 1 to 200 characters: not blank, no control characters.
    ProductName, "product name", max 200, line
}

text_value! {
    /// A label that people read: a tag on an order, the title of an adjustment.
    ///
    /// One line of 1 to 200 characters: not blank, no control characters.
    Label, "label", max 200, line
}

text_value! {
    /// A short text without further rules: a part of an address, a person's name, the name of a
    /// shipping service, the id of an actor or a worker.
    ///
    /// One line of 1 to 200 characters: not blank, no control characters.
    ShortText, "short text", max 200, line
}

text_value! {
    /// An e-mail address.
    ///
    /// One line of 1 to 200 characters with an `@` that has something on both sides, and without
    /// whitespace. Whether mail can be delivered to it is not checked.
    ///
    /// ```
    /// use order_core::value::Email;
    ///
    /// assert!(Email::parse("ada@example.com").is_ok());
    /// assert!(Email::parse("ada").is_err());
    /// ```
    Email, "email", max 200, email
}

text_value! {
    /// A telephone number, in whatever notation the customer gave.
    ///
    /// One line of 1 to 200 characters: not blank, no control characters.
    Phone, "phone number", max 200, line
}

text_value! {
    /// The reason that somebody gave for a cancel, a refund, a return or a hold.
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

fn email(text: &str) -> Result<(), InvalidReason> {
    line(text)?;
    let plausible = !text.contains(char::is_whitespace)
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if plausible {
        Ok(())
    } else {
        Err(InvalidReason::NotAnEmail)
    }
}

#[cfg(test)]
mod tests {
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
    fn an_email_has_something_on_both_sides_of_an_at_sign() {
        assert!(Email::parse("a@b").is_ok());
        for wrong in ["a", "@b", "a@", "a b@c", "@"] {
            assert_eq!(
                Email::parse(wrong).unwrap_err().to_string(),
                "an email has something on both sides of an @ and no spaces",
                "{wrong}"
            );
        }
        assert_eq!(
            Email::parse(" ").unwrap_err().reason(),
            InvalidReason::Empty
        );
    }

    #[test]
    fn a_phone_number_may_be_written_in_any_notation() {
        for number in ["+61", "02 5550 0000", "(02) 5550-0000 ext. 7"] {
            assert!(Phone::parse(number).is_ok(), "{number}");
        }
        assert!(Phone::parse("1\n2").is_err());
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
