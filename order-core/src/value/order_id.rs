//! [`OrderId`]: the UUID of an order.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::{InvalidReason, InvalidValue};

/// The length of the hyphenated form in characters.
const HYPHENATED: usize = 36;

/// The id of an order: a UUID (RFC 9562); version 7 if generated here, so that ids sort by time.
///
/// Written in the hyphenated form in lower case, and parsed in either case. The braced, URN and
/// unhyphenated forms are refused, so that one order has one URL.
///
/// ```
/// use order_core::value::OrderId;
///
/// let id: OrderId = "0190A5B0-7C4E-7B1A-9F3E-2D6C8B4A1E5F".parse()?;
/// assert_eq!(id.to_string(), "0190a5b0-7c4e-7b1a-9f3e-2d6c8b4a1e5f");
/// assert!("0190a5b07c4e7b1a9f3e2d6c8b4a1e5f".parse::<OrderId>().is_err());
/// # Ok::<(), order_core::value::InvalidValue>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct OrderId(Uuid);

impl OrderId {
    /// Makes an order id of a UUID of any version.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Returns the UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }

    /// Parses the hyphenated form.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] with [`InvalidReason::NotAUuid`] for anything else.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        match Uuid::try_parse(text) {
            Ok(uuid) if text.len() == HYPHENATED => Ok(Self(uuid)),
            Ok(_) | Err(_) => Err(InvalidValue::new("order id", InvalidReason::NotAUuid)),
        }
    }
}

impl FromStr for OrderId {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<String> for OrderId {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl From<Uuid> for OrderId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl From<OrderId> for Uuid {
    fn from(id: OrderId) -> Self {
        id.0
    }
}

impl fmt::Display for OrderId {
    /// Writes the hyphenated form, in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrderId({self})")
    }
}

impl Serialize for OrderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_hyphenated_form_is_read() {
        for text in [
            "",
            "67e55044-10b1-426f-9247-bb680e5fe0c",
            "67e5504410b1426f9247bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
            "67e55044-10b1-426f-9247-bb680e5fe0cg",
        ] {
            assert_eq!(
                text.parse::<OrderId>().unwrap_err().reason(),
                InvalidReason::NotAUuid,
                "{text}"
            );
        }
    }

    #[test]
    fn in_json_it_is_the_hyphenated_form() {
        let json = r#""67e55044-10b1-426f-9247-bb680e5fe0c8""#;
        let id: OrderId = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), json);
        assert!(serde_json::from_str::<OrderId>(r#""67e5504410b1426f9247bb680e5fe0c8""#).is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(bits: u128) {
            let id = OrderId::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(Uuid::from(id), *id.as_uuid());
        }
    }
}
