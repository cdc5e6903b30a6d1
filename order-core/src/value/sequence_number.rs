//! The numbers that identify the parts of an order, counted from 1 within it.

use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

use super::InvalidValue;
use super::validate::plain_digits;

/// Declares a sequence number: a `u32` counted from 1. The caller adds serde.
macro_rules! sequence_number {
    ($(#[$meta:meta])* $name:ident, $what:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The first one in an order.
            pub const FIRST: Self = Self(1);

            /// Makes the one with this number.
            #[must_use]
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// Returns the number.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }

            /// Returns the one after it, saturating at `u32::MAX`.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                plain_digits($what, text).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

/// Declares a sequence number that is an integer in JSON.
macro_rules! integer_sequence_number {
    ($(#[$meta:meta])* $name:ident, $what:literal) => {
        sequence_number! {
            $(#[$meta])*
            ///
            /// Counted from 1 within the order; an integer in JSON.
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            $name, $what
        }
    };
}

sequence_number! {
    /// Identifies a line of an order.
    ///
    /// Counted from 1 within the order and never reused. In JSON it is a string (`"1"`): callers
    /// name lines, they do not calculate with them.
    LineNo, "line id"
}

impl Serialize for LineNo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineNo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

integer_sequence_number! {
    /// Identifies a payment attempt.
    PaymentAttemptNo, "attempt number"
}
integer_sequence_number! {
    /// Identifies a capture of a payment attempt; counted within the attempt.
    CaptureNo, "capture number"
}
integer_sequence_number! {
    /// Identifies a refund.
    RefundNo, "refund number"
}
integer_sequence_number! {
    /// Identifies a stock reservation.
    ReservationNo, "reservation number"
}
integer_sequence_number! {
    /// Identifies a fulfillment: what one warehouse ships together.
    FulfillmentNo, "fulfillment number"
}
integer_sequence_number! {
    /// Identifies a return of goods by the customer.
    ReturnNo, "return number"
}
integer_sequence_number! {
    /// Identifies a hold.
    HoldNo, "hold number"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::InvalidReason;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn they_count_from_one_and_stop_at_the_end() {
        assert_eq!(RefundNo::FIRST.get(), 1);
        assert_eq!(RefundNo::FIRST.next(), RefundNo::new(2));
        assert_eq!(RefundNo::new(u32::MAX).next(), RefundNo::new(u32::MAX));
    }

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!("10".parse(), Ok(LineNo::new(10)));
        for text in [
            "",
            "+1",
            "-1",
            "01",
            "00",
            " 1",
            "1 ",
            "1.0",
            "٣",
            "4294967296",
        ] {
            assert_eq!(
                text.parse::<LineNo>().unwrap_err().reason(),
                InvalidReason::NotANumber,
                "{text:?}"
            );
        }
        let refused = "x".parse::<PaymentAttemptNo>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "an attempt number is a whole number in decimal digits"
        );
    }

    #[test]
    fn in_json_a_line_is_a_string_and_the_rest_are_integers() {
        assert_eq!(serde_json::to_string(&LineNo::FIRST).unwrap(), r#""1""#);
        assert_eq!(
            serde_json::from_str::<LineNo>(r#""7""#).unwrap(),
            LineNo::new(7)
        );
        assert!(serde_json::from_str::<LineNo>("7").is_err());
        assert_eq!(serde_json::to_string(&HoldNo::FIRST).unwrap(), "1");
        assert_eq!(serde_json::from_str::<HoldNo>("7").unwrap(), HoldNo::new(7));
    }

    #[test]
    fn all_of_them_can_be_keys_of_a_json_object() {
        let json = r#"{"2":true}"#;
        let lines: BTreeMap<LineNo, bool> = serde_json::from_str(json).unwrap();
        let captures: BTreeMap<CaptureNo, bool> = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&lines).unwrap(), json);
        assert_eq!(serde_json::to_string(&captures).unwrap(), json);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(number: u32) {
            prop_assert_eq!(LineNo::new(number).to_string().parse(), Ok(LineNo::new(number)));
        }
    }
}
