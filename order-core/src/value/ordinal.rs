//! The numbers that the parts of an order go by, counted from 1 within it.

use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

use super::{InvalidReason, InvalidValue};

/// Reads digits as [`Display`](std::fmt::Display) writes them: no sign, no leading zeros.
pub(super) fn plain_digits(what: &'static str, text: &str) -> Result<u32, InvalidValue> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    match u32::from_str(text) {
        Ok(number) if plain => Ok(number),
        Ok(_) | Err(_) => Err(InvalidValue::new(what, InvalidReason::NotANumber)),
    }
}

/// Makes a counter type: `u32` inside, counted from 1. Serde is added by whoever calls it.
macro_rules! ordinal {
    ($(#[$meta:meta])* $name:ident, $what:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The first of an order.
            pub const FIRST: Self = Self(1);

            /// The one with this number.
            #[must_use]
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }

            /// The one after. It stays at the end of the range, which no order reaches.
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

/// A counter that is an integer in JSON.
macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident, $what:literal) => {
        ordinal! {
            $(#[$meta])*
            ///
            /// Counted from 1 within the order; an integer in JSON.
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            $name, $what
        }
    };
}

ordinal! {
    /// A line of an order.
    ///
    /// Counted from 1 within the order and never given out again. In JSON it is a string (`"1"`):
    /// callers name lines, they do not count with them.
    LineId, "line id"
}

impl Serialize for LineId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

numbered! {
    /// An attempt at paying an order.
    AttemptNo, "attempt number"
}
numbered! {
    /// A capture of money that an attempt has authorized.
    CaptureNo, "capture number"
}
numbered! {
    /// A refund.
    RefundNo, "refund number"
}
numbered! {
    /// A reservation of stock.
    ReservationNo, "reservation number"
}
numbered! {
    /// A fulfillment: what one warehouse sends in one go.
    FulfillmentNo, "fulfillment number"
}
numbered! {
    /// A return of goods by the customer.
    ReturnNo, "return number"
}
numbered! {
    /// A hold: a reason for which the order must wait.
    HoldNo, "hold number"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
        assert_eq!("10".parse(), Ok(LineId::new(10)));
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
                text.parse::<LineId>().unwrap_err().reason(),
                InvalidReason::NotANumber,
                "{text:?}"
            );
        }
        let refused = "x".parse::<AttemptNo>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "an attempt number is a whole number in decimal digits"
        );
    }

    #[test]
    fn in_json_a_line_is_a_string_and_the_rest_are_integers() {
        assert_eq!(serde_json::to_string(&LineId::FIRST).unwrap(), r#""1""#);
        assert_eq!(
            serde_json::from_str::<LineId>(r#""7""#).unwrap(),
            LineId::new(7)
        );
        assert!(serde_json::from_str::<LineId>("7").is_err());
        assert_eq!(serde_json::to_string(&HoldNo::FIRST).unwrap(), "1");
        assert_eq!(serde_json::from_str::<HoldNo>("7").unwrap(), HoldNo::new(7));
    }

    #[test]
    fn all_of_them_can_be_keys_of_a_json_object() {
        let json = r#"{"2":true}"#;
        let lines: BTreeMap<LineId, bool> = serde_json::from_str(json).unwrap();
        let captures: BTreeMap<CaptureNo, bool> = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&lines).unwrap(), json);
        assert_eq!(serde_json::to_string(&captures).unwrap(), json);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(number: u32) {
            prop_assert_eq!(LineId::new(number).to_string().parse(), Ok(LineId::new(number)));
        }
    }
}
