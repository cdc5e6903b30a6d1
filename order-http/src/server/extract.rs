//! What the handlers take from a request, each failing with a problem.

mod json;
mod path;
mod query;

pub(crate) use json::{Digest, Json, from_value};
pub(crate) use path::{
    DeadLetterPart, FulfillmentPart, Prefix, ReturnPart, ShipmentPart, path_parameter,
};
pub(crate) use query::Query;

use super::problem::{FieldError, dashed};
use order_core::money::MoneyError;
use order_core::value::InvalidValue;

/// A rule of the core that a value broke.
pub(crate) trait Broken {
    fn field_error(&self, field: String) -> FieldError;
}

impl Broken for InvalidValue {
    fn field_error(&self, field: String) -> FieldError {
        FieldError::new(field, dashed(self.reason().code()), self.to_string())
    }
}

impl Broken for MoneyError {
    fn field_error(&self, field: String) -> FieldError {
        FieldError::new(field, "not-a-currency", self.to_string())
    }
}
