//! A product, and the rules for its JSON file.

use serde::{Deserialize, Serialize};

use crate::json_dir::Document;
use crate::validate::{self, InvalidField};

/// A product, in the form of the JSON file and of the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockProduct {
    /// The SKU that orders refer to.
    pub sku: String,
    /// Display name; not blank.
    pub name: String,
    /// Price of one unit, in minor units of `currency`; not negative.
    pub unit_price: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// Units: in the file all that were ever delivered, in an answer those that are free now.
    pub available: u32,
}

impl Document for MockProduct {
    const KIND: &'static str = "product";

    fn key(&self) -> &str {
        &self.sku
    }

    fn validate(&self) -> Result<(), InvalidField> {
        validate::sku("sku", &self.sku)?;
        validate::text("name", &self.name)?;
        validate::currency(&self.currency)?;
        if self.unit_price < 0 {
            return Err(InvalidField::new("unit_price", "must not be negative"));
        }
        Ok(())
    }
}
