//! Metadata: the caller's own data on an order. No rule ever reads it.

use crate::value::{InvalidReason, InvalidValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A small JSON object that belongs to the caller and is stored as it is.
///
/// At most [`MAX_ENTRIES`](Self::MAX_ENTRIES) entries and [`MAX_BYTES`](Self::MAX_BYTES) bytes as
/// JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The maximum number of entries.
    pub const MAX_ENTRIES: usize = 50;
    /// The maximum size in bytes, as JSON.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Makes metadata of a JSON object.
    ///
    /// # Errors
    /// [`InvalidReason::TooLarge`] if it has too many entries or bytes.
    pub fn new(entries: Map<String, Value>) -> Result<Self, InvalidValue> {
        let too_large = entries.len() > Self::MAX_ENTRIES
            || serde_json::to_string(&entries).map_or(usize::MAX, |text| text.len())
                > Self::MAX_BYTES;
        if too_large {
            return Err(InvalidValue::new(
                "metadata object",
                InvalidReason::TooLarge {
                    max: Self::MAX_ENTRIES,
                    max_bytes: Self::MAX_BYTES,
                },
            ));
        }
        Ok(Self(entries))
    }

    /// Returns the entries.
    #[must_use]
    pub const fn entries(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Applies a JSON merge patch (RFC 7396): `null` removes an entry.
    ///
    /// # Errors
    /// [`InvalidReason::TooLarge`] if the result has too many entries or bytes.
    pub fn merged(&self, patch: &Map<String, Value>) -> Result<Self, InvalidValue> {
        let mut entries = self.0.clone();
        merge(&mut entries, patch);
        Self::new(entries)
    }
}

fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.remove(key);
            }
            Value::Object(inner) => {
                let entry = target
                    .entry(key.clone())
                    .or_insert_with(|| Value::Object(Map::new()));
                if !entry.is_object() {
                    *entry = Value::Object(Map::new());
                }
                if let Value::Object(under) = entry {
                    merge(under, inner);
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

impl TryFrom<Map<String, Value>> for Metadata {
    type Error = InvalidValue;

    fn try_from(entries: Map<String, Value>) -> Result<Self, Self::Error> {
        Self::new(entries)
    }
}

impl From<Metadata> for Map<String, Value> {
    fn from(metadata: Metadata) -> Self {
        metadata.0
    }
}
