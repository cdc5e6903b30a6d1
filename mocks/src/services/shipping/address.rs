//! A shipping address: the caller's fields as they are.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::validate::InvalidField;

/// A shipping address: the caller's fields as they are, of which only `country` is read, since
/// every country has its own fields. It is never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct MockAddress {
    country: String,
    fields: Map<String, Value>,
}

impl MockAddress {
    /// Returns the country, as an ISO 3166-1 alpha-2 code.
    pub fn country(&self) -> &str {
        &self.country
    }
}

impl TryFrom<Map<String, Value>> for MockAddress {
    type Error = InvalidField;

    fn try_from(fields: Map<String, Value>) -> Result<Self, InvalidField> {
        match fields.get("country").and_then(Value::as_str) {
            Some(code) if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) => {
                Ok(Self {
                    country: code.to_owned(),
                    fields,
                })
            }
            _ => Err(InvalidField::new(
                "address.country",
                "must be two capital letters, as in ISO 3166",
            )),
        }
    }
}

impl From<MockAddress> for Map<String, Value> {
    fn from(address: MockAddress) -> Self {
        address.fields
    }
}

/// Shows the country alone.
impl fmt::Debug for MockAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockAddress")
            .field("country", &self.country)
            .finish_non_exhaustive()
    }
}
