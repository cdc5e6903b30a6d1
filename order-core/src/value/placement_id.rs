//! [`PlacementId`]: identifies a request to place an order, before there is an order.

use super::{InvalidReason, InvalidValue};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use uuid::Uuid;

/// Identifies a request to place an order by its idempotency key, so that every repetition of the
/// request has the same id: a UUID of version 8 (RFC 9562) made from a hash.
///
/// Stock is reserved under it before the order is stored, so that a request that is repeated after a
/// failure reserves nothing more. It contains nothing of the request that could be read back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct PlacementId(Uuid);

impl PlacementId {
    /// Makes an id of the first 16 bytes of a hash.
    #[must_use]
    pub const fn from_hash(hash: [u8; 16]) -> Self {
        Self(Uuid::new_v8(hash))
    }

    /// Parses the hyphenated form.
    ///
    /// # Errors
    /// [`InvalidValue`] with [`InvalidReason::NotAUuid`] for anything else.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        match Uuid::try_parse(text) {
            Ok(uuid) if text.len() == uuid::fmt::Hyphenated::LENGTH => Ok(Self(uuid)),
            Ok(_) | Err(_) => Err(InvalidValue::new("placement id", InvalidReason::NotAUuid)),
        }
    }
}

impl TryFrom<String> for PlacementId {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl fmt::Display for PlacementId {
    /// Writes the hyphenated form, in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for PlacementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlacementId({self})")
    }
}

impl Serialize for PlacementId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
