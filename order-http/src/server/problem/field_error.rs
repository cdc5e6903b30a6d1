//! What is wrong with one field of a request.

use order_core::money::MoneyError;
use order_core::value::InvalidValue;
use serde::Serialize;

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[non_exhaustive]
pub struct FieldError {
    /// The path of the field, such as `lines[0].quantity`; empty for the body as a whole.
    #[schema(example = "lines[0].quantity")]
    pub field: String,
    /// A stable code: `required`, `wrong-type`, `unknown-field`, `out-of-range`, ...
    #[schema(example = "out-of-range")]
    pub code: String,
    /// The rule that is broken, for people.
    #[schema(example = "a quantity is between 1 and 1000000")]
    pub message: String,
}

impl FieldError {
    /// Makes the error of a field.
    #[must_use]
    pub fn new(
        field: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code: code.into(),
            message: message.into(),
        }
    }
}

/// An error of the core that is the error of a field.
pub(crate) trait IntoFieldError {
    fn field_error(&self, field: String) -> FieldError;
}

impl IntoFieldError for InvalidValue {
    fn field_error(&self, field: String) -> FieldError {
        FieldError::new(field, kebab_case(self.reason().code()), self.to_string())
    }
}

impl IntoFieldError for MoneyError {
    fn field_error(&self, field: String) -> FieldError {
        FieldError::new(field, "not-a-currency", self.to_string())
    }
}

/// Turns a code of the core (`already_shipped`) into a code of the API (`already-shipped`).
pub(crate) fn kebab_case(code: &str) -> String {
    code.replace('_', "-")
}
